"""A cloud whose every role is a process of its own, on a private RabbitMQ and MariaDB, in a network namespace and a
directory of its own: something that can be broken in every way and leaves nothing behind.

It has a controller, which runs guests too, and a second compute host in a network namespace of its own, joined to it
by a veth. Servers go to the hosts of `use_hosts`: at first the controller alone."""
import collections
import contextlib
import functools
import http.client
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import time
import urllib.parse

from proxy import Cutter, Proxy
from web import WebServer

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARY = os.environ.get("NEPHELE", str(ROOT / "build/asan/nephele"))
ROLES = ("keystone", "glance-registry", "glance-api", "neutron-server", "nova-conductor", "nova-scheduler",
         "nova-api", "cinder-scheduler", "cinder-volume", "cinder-api", "neutron-linuxbridge-agent", "neutron-dhcp-agent", "neutron-metadata-agent", "nova-compute")
PORTS = {"identity": 5000, "compute": 8774, "image": 9292, "network": 9696, "volume": 8776}
SERVICES = ("keystone", "glance", "neutron", "nova", "cinder")
CONTROLLER, COMPUTE = "controller", "compute2"
SECOND = "second"  # a conductor beside the controller's
ADDRESSES = {CONTROLLER: "198.18.0.1", COMPUTE: "198.18.0.2"}
# Small disks of their own, so that they can be full.
DISKS = {"images": "96m", "instances": "160m", "volumes": "3g", "mariadb": "256m"}
TARGET_PORT = 3260
STORES = ("first", "second")  # of images
SPARE = "spare"  # a back end to which volumes are moved
WEB_DATA = os.urandom(3_000_000)


VERSIONS = {"compute": "2.79", "volume": "3.70"}


class Refused(RuntimeError):
    """An answer that is an error; `status` is 0 where there was no answer at all."""

    def __init__(self, status, text):
        super().__init__(f"{status} {text[:200]}")
        self.status = status


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Process:
    """One role on one host; its failure points are in `points`."""

    def __init__(self, cloud, role, host=CONTROLLER):
        self.cloud, self.role, self.host = cloud, role, host
        self.state = cloud.state_of(host)
        self.name = role if host == CONTROLLER else f"{role} of {host}"
        self.points = cloud.state / "points" / self.name
        self.points.mkdir(parents=True, exist_ok=True)
        self.output = cloud.state / f"{self.name}.out"
        self.clock = self.points / "clock"
        self.set_clock(0)
        self.process = None

    def start(self):
        offset = self.output.stat().st_size if self.output.exists() else 0
        command = [BINARY, "run", self.role, "--state-dir", str(self.state),
                   "--config-dir", str(self.cloud.configuration_of(self))]
        if self.host == COMPUTE:
            command = ["ip", "netns", "exec", COMPUTE, *command]
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, "NEPHELE_FAILURE_POINTS": str(self.points),
                     "LD_PRELOAD": str(self.cloud.state / "clock.so"), "FAULT_CLOCK": str(self.clock)})
        return offset

    def set_clock(self, ahead):
        """Its wall clock jumps to so many seconds ahead of the machine's."""
        with open(self.clock, "r+b" if self.clock.exists() else "wb") as clock:
            clock.write(struct.pack("q", ahead))

    def wait_ready(self, offset):
        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.role} ended with {self.process.returncode}: "
                                   + self.output.read_text(errors="replace")[-1500:])
            return b"nephele is ready" in self.output.read_bytes()[offset:]
        wait_until(ready, 180, f"{self.role} serves")

    def restart(self):
        self.wait_ready(self.start())

    def has_died(self):
        return self.process.poll() is not None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def arm(self, name):
        draft = self.points / "draft"
        draft.write_text(name + "\n")
        draft.rename(self.points / "armed")

    def disarm(self):
        """Whether it still was armed: if not, it has died of it or is about to."""
        try:
            (self.points / "armed").unlink()
            return True
        except FileNotFoundError:
            return False

    def forget_passed(self):
        with contextlib.suppress(FileNotFoundError):
            (self.points / "passed").unlink()

    def passed(self):
        """The points passed since, each once, in their order."""
        with contextlib.suppress(FileNotFoundError):
            return list(dict.fromkeys((self.points / "passed").read_text().splitlines()))
        return []


