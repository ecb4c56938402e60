"""What is left of operations is deleted."""
from cloud import Refused, wait_until


def delete_image(cloud, image_id):
    """And its bytes, which go after the answer."""
    delete_until_gone(lambda: [image for image in cloud.images() if image["id"] == image_id],
                      lambda image: cloud.call("image", "DELETE", f"/v2/images/{image['id']}"), "the image")
    wait_until(lambda: not cloud.image_files(image_id), 60,
               f"files of deleted images are gone: {cloud.image_files(image_id)}")


def delete_images(cloud):
    """Those that operations have made."""
    for image in cloud.images():
        if image["name"].startswith("fault-"):
            delete_image(cloud, image["id"])


def delete_volumes(cloud):
    """And what is made of them, or has them: that is deleted first."""
    delete_until_gone(cloud.group_snapshots, lambda one: cloud.call(
        "volume", "DELETE", cloud.volume_path(f"/group_snapshots/{one['id']}")), "snapshots of groups")
    delete_until_gone(cloud.groups, lambda group: cloud.call(
        "volume", "POST", cloud.volume_path(f"/groups/{group['id']}/action"), {"delete": {"delete-volumes": True}}),
                      "groups")
    for kind in ("snapshots", "volumes"):
        delete_until_gone(lambda kind=kind: cloud.list_volumes(kind),
                          lambda thing, kind=kind: cloud.call(
                              "volume", "DELETE", cloud.volume_path(f"/{kind}/{thing['id']}")), kind)


def delete_servers(cloud):
    delete_until_gone(cloud.servers,
                      lambda server: cloud.call("compute", "DELETE", f"/v2.1/servers/{server['id']}"), "servers")


def delete_until_gone(listed, delete, what):
    """Each is asked for until it is gone: a delete that was refused may be asked for again."""
    def gone():
        for thing in listed():
            try:
                delete(thing)
            except Refused as error:
                if error.status not in (0, 400, 404, 409, 500, 503):
                    raise
        return not listed()
    wait_until(gone, 180, f"{what} are deleted")
