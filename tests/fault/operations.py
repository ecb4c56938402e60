"""What is done while something breaks. Each knows what must be true afterwards, of what the client was told."""
import hashlib
import os

from cloud import Refused, wait_until


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


class Upload:
    """Image data; told 204, it is there, whole."""
    name = "image upload"
    data = os.urandom(3_000_000)

    def __init__(self, cloud, number):
        self.cloud = cloud
        self.id = cloud.call("image", "POST", "/v2/images", {
            "name": f"fault-{number}", "disk_format": "raw", "container_format": "bare"})["id"]

    def run(self):
        self.cloud.call("image", "PUT", f"/v2/images/{self.id}/file", self.data)

    def check(self, accepted):
        image = self.cloud.call("image", "GET", f"/v2/images/{self.id}")
        if image["status"] == "active":
            data = self.cloud.request("image", "GET", f"/v2/images/{self.id}/file")[1]
            if hashlib.md5(data).digest() != hashlib.md5(self.data).digest():
                raise RuntimeError("an active image has other bytes than were sent")
            return "done"
        if accepted:
            raise RuntimeError(f"an image whose upload was accepted is {image['status']}")
        self.run()  # what was broken off can be done again
        return "not begun"

    def clean(self):
        self.cloud.call("image", "DELETE", f"/v2/images/{self.id}")
        # The bytes go after the answer.
        wait_until(lambda: len(self.files()) <= len(self.cloud.call("image", "GET", "/v2/images")["images"]), 60,
                   f"files of deleted images are gone: {self.files()}")

    def files(self):
        return [path.name for path in (self.cloud.state / "images").rglob("*") if path.is_file()]


class PortCreate:
    name = "port create"

    def __init__(self, cloud, number):
        self.cloud, self.port = cloud, f"fault-{number}"

    def found(self):
        return self.cloud.call("network", "GET", f"/v2.0/ports?name={self.port}")["ports"]

    def run(self):
        self.cloud.call("network", "POST", "/v2.0/ports", {"port": {
            "network_id": self.cloud.network, "name": self.port}})

    def check(self, accepted):
        if accepted and len(self.found()) != 1:
            raise RuntimeError(f"{len(self.found())} ports of one create that was accepted")
        return "done" if self.found() else "not begun"

    def clean(self):
        for port in self.found():
            self.cloud.call("network", "DELETE", f"/v2.0/ports/{port['id']}")


class PortDelete(PortCreate):
    name = "port delete"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        super().run()
        self.id = self.found()[0]["id"]

    def run(self):
        self.cloud.call("network", "DELETE", f"/v2.0/ports/{self.id}")

    def check(self, accepted):
        if accepted and self.found():
            raise RuntimeError("a port whose delete was accepted is there")
        return "not begun" if self.found() else "done"


class VolumeCreate:
    """A volume that is made of an image; told 202, it is there, or says why not."""
    name = "volume create"
    made_of_image = True

    def __init__(self, cloud, number):
        self.cloud, self.volume = cloud, f"fault-{number}"

    def run(self):
        self.cloud.create_volume(self.volume, **({"imageRef": self.cloud.image} if self.made_of_image else {}))

    def check(self, accepted):
        found = self.cloud.volume_named(self.volume)
        if len(found) > 1 or (accepted and not found):
            raise RuntimeError(f"{len(found)} volumes of one create, which was {'' if accepted else 'not '}accepted")
        return {"available": "done", "error": "error"}[found[0]["status"]] if found else "not begun"

    def clean(self):
        delete_volumes(self.cloud)


class VolumeClone(VolumeCreate):
    """A copy of a volume has the bytes that the volume has."""
    name = "volume clone"
    data = os.urandom(1_000_000)

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.source = make_volume(cloud, f"source-{number}")
        with self.file_of(self.source).open("r+b") as file:
            file.write(self.data)

    def file_of(self, volume_id):
        return next((self.cloud.state / "volumes").rglob(f"volume-{volume_id}"))

    def run(self):
        self.cloud.create_volume(self.volume, source_volid=self.source)

    def check(self, accepted):
        outcome = super().check(accepted)
        if outcome == "done":
            copy = self.file_of(self.cloud.volume_named(self.volume)[0]["id"])
            if copy.open("rb").read(len(self.data)) != self.data:
                raise RuntimeError("the copy has other bytes than the volume")
        return outcome


class OnVolume:
    """An operation on a volume that exists."""

    def __init__(self, cloud, number):
        self.cloud, self.volume = cloud, f"fault-{number}"
        self.id = make_volume(cloud, self.volume)

    def found(self):
        return self.cloud.volume_named(self.volume)

    def clean(self):
        delete_volumes(self.cloud)


class VolumeDelete(OnVolume):
    name = "volume delete"

    def run(self):
        self.cloud.call("volume", "DELETE", self.cloud.volume_path(f"/volumes/{self.id}"))

    def check(self, accepted):
        if accepted and self.found():
            raise RuntimeError(f"a volume whose delete was accepted is {self.found()[0]['status']}")
        return "not begun" if self.found() else "done"


class VolumeExtend(OnVolume):
    name = "volume extend"

    def run(self):
        self.cloud.call("volume", "POST", self.cloud.volume_path(f"/volumes/{self.id}/action"),
                        {"os-extend": {"new_size": 2}})

    def check(self, accepted):
        size = self.found()[0]["size"]
        file = next((self.cloud.state / "volumes").rglob(f"volume-{self.id}"))
        if file.stat().st_size != size << 30:
            raise RuntimeError(f"a volume of {size} GiB has {file.stat().st_size} bytes")
        if accepted and size != 2 and self.found()[0]["status"] != "error_extending":
            raise RuntimeError(f"an extend that was accepted left {size} GiB")
        return "done" if size == 2 else "not begun"


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
        return [image for image in self.cloud.call("image", "GET", "/v2/images")["images"]
                if image["name"] == self.server]

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
            self.cloud.call("image", "DELETE", f"/v2/images/{image['id']}")
        super().clean()


OPERATIONS = (Create, Delete, Stop, Start, ServerImage, Upload, PortCreate, PortDelete, VolumeCreate, VolumeClone,
              VolumeDelete, VolumeExtend, Attach, Detach, Swap)


def make_volume(cloud, name):
    volume_id = cloud.create_volume(name)
    wait_until(lambda: cloud.volume_named(name)[0]["status"] == "available", 60, "the volume is available")
    return volume_id


def delete_volumes(cloud):
    delete_until_gone(cloud, cloud.volumes, "volume", lambda volume: cloud.volume_path(f"/volumes/{volume['id']}"))


def delete_servers(cloud):
    delete_until_gone(cloud, cloud.servers, "compute", lambda server: f"/v2.1/servers/{server['id']}")


def delete_until_gone(cloud, listed, service, path_of):
    """Each is asked for until it is gone: a delete that was refused may be asked for again."""
    def gone():
        for thing in listed():
            try:
                cloud.call(service, "DELETE", path_of(thing))
            except Refused as error:
                if error.status not in (0, 400, 404, 409, 500, 503):
                    raise
        return not listed()
    wait_until(gone, 180, f"all of {service} is deleted")