class Cloud:
    """`with` starts and ends it. Its guests are real (QEMU), their taps and bridges too."""

    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.processes = {}
        self.proxies = {}
        self.cutter = Cutter()
        self.web = None
        self.token, self.signed_in_at = None, 0.0
        self.usual = set()  # what doctor says of this machine when nothing is broken

    def script(self, name, *arguments):
        subprocess.run([ROOT / "scripts" / name, *map(str, arguments)], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, env={**os.environ, "BROKER_ADDRESS": ADDRESSES[CONTROLLER]})

    def state_of(self, host):
        return self.state if host == CONTROLLER else self.state / host

    def __enter__(self):
        try:
            self.join_hosts()
            for disk, size in DISKS.items():
                (self.state / disk).mkdir()
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", self.state / disk],
                               check=True)
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.state / "clock.so", HERE / "clock.c"],
                           check=True)
            self.web = WebServer(ADDRESSES[CONTROLLER], WEB_DATA)
            self.start_broker()
            self.script("mariadb.sh", "start", self.state / "mariadb")
            self.script("mariadb.sh", "database", self.state / "mariadb", *SERVICES)
            self.configure()
            processes = [Process(self, role) for role in ROLES]
            processes += [Process(self, role, COMPUTE) for role in ("neutron-linuxbridge-agent", "nova-compute")]
            self.processes = {process.name: process for process in processes}
            offsets = [process.start() for process in processes]
            for process, offset in zip(processes, offsets):
                process.wait_ready(offset)
            self.sign_in()
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes.values()):
            if process.process and process.process.poll() is None:
                process.signal(signal.SIGCONT)
                process.signal(signal.SIGTERM)
        for process in self.processes.values():
            if process.process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.process.wait(20)
                if process.process.poll() is None:
                    process.kill()
        if self.web:
            self.web.close()
        for host in ADDRESSES:
            subprocess.run([BINARY, "cleanup", "guests", "--state-dir", self.state_of(host)], stdout=subprocess.DEVNULL)
        self.script("mariadb.sh", "stop", self.state / "mariadb")
        self.script("rabbitmq.sh", "stop_broker", self.state / "broker")
        for disk in DISKS:
            subprocess.run(["umount", "--lazy", self.state / disk], check=False)

    def join_hosts(self):
        """The controller's end of the cable is a port of a bridge: its own address is there whatever the cable does."""
        for command in ("ip link add hosts type bridge", f"ip address add {ADDRESSES[CONTROLLER]}/24 dev hosts",
                        "ip link set hosts up", f"ip netns add {COMPUTE}",
                        f"ip link add cable type veth peer name eth0 netns {COMPUTE}",
                        "ip link set cable master hosts up", f"ip -n {COMPUTE} link set lo up",
                        f"ip -n {COMPUTE} address add {ADDRESSES[COMPUTE]}/24 dev eth0",
                        f"ip -n {COMPUTE} link set eth0 up"):
            subprocess.run(command.split(), check=True)

    def configure(self):
        """The controller's roles reach the broker through a proxy each; the other host has a user of its own there."""
        url = (self.state / "broker/url").read_text().strip()
        broker = urllib.parse.urlsplit(url)
        self.write_configuration(self.state / "etc", f"""[DEFAULT]
host = {CONTROLLER}
controller = {ADDRESSES[CONTROLLER]}
listen_address = {ADDRESSES[CONTROLLER]}
my_ip = {ADDRESSES[CONTROLLER]}
target_ip_address = {ADDRESSES[CONTROLLER]}
transport_url = {url}
[database]
connection = mysql+pymysql://root@localhost/{{service}}?unix_socket={self.state}/mariadb/socket
""")
        text = (self.state / "etc/nephele.conf").read_text()
        self.write_service_configuration(self.state / "etc")
        for role in ROLES:
            proxy = Proxy(ADDRESSES[CONTROLLER], (broker.hostname, broker.port), self.cutter)
            self.proxies[role] = proxy
            through = text.replace(f"{broker.hostname}:{broker.port}", "{}:{}".format(*proxy.address))
            self.write_text(self.state / "etc" / role, through)
            self.write_service_configuration(self.state / "etc" / role)
        for command in (("db", "sync"), ("bootstrap",)):
            self.nephele(*command)
        definitions = self.state / "definitions.json"
        definitions.write_text(self.nephele("broker", f"compute-{COMPUTE}"))
        self.script("rabbitmq.sh", "broker_control", self.state / "broker", "import_definitions", definitions)
        text = (self.state / f"hosts/compute-{COMPUTE}.conf").read_text()
        self.write_configuration(self.state / COMPUTE / "etc", f"[DEFAULT]\nhost = {COMPUTE}\n" + re.sub(
            "(?m)^my_ip =.*", f"my_ip = {ADDRESSES[COMPUTE]}", text))

    def write_service_configuration(self, directory):
        """Nobody chooses the spare back end: it is in a zone of its own."""
        (directory / "glance.conf").write_text(self.glance_configuration())
        (directory / "cinder.conf").write_text(
            f"[DEFAULT]\nenabled_backends = file, {SPARE}\n[{SPARE}]\nbackend_availability_zone = attic\n")

    def glance_configuration(self):
        """Two stores, and imports from the web server; all of it on the disk of images."""
        stores = "".join(f"[{store}]\nfilesystem_store_datadir = {self.state}/images/{store}\n" for store in STORES)
        return f"""[DEFAULT]
enabled_backends = {", ".join(store + ":file" for store in STORES)}
node_staging_uri = file://{self.state}/images/staging
[glance_store]
default_backend = {STORES[0]}
{stores}[import_filtering_opts]
allowed_ports = {self.web.port}
allowed_networks = {ADDRESSES[CONTROLLER]}/32
[image_import_opts]
image_import_plugins = image_decompression, image_conversion
"""

    def write_configuration(self, directory, text):
        self.write_text(directory, text + """
[DEFAULT]
report_interval = 2
service_down_time = 8
agent_down_time = 10
sync_power_state_interval = 5
shutdown_timeout = 1
[AGENT]
report_interval = 2
polling_interval = 3
[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 10
rabbit_interval_max = 2
""")

    def write_text(self, directory, text):
        directory.mkdir(parents=True)
        (directory / "nephele.conf").write_text(text)

    def configuration_of(self, process):
        directory = process.state / "etc"
        return directory / process.role if process.host == CONTROLLER else directory

    def nephele(self, *command, check=True):
        return subprocess.run([BINARY, *command, "--state-dir", self.state], check=check, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    # ---- what can fail besides roles

    def start_broker(self):
        self.script("rabbitmq.sh", "start_broker", self.state / "broker")

    def kill_broker(self):
        self.script("rabbitmq.sh", "kill_broker", self.state / "broker")

    def database_process(self):
        return pathlib.Path("/proc", (self.state / "mariadb/pid").read_text().strip())

    def kill_database(self):
        process = self.database_process()
        os.kill(int(process.name), signal.SIGKILL)
        wait_until(lambda: not process.exists(), 10, "MariaDB is dead")

    def start_database(self):
        self.script("mariadb.sh", "start", self.state / "mariadb")

    def set_cable(self, state):
        """Up or down: the other host is cut off the network without a word to anybody."""
        subprocess.run(["ip", "link", "set", "cable", state], check=True)

    def fill(self, disk):
        with open(self.state / disk / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(b"\0" * 65536)

    def free(self, disk):
        with contextlib.suppress(FileNotFoundError):
            (self.state / disk / "filler").unlink()

    def select(self, database, statement):
        """Rows of tab-separated columns."""
        client = ["mariadb", "--no-defaults", "--user=root", f"--socket={self.state}/mariadb/socket", "-NB"]
        return subprocess.run([*client, database, "-e", statement], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.splitlines()

    # ---- leaders

    def holder_of(self, service, lease):
        """Empty while nobody holds it."""
        rows = self.select(service, f"""SELECT holder FROM leases
            WHERE name='{lease}' AND expires_at > UNIX_TIMESTAMP(NOW(6)) * 1000000""")
        return rows[0] if rows else ""

    def process_of(self, holder):
        """Who says in its log that it leads as this holder."""
        for process in self.processes.values():
            for log in (process.state / "log").glob(f"{process.role}.log"):
                if f"holder={holder}" in log.read_text(errors="replace"):
                    return process
        raise RuntimeError(f"nobody says that it is {holder}")

    def start_second_conductor(self):
        """On the controller, as a host of its own: takes over what the first one leads."""
        if not (self.state / SECOND / "etc").exists():
            secrets = json.loads((self.state / "secrets.json").read_text())
            text = (self.state / "etc/nephele.conf").read_text()
            self.write_text(self.state / SECOND / "etc", text.replace(f"host = {CONTROLLER}", f"host = {SECOND}") + f"""
[DEFAULT]
service_password = {secrets["service_password"]}
""")
        process = Process(self, "nova-conductor", SECOND)
        process.restart()
        self.processes[process.name] = process
        return process

    def stop_second_conductor(self, process):
        """It goes, and out of the cloud."""
        process.signal(signal.SIGTERM)
        process.process.wait(30)
        del self.processes[process.name]
        services = self.call("compute", "GET", f"/v2.1/os-services?host={SECOND}")["services"]
        for service in services:
            self.call("compute", "DELETE", f"/v2.1/os-services/{service['id']}")

    # ---- as a client

    def request(self, service, method, path, body=None, headers=None, timeout=60):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        connection = http.client.HTTPConnection(ADDRESSES[CONTROLLER], PORTS[service], timeout=timeout)
        try:
            connection.request(method, path, data, {
                "Content-Type": kind, "OpenStack-API-Version": f"{service} {VERSIONS.get(service, 'latest')}",
                **({"X-Auth-Token": self.token} if self.token else {}), **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Refused(0, str(error)) from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, text.decode(errors="replace"))
        return answer, text

    def call(self, *arguments, **more):
        text = self.request(*arguments, **more)[1]
        return json.loads(text) if text else None

    def keep_signed_in(self):
        """A token is good for an hour, a run may take longer."""
        if time.monotonic() - self.signed_in_at > 1200:
            self.sign_in()

    def sign_in(self):
        self.token = None
        openrc = dict(re.findall(r"export (\w+)=(.*)", (self.state / "openrc").read_text()))
        domain = {"id": "default"}
        answer, text = self.request("identity", "POST", "/v3/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": openrc["OS_USERNAME"], "password": openrc["OS_PASSWORD"], "domain": domain}}},
            "scope": {"project": {"name": openrc["OS_PROJECT_NAME"], "domain": domain}}}})
        self.token = answer.headers["X-Subject-Token"]
        self.signed_in_at = time.monotonic()
        self.project = json.loads(text)["token"]["project"]["id"]

    def prepare(self):
        self.network = self.call("network", "POST", "/v2.0/networks", {"network": {"name": "fault"}})["network"]["id"]
        self.call("network", "POST", "/v2.0/subnets", {"subnet": {
            "network_id": self.network, "ip_version": 4, "cidr": "10.66.0.0/24"}})
        self.flavor = self.call("compute", "POST", "/v2.1/flavors", {"flavor": {
            "name": "tiny", "ram": 64, "vcpus": 1, "disk": 0}})["flavor"]["id"]
        self.image = self.call("image", "POST", "/v2/images", {
            "name": "blank", "disk_format": "raw", "container_format": "bare"})["id"]
        self.call("image", "PUT", f"/v2/images/{self.image}/file", b"\0" * 1048576)
        self.use_hosts(CONTROLLER)
        wait_until(self.is_ready, 180, "all services and agents are up")
        self.usual = set(self.findings())

    def compute_services(self):
        services = self.call("compute", "GET", "/v2.1/os-services?binary=nova-compute")["services"]
        return {service["host"]: service for service in services}

    def use_hosts(self, *hosts):
        """New servers go to one of these."""
        wait_until(lambda: set(self.compute_services()) == set(ADDRESSES), 120, "all compute hosts are known")
        for host, service in self.compute_services().items():
            status = "enabled" if host in hosts else "disabled"
            if service["status"] != status:
                self.call("compute", "PUT", f"/v2.1/os-services/{service['id']}", {"status": status})

    def is_ready(self):
        services = self.call("compute", "GET", "/v2.1/os-services")["services"]
        agents = self.call("network", "GET", "/v2.0/agents")["agents"]
        services += self.call("volume", "GET", self.volume_path("/os-services"))["services"]
        return all(service["state"] == "up" for service in services) and all(agent["alive"] for agent in agents)

    def servers(self):
        return self.call("compute", "GET", "/v2.1/servers/detail")["servers"]

    def server_named(self, name):
        return [server for server in self.servers() if server["name"] == name]

    def create_server(self, name, **more):
        return self.call("compute", "POST", "/v2.1/servers", {"server": {
            "name": name, "imageRef": self.image, "flavorRef": self.flavor,
            "networks": [{"uuid": self.network}], **more}})["server"]["id"]

    def volume_path(self, path):
        return f"/v3/{self.project}{path}"

    def has_room_for_volumes(self):
        pools = self.call("volume", "GET", self.volume_path("/scheduler-stats/get_pools?detail=true"))["pools"]
        return any(pool["capabilities"]["free_capacity_gb"] >= 2 for pool in pools)

    def list_volumes(self, kind):
        """Volumes or snapshots."""
        return self.call("volume", "GET", self.volume_path(f"/{kind}/detail"))[kind]

    def volumes(self):
        return self.list_volumes("volumes")

    def groups(self):
        return self.call("volume", "GET", self.volume_path("/groups/detail"))["groups"]

    def group_snapshots(self):
        return self.call("volume", "GET", self.volume_path("/group_snapshots/detail"))["group_snapshots"]

    @functools.cache
    def group_types(self):
        """Ids of a type of groups, and of the type of their volumes."""
        make = functools.partial(self.call, "volume", "POST")
        return (make(self.volume_path("/group_types"), {"group_type": {"name": "fault"}})["group_type"]["id"],
                make(self.volume_path("/types"), {"volume_type": {"name": "fault"}})["volume_type"]["id"])

    def volume_named(self, name):
        return [volume for volume in self.volumes() if volume["name"] == name]

    def create_volume(self, name, **more):
        return self.call("volume", "POST", self.volume_path("/volumes"), {"volume": {
            "name": name, "size": 1, **more}})["volume"]["id"]

    def act_on_volume(self, volume_id, action):
        self.call("volume", "POST", self.volume_path(f"/volumes/{volume_id}/action"), action)

    def images(self):
        return self.call("image", "GET", "/v2/images")["images"]

    @functools.cache
    def real_guest(self):
        """What makes a new server one that boots an operating system."""
        file = self.state / "guest.qcow2"
        self.script("build-guest-image", file)
        image = self.call("image", "POST", "/v2/images", {
            "name": "guest", "disk_format": "qcow2", "container_format": "bare"})["id"]
        self.call("image", "PUT", f"/v2/images/{image}/file", file.read_bytes())
        flavor = self.call("compute", "POST", "/v2.1/flavors", {"flavor": {
            "name": "guest", "ram": 128, "vcpus": 1, "disk": 0}})["flavor"]["id"]
        return {"imageRef": image, "flavorRef": flavor}

    # ---- what is on the hosts

    def guests(self):
        """The servers whose QEMU runs, with its host: a guest that runs twice is there twice."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                match = re.search(rb"-pidfile\0" + re.escape(str(self.state).encode())
                                  + rb"/(?:([^/]+)/)?instances/([0-9a-f-]{36})", entry.read_bytes())
                if match:
                    found.append((match.group(2).decode(), (match.group(1) or CONTROLLER.encode()).decode()))
        return sorted(found)

    def volume_file(self, kind, item_id):
        return next((self.state / "volumes").rglob(f"{kind}-{item_id}"))

    def write_volume(self, volume_id, data):
        """As its guest would, from its beginning on."""
        with self.volume_file("volume", volume_id).open("r+b") as file:
            file.write(data)

    def images_in(self, store, image_id):
        """Files of that image in a store; of any image without an id."""
        return [path for path in (self.state / "images" / store).rglob(f"{image_id}*") if path.is_file()]

    def image_files(self, image_id=""):
        """In all stores, and staged."""
        return [path for place in (*STORES, "staging") for path in self.images_in(place, image_id)]

    def image_strays(self):
        """Names of files that are of no image, or more than it should have."""
        allowed = {image["id"]: len(image["stores"].split(",")) if image["status"] == "active"
                   else int(image["status"] == "uploading") for image in self.images()}
        strays = []
        for path in self.image_files():
            image_id = path.name[:36]
            allowed[image_id] = allowed.get(image_id, 0) - 1
            if allowed[image_id] < 0:
                strays.append(f"{path.parent.name}/{path.name}")
        return strays

    def taps(self, host):
        namespace = ["-n", host] if host == COMPUTE else []
        links = json.loads(subprocess.run(["ip", *namespace, "-j", "link"], check=True, stdout=subprocess.PIPE).stdout)
        return {link["ifname"] for link in links if link["ifname"].startswith("tap")}

    def instance_directories(self, host):
        return {path.name for path in (self.state_of(host) / "instances").iterdir()
                if re.fullmatch(r"[0-9a-f-]{36}", path.name)}

    def wrong(self):
        """What breaks an invariant now, as text; empty when all is well."""
        problems = [f"{name} died" for name, process in self.processes.items() if process.has_died()]
        servers = self.servers()
        ports = self.call("network", "GET", "/v2.0/ports")["ports"]
        for server in servers:
            if server["OS-EXT-STS:task_state"] or server["status"] not in ("ACTIVE", "SHUTOFF", "ERROR"):
                problems.append(f"server {server['name']} is {server['status']}/{server['OS-EXT-STS:task_state']}")
        host_of = {server["id"]: server["OS-EXT-SRV-ATTR:host"] for server in servers}
        active = sorted((server["id"], host_of[server["id"]]) for server in servers if server["status"] == "ACTIVE")
        if self.guests() != active:
            problems.append(f"guests that run: {self.guests()}, servers that are ACTIVE: {active}")
        problems += self.wrong_ports(ports, active, host_of)
        for host in ADDRESSES:
            problems += self.wrong_on(host, ports, active, host_of)
        problems += self.wrong_claims(host_of)
        problems += self.wrong_volumes(servers)
        for image in self.images():
            if image["status"] in ("saving", "importing") or "os_glance_import_task" in image:
                problems.append(f"image {image['name']} is {image['status']}, in the middle of something")
            if image["os_hash_algo"] and not image["os_hash_value"]:
                problems.append(f"image {image['name']} waits for its digests")
        return problems

    @staticmethod
    def wrong_ports(ports, active, host_of):
        of_servers = [port for port in ports if port["device_owner"].startswith("compute:")]
        ownerless = [port["id"] for port in of_servers if port["device_id"] not in host_of]
        problems = [f"ports without a server: {ownerless}"] if ownerless else []
        for server, _ in active:
            mine = [port for port in of_servers if port["device_id"] == server]
            if len(mine) != 1 or mine[0]["status"] != "ACTIVE":
                problems.append(f"ports of {server}: {[(port['id'], port['status']) for port in mine]}")
        return problems

    def wrong_on(self, host, ports, active, host_of):
        """A server that is stopped keeps its tap."""
        problems = []
        strays = [name for name in self.instance_directories(host) if host_of.get(name) != host]
        if strays:
            problems.append(f"directories without a server on {host}: {strays}")
        allowed = {"tap" + port["id"][:11] for port in ports
                   if host_of.get(port["device_id"]) == host
                   or (host == CONTROLLER and port["device_owner"].startswith("network:"))}
        wanted = {"tap" + port["id"][:11] for port in ports if (port["device_id"], host) in active}
        taps = self.taps(host)
        if not wanted <= taps <= allowed:
            problems.append(f"taps of {host}: {sorted(taps)}, wanted: {sorted(wanted)}")
        return problems

    def wrong_claims(self, host_of):
        claimed = {host["service"]["host"]: host["vcpus_used"]
                   for host in self.call("compute", "GET", "/v2.1/os-hypervisors/detail")["hypervisors"]}
        placed = collections.Counter(host for host in host_of.values() if host)
        return [f"vcpus claimed: {claimed}, servers: {dict(placed)}"] if +collections.Counter(claimed) != placed else []

    def wrong_volumes(self, servers):
        """Cinder, Nova, the hosts and the target daemon agree on what is attached; no file is without a volume."""
        volumes = self.volumes()
        problems = [f"volume {volume['name']} is {volume['status']}" for volume in volumes
                    if volume["status"] not in ("available", "in-use", "error")]
        attached = sorted((volume["id"], attachment["server_id"]) for volume in volumes
                          for attachment in volume["attachments"])
        of_servers = sorted((volume["id"], server["id"]) for server in servers
                            for volume in server["os-extended-volumes:volumes_attached"])
        on_hosts = sorted((path.name.split(".", 1)[1], path.parent.name)
                          for host in ADDRESSES for path in (self.state_of(host) / "instances").glob("*/secret.*"))
        if not attached == of_servers == on_hosts:
            problems.append(f"attached: in Cinder {attached}, in Nova {of_servers}, on the hosts {on_hosts}")
        exported = self.exported()
        if exported != sorted({volume for volume, _ in attached}):
            problems.append(f"within reach: {exported}, attached: {attached}")
        for group in self.groups() + self.group_snapshots():
            if group["status"] not in ("available", "error"):
                problems.append(f"group or snapshot {group['name']} is {group['status']}")
        return problems + self.wrong_volume_files(volumes)

    def wrong_volume_files(self, volumes):
        snapshots = self.list_volumes("snapshots")
        problems = [f"snapshot {snapshot['name']} is {snapshot['status']}" for snapshot in snapshots
                    if snapshot["status"] not in ("available", "error")]
        known = {f"{kind}-{thing['id']}" for kind, things in (("volume", volumes), ("snapshot", snapshots))
                 for thing in things}
        strays = [path.name for kind in ("volume", "snapshot") for path in (self.state / "volumes").rglob(f"{kind}-*")
                  if path.name not in known]
        if strays:
            problems.append(f"files without a volume or snapshot: {strays}")
        return problems

    def exported(self):
        """Ids of the volumes of which there is a target."""
        show = subprocess.run(["tgtadm", "--lld", "iscsi", "--mode", "target", "--op", "show"], check=False, text=True,
                              env={**os.environ, "TGT_IPC_SOCKET": str(self.state / "volumes/targets/control")},
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return sorted(re.findall(r"(?m)^Target \d+: .*:volume-([0-9a-f-]{36})$", show))

    def target_daemon(self):
        """Its process; 0 where none runs."""
        portal = f"portal={ADDRESSES[CONTROLLER]}:{TARGET_PORT}".encode()
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                command = entry.read_bytes().split(b"\0")
                if command[0].endswith(b"tgtd") and any(word.endswith(portal) for word in command):
                    return int(entry.parent.name)
        return 0

    def findings(self):
        """What `nephele doctor` finds that is not so when nothing is broken."""
        lines = [line.strip() for line in self.nephele("doctor", check=False).splitlines()]
        return [line for line in lines if line.startswith(("PROBLEM", "warning")) and line not in self.usual]

    def settle(self, seconds=150, ask_doctor=True):
        """Returns how long it took until every invariant held; doctor then finds nothing. Raises with what is wrong."""
        begin = time.monotonic()
        problems = ["never looked"]
        while time.monotonic() - begin < seconds:
            try:
                problems = self.wrong()
                held = time.monotonic() - begin
                if not problems and ask_doctor:
                    problems = [f"doctor: {finding}" for finding in self.findings()]
            except (Refused, KeyError) as error:
                problems = [f"the cloud does not answer: {error}"]
            if not problems:
                return held
            time.sleep(0.25)
        raise RuntimeError(f"after {seconds} s: " + "; ".join(problems))
