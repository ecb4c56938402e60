"""Operations on servers, and on the volumes that they have."""
from cloud import wait_until
from operations.removal import delete_image, delete_servers, delete_volumes
from operations.volumes import make_volume


class Create:
    """A server; told 202, it is there."""
    name = "server create"

    def __init__(self, cloud, number):
        self.cloud, self.server, self.more = cloud, f"fault-{number}", {}

    def run(self):
        self.cloud.create_server(self.server, **self.more)

    def is_placed(self):
        found = self.cloud.server_named(self.server)
        return bool(found and (found[0]["OS-EXT-SRV-ATTR:host"] or found[0]["status"] == "ERROR"))

    def check(self, accepted):
        found = self.cloud.server_named(self.server)
        if len(found) > 1 or (accepted and not found):
            raise RuntimeError(f"{len(found)} servers of one create, which was {'' if accepted else 'not '}accepted")
        if found and found[0]["status"] == "ERROR":
            return "error: " + found[0].get("fault", {}).get("message", "no reason is told")
        return "done" if found else "not begun"

    def clean(self):
        delete_servers(self.cloud)


class OnServer:
    """An operation on a server that exists."""

    def __init__(self, cloud, number, **more):
        self.cloud, self.server = cloud, f"fault-{number}"
        self.id = cloud.create_server(self.server, **more)
        wait_until(lambda: self.status() in ("ACTIVE", "ERROR"), 180, "the server is built")
        wait_until(lambda: self.status() == "ACTIVE", 1, "the server is ACTIVE")

    def status(self):
        found = self.cloud.server_named(self.server)
        return found[0]["status"] if found else "gone"

    def act(self, action):
        self.cloud.call("compute", "POST", f"/v2.1/servers/{self.id}/action", {action: None})

    def check(self, accepted):
        status = self.status()
        if status == self.goal:
            return "done"
        if not accepted:
            return "not begun"
        if status != "gone" and self.was_told():
            return "given up, as its instance action says"
        raise RuntimeError(f"{self.name} was accepted, but the server is {status}")

    def was_told(self):
        """A host that is silent for too long is given up, and what was to be done there with it."""
        actions = self.cloud.call("compute", "GET", f"/v2.1/servers/{self.id}/os-instance-actions")["instanceActions"]
        return any(action["message"] == "Error" for action in actions)

    def clean(self):
        delete_servers(self.cloud)


class Delete(OnServer):
    name, goal = "server delete", "gone"

    def run(self):
        self.cloud.call("compute", "DELETE", f"/v2.1/servers/{self.id}")


class Stop(OnServer):
    name, goal = "server stop", "SHUTOFF"

    def run(self):
        self.act("os-stop")


class Start(OnServer):
    name, goal = "server start", "ACTIVE"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.act("os-stop")
        wait_until(lambda: self.status() == "SHUTOFF", 120, "the server is stopped")

    def run(self):
        self.act("os-start")


class Attach(OnServer):
    """A volume that comes to a running guest; who attaches what, all agree on (Cloud.wrong_volumes)."""
    name, goal = "volume attach", True

    def __init__(self, cloud, number, **more):
        super().__init__(cloud, number, **more)
        self.volume_id = make_volume(cloud, f"fault-{number}")
        self.path = f"/v2.1/servers/{self.id}/os-volume_attachments"

    def run(self):
        self.attach()

    def attach(self):
        self.cloud.call("compute", "POST", self.path, {"volumeAttachment": {"volumeId": self.volume_id}})

    def is_attached(self):
        volume = self.cloud.call("volume", "GET", self.cloud.volume_path(f"/volumes/{self.volume_id}"))["volume"]
        return volume["status"] == "in-use"

    def is_done(self):
        return self.is_attached() == self.goal

    def check(self, accepted):
        """A guest lets go of a disk when it likes, and until then all agree that it has it."""
        if accepted:
            wait_until(lambda: self.is_done() or self.was_told(), 150, f"{self.name}, which was accepted")
        if self.is_done():
            return "done"
        return "given up, as its instance action says" if accepted else "not begun"

    def clean(self):
        delete_servers(self.cloud)
        delete_volumes(self.cloud)


class Detach(Attach):
    """A volume that leaves a guest, which has to agree: it has an operating system."""
    name, goal = "volume detach", False

    def __init__(self, cloud, number):
        super().__init__(cloud, number, **cloud.real_guest())
        self.attach()
        wait_until(self.is_attached, 60, "the volume is attached")

    def run(self):
        self.cloud.call("compute", "DELETE", f"{self.path}/{self.volume_id}")


class Swap(Attach):
    """A volume that takes another's place; the guest has one of the two, and nobody has the other."""
    name = "volume swap"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.attach()
        wait_until(self.is_attached, 60, "the volume is attached")
        self.successor_id = make_volume(cloud, f"fault-{number}-successor")

    def run(self):
        self.cloud.call("compute", "PUT", f"{self.path}/{self.volume_id}",
                        {"volumeAttachment": {"volumeId": self.successor_id}})

    def statuses(self):
        return [self.cloud.call("volume", "GET", self.cloud.volume_path(f"/volumes/{volume}"))["volume"]["status"]
                for volume in (self.volume_id, self.successor_id)]

    def check(self, accepted):
        wait_until(lambda: sorted(self.statuses()) == ["available", "in-use"], 200,
                   f"one of two swapped volumes is used: {self.statuses()}")
        used = self.volume_id if self.statuses()[0] == "in-use" else self.successor_id
        had = [each["volumeId"] for each in self.cloud.call("compute", "GET", self.path)["volumeAttachments"]]
        if had != [used]:
            raise RuntimeError(f"the server has {had}, but {used} is in use")
        if used == self.successor_id:
            return "done"
        if accepted and not self.was_told():
            raise RuntimeError("a swap that was accepted is not done, and nobody says so")
        return "given up, as its instance action says" if accepted else "not begun"


class ServerImage(OnServer):
    """An image of a server's disk; told 202, it is whole, or the server's actions say that it is not."""
    name, goal = "server image", "ACTIVE"

    def run(self):
        self.cloud.call("compute", "POST", f"/v2.1/servers/{self.id}/action", {"createImage": {"name": self.server}})

    def images(self):
        return [image for image in self.cloud.images() if image["name"] == self.server]

    def copies(self):
        return [str(path) for path in self.cloud.state.rglob(f"{self.id}/copy")]

    def check(self, accepted):
        wait_until(lambda: all(image["status"] == "active" for image in self.images()), 100,
                   f"images are whole, or gone: {self.images()}")
        wait_until(lambda: not self.copies(), 100, f"copies of disks are gone: {self.copies()}")
        if self.status() != self.goal:
            raise RuntimeError(f"an image was made of a server, which is {self.status()} now")
        if self.images():
            return "done"
        if accepted and not self.was_told():
            raise RuntimeError("an image that was accepted is not there, and nobody says so")
        return "given up, as its instance action says" if accepted else "not begun"

    def clean(self):
        for image in self.images():
            delete_image(self.cloud, image["id"])
        super().clean()
