"""Operations on groups of volumes and their snapshots."""
import os

from cloud import wait_until
from operations.removal import delete_volumes
from operations.volumes import outcome_of_create


class OnGroup:
    """An operation on a group of two volumes, each with bytes of its own."""
    data = (os.urandom(500_000), os.urandom(500_000))

    def __init__(self, cloud, number):
        self.cloud, self.group = cloud, f"fault-{number}"
        self.id = create_group(cloud, self.group)
        wait_until(lambda: self.found(self.group)[0]["status"] == "available", 60, "the group is available")
        for name, data in zip(self.names(), self.data):
            volume_id = cloud.create_volume(name, group_id=self.id, volume_type=cloud.group_types()[1])
            wait_until(lambda: cloud.volume_named(name)[0]["status"] == "available", 60, "the volume is available")
            cloud.write_volume(volume_id, data)

    def names(self):
        return [f"{self.group}-{number}" for number in range(len(self.data))]

    def found(self, name):
        return [group for group in self.cloud.groups() if group["name"] == name]

    def snapshots(self):
        return [one for one in self.cloud.group_snapshots() if one["name"] == self.group]

    def make_snapshot(self):
        snapshot_id = create_group_snapshot(self.cloud, self.id, self.group)
        wait_until(lambda: self.snapshots()[0]["status"] == "available", 60, "the group's snapshot is available")
        return snapshot_id

    def require_members(self, kind, members):
        """As many as the group had, all there, with its volumes' bytes."""
        if [member["status"] for member in members] != ["available"] * len(self.data):
            raise RuntimeError(f"{kind}s of what is available: {[member['status'] for member in members]}")
        files = [self.cloud.volume_file(kind, member["id"]) for member in members]
        found = sorted(file.open("rb").read(len(self.data[0])) for file in files)
        if found != sorted(self.data):
            raise RuntimeError(f"the {kind}s have other bytes than the group's volumes had")

    def outcome_of_delete(self, kind, found, members, accepted):
        """All of it has gone, or all is there."""
        if not found:
            if members:
                raise RuntimeError(f"what had these {kind}s has gone, they have not: {members}")
            return "done"
        if accepted:
            raise RuntimeError(f"what was to be deleted with its {kind}s is {found[0]['status']}")
        self.require_members(kind, members)
        return "not begun"

    def volumes_of(self, group_id):
        return [volume for volume in self.cloud.volumes() if volume["group_id"] == group_id]

    def clean(self):
        delete_volumes(self.cloud)


class GroupCreate(OnGroup):
    name = "group create"

    def __init__(self, cloud, number):
        self.cloud, self.group = cloud, f"fault-{number}"

    def run(self):
        create_group(self.cloud, self.group)

    def check(self, accepted):
        return outcome_of_create(self.found(self.group), accepted)


class GroupClone(OnGroup):
    """Told 202, there is a group with a copy of each volume, or it is in error."""
    name = "group clone"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.source = self.make_snapshot()

    def run(self):
        self.cloud.call("volume", "POST", self.cloud.volume_path("/groups/action"), {"create-from-src": {
            "name": f"{self.group}-copy", "group_snapshot_id": self.source}})

    def check(self, accepted):
        found = self.found(f"{self.group}-copy")
        outcome = outcome_of_create(found, accepted)
        if outcome == "done":
            self.require_members("volume", self.volumes_of(found[0]["id"]))
        self.require_members("volume", self.volumes_of(self.id))
        return outcome


class GroupDelete(OnGroup):
    name = "group delete"

    def run(self):
        self.cloud.call("volume", "POST", self.cloud.volume_path(f"/groups/{self.id}/action"),
                        {"delete": {"delete-volumes": True}})

    def check(self, accepted):
        return self.outcome_of_delete("volume", self.found(self.group), self.volumes_of(self.id), accepted)


class GroupSnapshotCreate(OnGroup):
    name = "group snapshot create"

    def run(self):
        create_group_snapshot(self.cloud, self.id, self.group)

    def check(self, accepted):
        outcome = outcome_of_create(self.snapshots(), accepted)
        if outcome == "done":
            self.require_members("snapshot", self.cloud.list_volumes("snapshots"))
        self.require_members("volume", self.volumes_of(self.id))
        return outcome


class GroupSnapshotDelete(OnGroup):
    name = "group snapshot delete"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        self.snapshot = self.make_snapshot()

    def run(self):
        self.cloud.call("volume", "DELETE", self.cloud.volume_path(f"/group_snapshots/{self.snapshot}"))

    def check(self, accepted):
        return self.outcome_of_delete("snapshot", self.snapshots(), self.cloud.list_volumes("snapshots"), accepted)


def create_group(cloud, name):
    group_type, volume_type = cloud.group_types()
    return cloud.call("volume", "POST", cloud.volume_path("/groups"), {"group": {
        "name": name, "group_type": group_type, "volume_types": [volume_type]}})["group"]["id"]


def create_group_snapshot(cloud, group_id, name):
    return cloud.call("volume", "POST", cloud.volume_path("/group_snapshots"), {"group_snapshot": {
        "group_id": group_id, "name": name}})["group_snapshot"]["id"]
