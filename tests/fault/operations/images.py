"""Operations on images. What was accepted is done, with the right bytes, or the image's task says why not; then it can
be done again. No file is without an image."""
import gzip
import hashlib
import os
import subprocess
import tempfile

from cloud import Refused, WEB_DATA, wait_until
from operations.removal import delete_image


class OnImage:
    data, disk_format = os.urandom(3_000_000), "raw"

    def __init__(self, cloud, number):
        self.cloud = cloud
        self.id = cloud.call("image", "POST", "/v2/images", {
            "name": f"fault-{number}", "disk_format": self.disk_format, "container_format": "bare"})["id"]

    def image(self):
        return self.cloud.call("image", "GET", f"/v2/images/{self.id}")

    def upload(self):
        self.cloud.call("image", "PUT", f"/v2/images/{self.id}/file", self.data)

    def require_whole(self):
        """What a client gets of it, and what each of its stores has, is what it should be; nobody has more."""
        self.require_no_strays()
        downloaded = self.cloud.request("image", "GET", f"/v2/images/{self.id}/file")[1]
        copies = [path.read_bytes() for store in self.stores() for path in self.cloud.images_in(store, self.id)]
        if downloaded != self.data or copies != [self.data] * len(self.stores()):
            raise RuntimeError(f"an active image in {self.stores()} has other bytes than were sent")

    def stores(self):
        return self.image()["stores"].split(",")

    def require_no_strays(self):
        """Bytes go after the answer; those of somebody who died are found within a minute or two."""
        wait_until(lambda: not self.cloud.image_strays(), 130,
                   f"files of images are owned: {self.cloud.image_strays()}")

    def clean(self):
        delete_image(self.cloud, self.id)


class Upload(OnImage):
    """Image data; told 204, it is there, whole."""
    name = "image upload"

    def run(self):
        self.upload()

    def check(self, accepted):
        status = self.image()["status"]
        if status == "active":
            self.require_whole()
            return "done"
        if accepted:
            raise RuntimeError(f"an image whose upload was accepted is {status}")
        self.run()  # what was broken off can be done again
        return "not begun"


class ImageDelete(OnImage):
    """Told 204, nobody sees it any more, and its bytes go from all stores."""
    name = "image delete"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.upload()
        cloud.call("image", "POST", f"/v2/images/{self.id}/import", COPY)
        wait_until(lambda: len(self.stores()) == 2, 60, "the image is in two stores")

    def run(self):
        self.cloud.call("image", "DELETE", f"/v2/images/{self.id}")

    def check(self, accepted):
        self.require_no_strays()
        if self.id not in [image["id"] for image in self.cloud.images()]:
            return "done"
        if accepted:
            raise RuntimeError("an image whose delete was accepted is there")
        self.require_whole()
        return "not begun"


class Imported(OnImage):
    """What goes on as a task after its answer. `request` is that of the import."""

    def prepare(self):
        """Before the import is asked for, whatever an attempt before has left."""

    def run(self):
        self.prepare()
        self.cloud.call("image", "POST", f"/v2/images/{self.id}/import", self.request)

    def is_done(self):
        return self.image()["status"] == "active"

    def task(self):
        """The last one; none before the first."""
        tasks = self.cloud.call("image", "GET", f"/v2/images/{self.id}/tasks")["tasks"]
        return tasks[0] if tasks else None

    def check(self, accepted):
        outcome = self.outcome(accepted)
        if outcome != "done":
            self.do_again()
        self.require_whole()
        return outcome

    def outcome(self, accepted):
        task = self.task()
        if self.is_done():
            if task["status"] != "success":
                raise RuntimeError(f"an import is done, but its task says {task}")
            return "done"
        if not accepted:
            return "not begun"
        if task["status"] != "failure" or not task["message"]:
            raise RuntimeError(f"an import that was accepted is not done, and its task says {task}")
        return f"given up, as its task says: {task['message']}"

    def do_again(self):
        """What was broken off, as soon as nobody is at it any more."""
        wait_until(self.is_accepted_again, 100, "an import that was broken off can be done again")
        wait_until(self.is_done, 60, f"an import that is done again: {self.task()}")

    def is_accepted_again(self):
        try:
            self.run()
            return True
        except Refused as error:
            if error.status != 409:
                raise
            return False


class ImageImport(Imported):
    """A QCOW2 that comes compressed is decompressed and converted on its way from where it was staged."""
    name, disk_format = "image import", "qcow2"
    request = {"method": {"name": "glance-direct"}}
    data = os.urandom(2 << 20) + bytes(2 << 20)

    def prepare(self):
        if self.image()["status"] == "queued":
            self.cloud.call("image", "PUT", f"/v2/images/{self.id}/stage", compressed_disk(self.data))


class HolesImport(ImageImport):
    """A disk that was hardly written: its image is active before its digests are known, which follow whoever dies."""
    name = "image import of holes"
    data = os.urandom(2 << 20) + bytes(300 << 20)

    def require_whole(self):
        super().require_whole()
        image = self.image()
        digests = [hashlib.new(name, self.data).hexdigest() for name in ("md5", "sha512")]
        if [image["checksum"], image["os_hash_value"]] != digests:
            raise RuntimeError(f"an image has other digests than its bytes: {image}")


class WebDownload(Imported):
    name, data = "image web-download", WEB_DATA

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.request = {"method": {"name": "web-download", "uri": cloud.web.url}}


COPY = {"method": {"name": "copy-image"}, "stores": ["second"]}


class ImageCopy(Imported):
    """The image stays active, and has its bytes in the first store, whatever comes of the second."""
    name, request = "image copy", COPY

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.upload()

    def is_done(self):
        return "second" in self.stores()

    def outcome(self, accepted):
        self.require_whole()
        return super().outcome(accepted)


def compressed_disk(data):
    """gzip of a QCOW2 with these bytes."""
    with tempfile.TemporaryDirectory() as directory:
        raw, qcow2 = f"{directory}/raw", f"{directory}/qcow2"
        with open(raw, "wb") as file:
            file.write(data)
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, qcow2], check=True)
        with open(qcow2, "rb") as file:
            return gzip.compress(file.read(), 1)
