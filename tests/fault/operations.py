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

    def __init__(self, cloud, number):
        self.cloud, self.server = cloud, f"fault-{number}"
        self.id = cloud.create_server(self.server)
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
        # All but the one that servers boot; the bytes go after the answer.
        wait_until(lambda: len(self.files()) <= 1, 60, f"files of deleted images are gone: {self.files()}")

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


OPERATIONS = (Create, Delete, Stop, Start, Upload, PortCreate, PortDelete)


def delete_servers(cloud):
    """Each is asked for until it is gone: a delete that was refused may be asked for again."""
    def gone():
        for server in cloud.servers():
            try:
                cloud.call("compute", "DELETE", f"/v2.1/servers/{server['id']}")
            except Refused as error:
                if error.status not in (0, 404, 409, 500, 503):
                    raise
        return not cloud.servers()
    wait_until(gone, 90, "all servers are deleted")
