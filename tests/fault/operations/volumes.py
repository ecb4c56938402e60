"""Operations on volumes and their snapshots."""
import os
import subprocess

from cloud import CONTROLLER, SPARE, wait_until
from operations.removal import delete_image, delete_volumes


class VolumeCreate:
    """A volume that is made of an image; told 202, it is there, or says why not."""
    name = "volume create"
    made_of_image = True

    def __init__(self, cloud, number):
        self.cloud, self.volume = cloud, f"fault-{number}"

    def run(self):
        self.cloud.create_volume(self.volume, **({"imageRef": self.cloud.image} if self.made_of_image else {}))

    def check(self, accepted):
        return outcome_of_create(self.cloud.volume_named(self.volume), accepted)

    def clean(self):
        delete_volumes(self.cloud)


class VolumeClone(VolumeCreate):
    """A copy of a volume has the bytes that the volume has."""
    name = "volume clone"
    data = os.urandom(1_000_000)

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.source = make_volume(cloud, f"source-{number}")
        cloud.write_volume(self.source, self.data)

    def run(self):
        self.cloud.create_volume(self.volume, source_volid=self.source)

    def check(self, accepted):
        outcome = super().check(accepted)
        if outcome == "done":
            copy = self.cloud.volume_file("volume", self.cloud.volume_named(self.volume)[0]["id"])
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


class OnWrittenVolume(OnVolume):
    """With bytes at its beginning that it has to keep."""
    data = os.urandom(1_000_000)

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        cloud.write_volume(self.id, self.data)


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
        self.cloud.act_on_volume(self.id, {"os-extend": {"new_size": 2}})

    def check(self, accepted):
        size = self.found()[0]["size"]
        file = self.cloud.volume_file("volume", self.id)
        if file.stat().st_size != size << 30:
            raise RuntimeError(f"a volume of {size} GiB has {file.stat().st_size} bytes")
        if accepted and size != 2 and self.found()[0]["status"] != "error_extending":
            raise RuntimeError(f"an extend that was accepted left {size} GiB")
        return "done" if size == 2 else "not begun"


class VolumeMove(OnWrittenVolume):
    """To the other back end: the volume is in one of them, whole."""
    name = "volume move"

    def run(self):
        self.cloud.act_on_volume(self.id, {"os-migrate_volume": {"host": f"{CONTROLLER}@{SPARE}"}})

    def files(self):
        return list((self.cloud.state / "volumes").rglob(f"volume-{self.id}*"))

    def check(self, accepted):
        wait_until(lambda: len(self.files()) == 1, 130, f"one file is of the volume: {self.files()}")
        volume = self.found()[0]
        moved = volume["os-vol-host-attr:host"].endswith(f"@{SPARE}#{SPARE}")
        if volume["status"] != "available" or (self.files()[0].parent.name == SPARE) != moved:
            raise RuntimeError(f"a volume is {volume['status']}, said to be in {volume['os-vol-host-attr:host']}, "
                               f"and is in {self.files()}")
        if self.files()[0].open("rb").read(len(self.data)) != self.data:
            raise RuntimeError("the volume has other bytes than before")
        if accepted and volume["migration_status"] != ("success" if moved else "error"):
            raise RuntimeError(f"a volume that was {'' if moved else 'not '}moved says {volume['migration_status']}")
        return "done" if moved else "error" if accepted else "not begun"


class VolumeContent(OnVolume):
    """A volume that gets another content: it has the one or the other, whole."""
    old, new = os.urandom(1_500_000), os.urandom(1_000_000)

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        cloud.write_volume(self.id, self.old)

    def check(self, accepted):
        status = self.found()[0]["status"]
        done = self.has(self.new)
        if not done and not self.has(self.old):
            raise RuntimeError("a volume has neither the bytes that it had nor those that it should get")
        if status == "error" and accepted:
            return "error"
        if status != "available" or (accepted and not done):
            raise RuntimeError(f"{self.name} left the volume {status}, with {'new' if done else 'old'} bytes")
        return "done" if done else "not begun"

    def has(self, data):
        """These, then zeros, as far as any are written."""
        with self.cloud.volume_file("volume", self.id).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return size == 1 << 30 and file.read(2_000_000) == data.ljust(2_000_000, b"\0")


class Revert(VolumeContent):
    name = "volume revert"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        cloud.write_volume(self.id, self.new.ljust(len(self.old), b"\0"))
        self.snapshot = make_snapshot(cloud, self.id, self.volume)
        cloud.write_volume(self.id, self.old)

    def run(self):
        self.cloud.act_on_volume(self.id, {"revert": {"snapshot_id": self.snapshot}})


