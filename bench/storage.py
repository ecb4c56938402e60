"""Figures of images and volumes."""
import concurrent.futures
import hashlib
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from clouds import ROOT, new_cloud

VOLUMES = 1000
READS = 20000


def write_random(path, mib):
    with open(path, "wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1 << 20))


def make_image(image, disk_format="raw"):
    return image.call("POST", "/v2/images", {
        "name": "bench", "disk_format": disk_format, "container_format": "bare"})["id"]


def make_sparse(path):
    """A raw image of 10 GiB in which 100 MiB were written."""
    write_random(path, 100)
    os.truncate(path, 10 << 30)


def require_sparse(cloud, image):
    """It takes no more of the store than was written."""
    stored = next(path for path in (cloud.state / "images").rglob(f"{image}*") if path.is_file())
    if (taken := stored.stat().st_blocks * 512) > 110 << 20:
        raise RuntimeError(f"the image takes {taken >> 20} MiB of the store")


def image_sparse_10g_s():
    """Wall time until such an image is active, from a client that has it as users have it, as a QCOW2: staged,
    converted to raw, inspected and stored."""
    with new_cloud(options="[image_import_opts]\nimage_import_plugins = image_conversion\n") as cloud:
        image = cloud.client("image")
        source = cloud.state / "sparse"
        make_sparse(source)
        qcow2 = cloud.state / "qcow2"
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", source, qcow2], check=True)
        made = make_image(image, "qcow2")
        start = time.monotonic()
        cloud.upload(made, qcow2, "stage")
        image.call("POST", f"/v2/images/{made}/import", {"method": {"name": "glance-direct"}})
        while (now := image.call("GET", f"/v2/images/{made}"))["status"] != "active":
            if now["status"] == "queued":
                raise RuntimeError("the import failed")
            time.sleep(0.01)
        spent = time.monotonic() - start
        if now["size"] != 10 << 30 or now["disk_format"] != "raw":
            raise RuntimeError(f"another image than was meant: {now}")
        require_sparse(cloud, made)
        return spent


def image_sparse_10g_upload_s():
    """The same for a client that sends all of its bytes, zeroes too."""
    with new_cloud() as cloud:
        source = cloud.state / "sparse"
        make_sparse(source)
        made = make_image(cloud.client("image"))
        start = time.monotonic()
        cloud.upload(made, source)
        spent = time.monotonic() - start
        require_sparse(cloud, made)
        return spent


def image_sparse_10g_upload_floor_s():
    """What any image service needs for that at least: the bytes come out of a socket, and have an MD5."""
    with tempfile.TemporaryDirectory() as directory, socket.create_server(("127.0.0.1", 0)) as server:
        source = pathlib.Path(directory, "sparse")
        make_sparse(source)

        def send():
            with socket.create_connection(server.getsockname()) as connection, open(source, "rb") as data:
                connection.sendfile(data)

        digest, buffer = hashlib.md5(), bytearray(1 << 20)
        sender = threading.Thread(target=send)
        start = time.monotonic()
        sender.start()
        with server.accept()[0] as connection:
            while count := connection.recv_into(buffer):
                digest.update(memoryview(buffer)[:count])
        sender.join()
        return time.monotonic() - start


def uploads_16_mib():
    """Growth of the process's peak memory while 16 images of 128 MiB are uploaded at once."""
    with new_cloud() as cloud:
        source = cloud.state / "source"
        write_random(source, 128)
        images = [make_image(cloud.client("image")) for _ in range(16)]
        before = cloud.usage.memory_mib("VmHWM", "status")
        with concurrent.futures.ThreadPoolExecutor(len(images)) as pool:
            list(pool.map(lambda image: cloud.upload(image, source), images))
        return cloud.usage.memory_mib("VmHWM", "status") - before


def wait_for(volume, identifier, status):
    deadline = time.monotonic() + 60
    while (now := volume.call("GET", f"/v3/volumes/{identifier}")["volume"]["status"]) != status:
        if now.startswith("error") or time.monotonic() > deadline:
            raise RuntimeError(f"the volume is {now} instead of {status}")
        time.sleep(0.002)


def make_volume(volume):
    made = volume.call("POST", "/v3/volumes", {"volume": {"size": 1}})["volume"]["id"]
    wait_for(volume, made, "available")
    return made


def volume_create_per_s():
    """Wall time: POST and the way to available, of volumes that are files."""
    with new_cloud() as cloud:
        cloud.client("volumev3").call("PUT", f"/v3/os-quota-sets/{cloud.project}", {
            "quota_set": {"volumes": -1, "gigabytes": -1}})
        clients = [cloud.client("volumev3") for _ in range(8)]

        def create(client):
            for _ in range(VOLUMES // len(clients)):
                client.call("POST", "/v3/volumes", {"volume": {"size": 1}})

        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
            list(pool.map(create, clients))
        while (made := clients[0].call("GET", "/v3/volumes?status=available&limit=1&with_count=true",
                                       headers={"OpenStack-API-Version": "volume 3.45"})["count"]) < VOLUMES:
            if time.monotonic() - start > 120:
                raise RuntimeError(f"{made} of {VOLUMES} volumes are available")
            time.sleep(0.01)
        return VOLUMES / (time.monotonic() - start)


def volume_attach_ms():
    """Wall time, median of five: from the request to in-use, which comes when QEMU has the disk."""
    with new_cloud(hypervisor=None) as cloud:
        guest = cloud.state / "guest.qcow2"
        subprocess.run([ROOT / "scripts/build-guest-image", guest], check=True, stderr=subprocess.DEVNULL)
        compute, volume = cloud.client("compute"), cloud.client("volumev3")
        body = cloud.server_body("bench", cloud.make_image(guest, "qcow2"), cloud.make_flavor(128), cloud.make_network())
        server = compute.call("POST", "/v2.1/servers", body)["server"]["id"]
        try:
            while compute.call("GET", f"/v2.1/servers/{server}")["server"]["status"] != "ACTIVE":
                time.sleep(0.05)
            times = []
            for _ in range(5):
                made = make_volume(volume)
                start = time.monotonic()
                compute.call("POST", f"/v2.1/servers/{server}/os-volume_attachments",
                             {"volumeAttachment": {"volumeId": made}})
                wait_for(volume, made, "in-use")
                times.append((time.monotonic() - start) * 1000)
            return statistics.median(times)
        finally:
            compute.call("DELETE", f"/v2.1/servers/{server}")
            while compute.call("GET", "/v2.1/servers")["servers"]:
                time.sleep(0.05)


def iscsi_read_ratio():
    """Wall time of QEMU's reads of 64 KiB over iSCSI over that of the same from the file, best of three each."""
    with new_cloud() as cloud:
        volume = cloud.client("volumev3")
        made = make_volume(volume)
        file = next((cloud.state / "volumes").rglob(f"volume-{made}"))
        with open(file, "r+b") as data:
            for _ in range(1024):
                data.write(bytes(1 << 20))
        initiator = "iqn.2008-11.org.linux-kvm"  # QEMU's, unless it is given another
        info = volume.call("POST", "/v3/attachments", {"attachment": {
            "volume_uuid": made, "connector": {"initiator": initiator, "host": "bench"}}},
            headers={"OpenStack-API-Version": "volume 3.44"})["attachment"]["connection_info"]
        over_iscsi = (f"iscsi://{info['auth_username']}%{info['auth_password']}@{info['target_portal']}/"
                      f"{info['target_iqn']}/{info['target_lun']}")

        def seconds(image):
            start = time.monotonic()
            subprocess.run(["qemu-img", "bench", "-f", "raw", "-c", str(READS), "-s", "65536", "-d", "16", image],
                           check=True, stdout=subprocess.DEVNULL)
            return time.monotonic() - start

        return (min(seconds(over_iscsi) for _ in range(3)) /
                min(seconds(str(file)) for _ in range(3)))
