"""Figures of a cloud in one process, and of what nephele_bench measures by itself."""
import contextlib
import os
import sqlite3
import statistics
import subprocess
import sys
import time
import uuid

from clouds import BENCH, ROOT, Client, OneProcess, create_servers, new_cloud, state_directory


def idle_pss_mib():
    with new_cloud() as cloud:
        for service, path in (("compute", "/v2.1/servers"), ("image", "/v2/images"),
                              ("network", "/v2.0/networks")):
            cloud.client(service).call("GET", path)
        time.sleep(5)
        return cloud.usage.memory_mib("Pss")


def start_to_token_ms():
    """Wall time, median of five starts on one state directory."""
    with state_directory() as state:
        with OneProcess(state):
            pass
        times = []
        for _ in range(5):
            with OneProcess(state) as cloud:
                times.append(cloud.first_token_ms)
        return statistics.median(times)


def token_issue_ms():
    with new_cloud() as cloud:
        client = Client(cloud.url["identity"])
        return cloud.cpu_ms_of(lambda: cloud.authenticate(client))


def servers_detail_1000_ms():
    """1,000 servers of the project among 20,000: copies of one row, for the list does not care how they came."""
    with state_directory() as state:
        with OneProcess(state) as cloud:
            create_servers(cloud, 1)
        with contextlib.closing(sqlite3.connect(f"{state}/db/nova.sqlite")) as database, database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(instances)")]
            row = dict(zip(columns, database.execute("SELECT * FROM instances LIMIT 1").fetchone()))
            other = uuid.uuid4().hex
            database.executemany(
                f"INSERT INTO instances VALUES ({','.join('?' * len(columns))})",
                (list({**row, "id": str(uuid.uuid4()), "number": row["number"] + i, "name": f"bench-{i}",
                       "host": "elsewhere", "node": "elsewhere", "created_at": row["created_at"] + i,
                       "project_id": row["project_id"] if i < 1000 else other}.values())
                 for i in range(1, 20000)))
        with OneProcess(state) as cloud:
            client = cloud.client("compute")
            found = len(client.call("GET", "/v2.1/servers/detail")["servers"])
            if found != 1000:
                raise RuntimeError(f"listed {found} servers instead of 1000")
            return cloud.cpu_ms_of(lambda: client.request("GET", "/v2.1/servers/detail"))


def images_100_ms():
    with new_cloud() as cloud:
        client = cloud.client("image")
        for number in range(100):
            client.call("POST", "/v2/images", {
                "name": f"bench-{number}", "disk_format": "raw", "container_format": "bare"})
        if len(client.call("GET", "/v2/images?limit=100")["images"]) != 100:
            raise RuntimeError("did not list 100 images")
        return cloud.cpu_ms_of(lambda: client.request("GET", "/v2/images?limit=100"))


def ports_1000_ms():
    with new_cloud() as cloud:
        client = cloud.client("network")
        cloud.lift_quotas()
        network = cloud.make_network()
        have = len(client.call("GET", "/v2.0/ports")["ports"])
        for number in range(1000 - have):
            client.call("POST", "/v2.0/ports", {"port": {"network_id": network, "name": f"bench-{number}"}})
        if len(client.call("GET", "/v2.0/ports")["ports"]) < 1000:
            raise RuntimeError("did not list 1000 ports")
        return cloud.cpu_ms_of(lambda: client.request("GET", "/v2.0/ports"))


def server_create_per_s():
    """Wall time: POST and the way to ACTIVE, each server with a port of its own."""
    with new_cloud() as cloud:
        return create_servers(cloud, 960)


def post_to_guest_ms():
    """Wall time, median of five: from POST until QEMU runs and its tap is in the bridge of its network."""
    with new_cloud(hypervisor=None) as cloud:
        guest = cloud.state / "guest.qcow2"
        subprocess.run([ROOT / "scripts/build-guest-image", guest], check=True, stderr=subprocess.DEVNULL)
        network = cloud.make_network()
        body = cloud.server_body("bench", cloud.make_image(guest, "qcow2"), cloud.make_flavor(128), network)
        compute, neutron = cloud.client("compute"), cloud.client("network")
        times = []
        for _ in range(6):  # the first fills the image cache
            start = time.monotonic()
            server = compute.call("POST", "/v2.1/servers", body)["server"]["id"]
            try:
                while (status := compute.call("GET", f"/v2.1/servers/{server}")["server"]["status"]) != "ACTIVE":
                    if status == "ERROR" or time.monotonic() - start > 60:
                        raise RuntimeError(f"the server is in {status}")
                    time.sleep(0.005)
                times.append((time.monotonic() - start) * 1000)
                port = neutron.call("GET", f"/v2.0/ports?device_id={server}")["ports"][0]["id"]
                bridge = os.readlink(f"/sys/class/net/tap{port[:11]}/master")
                if not bridge.endswith(f"brq{network[:11]}"):
                    raise RuntimeError(f"the tap is in {bridge}")
            finally:
                compute.call("DELETE", f"/v2.1/servers/{server}")
                while compute.call("GET", "/v2.1/servers")["servers"]:
                    time.sleep(0.05)
        return statistics.median(times[1:])


def image_upload_ratio():
    """Wall time of the upload of 1 GiB over that of `dd conv=fsync` and sha512sum, best of three each."""
    with new_cloud() as cloud:
        source, copy = cloud.state / "source", cloud.state / "copy"
        with open(source, "wb") as file:
            for _ in range(64):
                file.write(os.urandom(16 << 20))

        def seconds(operation):
            start = time.monotonic()
            operation()
            return time.monotonic() - start

        def by_hand():
            subprocess.run(["dd", f"if={source}", f"of={copy}", "bs=1M", "conv=fsync", "status=none"], check=True)
            subprocess.run(["sha512sum", str(source)], check=True, stdout=subprocess.DEVNULL)
            copy.unlink()

        def upload():
            image = cloud.client("image")
            made = image.call("POST", "/v2/images", {
                "name": "bench", "disk_format": "raw", "container_format": "bare"})["id"]
            spent = seconds(lambda: cloud.upload(made, source))
            image.call("DELETE", f"/v2/images/{made}")
            return spent

        before = cloud.usage.memory_mib("VmHWM", "status")
        ratio = min(upload() for _ in range(3)) / min(seconds(by_hand) for _ in range(3))
        grown = cloud.usage.memory_mib("VmHWM", "status") - before
        print(f"image_upload_ratio: the upload raised the peak memory by {grown:.1f} MiB", file=sys.stderr)
        return ratio


def from_bench_program(name):
    """What needs no HTTP is measured by nephele_bench, which prints lines `name value ...`."""
    def measure():
        output = subprocess.run([BENCH, name], check=True, stdout=subprocess.PIPE, text=True).stdout
        return next(float(line.split()[1]) for line in output.splitlines() if line.split()[:1] == [name])
    return measure