class Reimage(VolumeContent):
    name = "volume reimage"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.image = cloud.call("image", "POST", "/v2/images", {
            "name": self.volume, "disk_format": "raw", "container_format": "bare"})["id"]
        cloud.call("image", "PUT", f"/v2/images/{self.image}/file", self.new)

    def run(self):
        self.cloud.act_on_volume(self.id, {"os-reimage": {"image_id": self.image}})

    def check(self, accepted):
        outcome = super().check(accepted)
        told = self.found()[0].get("volume_image_metadata", {}).get("image_id") == self.image
        if told != (outcome == "done"):
            raise RuntimeError(f"reimage: {outcome}, but the volume says {self.found()[0]}")
        return outcome

    def clean(self):
        super().clean()
        delete_image(self.cloud, self.image)


class VolumeToImage(OnWrittenVolume):
    """Told 202, the image is whole, or it is gone and a message says so."""
    name = "volume to image"

    def run(self):
        self.cloud.act_on_volume(self.id, {"os-volume_upload_image": {
            "image_name": self.volume, "disk_format": "qcow2", "container_format": "bare", "force": False}})

    def images(self):
        return [image for image in self.cloud.images() if image["name"] == self.volume]

    def check(self, accepted):
        wait_until(lambda: all(image["status"] == "active" for image in self.images()), 130,
                   f"images are whole, or gone: {self.images()}")
        wait_until(lambda: not self.cloud.image_strays(), 130,
                   f"files of images are owned: {self.cloud.image_strays()}")
        if self.found()[0]["status"] != "available" or len(self.images()) > 1:
            raise RuntimeError(f"{self.found()[0]['status']}, {len(self.images())} images")
        for image in self.images():
            self.require_whole(image["id"])
            return "done"
        if accepted and not self.messages():
            raise RuntimeError("an image that was accepted is not there, and nobody says so")
        return "given up, as a message says" if accepted else "not begun"

    def require_whole(self, image_id):
        image, raw = self.cloud.state / "downloaded", self.cloud.state / "downloaded.raw"
        image.write_bytes(self.cloud.request("image", "GET", f"/v2/images/{image_id}/file")[1])
        subprocess.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, raw], check=True)
        with raw.open("rb") as file:
            whole = file.read(2_000_000) == self.data.ljust(2_000_000, b"\0")
        if not whole or raw.stat().st_size != 1 << 30:
            raise RuntimeError("the image has other bytes than the volume")
        raw.unlink()

    def messages(self):
        path = self.cloud.volume_path(f"/messages?resource_uuid={self.id}")
        return self.cloud.call("volume", "GET", path)["messages"]

    def clean(self):
        for image in self.images():
            delete_image(self.cloud, image["id"])
        super().clean()


class OnSnapshot(OnWrittenVolume):
    """A snapshot has the bytes that the volume had; the volume keeps its own."""

    def snapshots(self):
        return [one for one in self.cloud.list_volumes("snapshots") if one["name"] == self.volume]

    def check(self, accepted):
        files = [self.cloud.volume_file("volume", self.id)]
        files += [self.cloud.volume_file("snapshot", one["id"]) for one in self.snapshots()
                  if one["status"] == "available"]
        for file in files:
            if file.open("rb").read(len(self.data)) != self.data:
                raise RuntimeError(f"{file.name} has other bytes than the volume had")
        return self.outcome(accepted)


class SnapshotCreate(OnSnapshot):
    name = "snapshot create"

    def run(self):
        create_snapshot(self.cloud, self.id, self.volume)

    def outcome(self, accepted):
        return outcome_of_create(self.snapshots(), accepted)


class SnapshotDelete(OnSnapshot):
    name = "snapshot delete"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.snapshot = make_snapshot(cloud, self.id, self.volume)

    def run(self):
        self.cloud.call("volume", "DELETE", self.cloud.volume_path(f"/snapshots/{self.snapshot}"))

    def outcome(self, accepted):
        if accepted and self.snapshots():
            raise RuntimeError(f"a snapshot whose delete was accepted is {self.snapshots()[0]['status']}")
        return "not begun" if self.snapshots() else "done"


def outcome_of_create(found, accepted):
    """Of what one request makes."""
    if len(found) > 1 or (accepted and not found):
        raise RuntimeError(f"{len(found)} of one create, which was {'' if accepted else 'not '}accepted")
    return {"available": "done", "error": "error"}[found[0]["status"]] if found else "not begun"


def make_volume(cloud, name):
    volume_id = cloud.create_volume(name)
    wait_until(lambda: cloud.volume_named(name)[0]["status"] == "available", 60, "the volume is available")
    return volume_id


def create_snapshot(cloud, volume_id, name):
    return cloud.call("volume", "POST", cloud.volume_path("/snapshots"), {"snapshot": {
        "volume_id": volume_id, "name": name}})["snapshot"]["id"]


def make_snapshot(cloud, volume_id, name):
    snapshot_id = create_snapshot(cloud, volume_id, name)
    wait_until(lambda: cloud.list_volumes("snapshots")[0]["status"] == "available", 60, "the snapshot is available")
    return snapshot_id
