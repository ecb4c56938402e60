"""A cloud whose every role is a process of its own, on a private RabbitMQ and MariaDB, in a network namespace and a
directory of its own: something that can be broken in every way and leaves nothing behind."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("NEPHELE", str(ROOT / "build/asan/nephele"))
ROLES = ("keystone", "glance-registry", "glance-api", "neutron-server", "nova-conductor", "nova-scheduler",
         "nova-api", "neutron-linuxbridge-agent", "neutron-dhcp-agent", "neutron-metadata-agent", "nova-compute")
PORTS = {"identity": 5000, "compute": 8774, "image": 9292, "network": 9696}
SERVICES = ("keystone", "glance", "neutron", "nova")


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
    """One role; its failure points are in `points`."""

    def __init__(self, cloud, role):
        self.cloud, self.role = cloud, role
        self.points = cloud.state / "points" / role
        self.points.mkdir(parents=True)
        self.output = cloud.state / f"{role}.out"
        self.process = None

    def start(self):
        offset = self.output.stat().st_size if self.output.exists() else 0
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                [BINARY, "run", self.role, "--state-dir", str(self.cloud.state)], stdout=output, stderr=output,
                env={**os.environ, "NEPHELE_FAILURE_POINTS": str(self.points)})
        return offset

    def wait_ready(self, offset):
        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.role} ended with {self.process.returncode}: "
                                   + self.output.read_text(errors="replace")[-1500:])
            return b"nephele is ready" in self.output.read_bytes()[offset:]
        wait_until(ready, 60, f"{self.role} serves")

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
        with contextlib.suppress(FileNotFoundError):
            (self.points / "armed").unlink()

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
        self.token = None

    def script(self, name, *arguments):
        subprocess.run([ROOT / "scripts" / name, *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)

    def __enter__(self):
        try:
            self.start_broker()
            self.script("mariadb.sh", "start", self.state / "mariadb")
            self.script("mariadb.sh", "database", self.state / "mariadb", *SERVICES)
            self.configure()
            self.processes = {role: Process(self, role) for role in ROLES}
            for process in self.processes.values():
                process.restart()
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
        subprocess.run([BINARY, "cleanup", "guests", "--state-dir", str(self.state)], stdout=subprocess.DEVNULL)
        self.script("mariadb.sh", "stop", self.state / "mariadb")
        self.script("rabbitmq.sh", "stop_broker", self.state / "broker")

    def configure(self):
        etc = self.state / "etc"
        etc.mkdir(exist_ok=True)
        (etc / "nephele.conf").write_text(f"""[DEFAULT]
transport_url = {(self.state / "broker/url").read_text().strip()}
report_interval = 2
service_down_time = 8
shutdown_timeout = 1
[database]
connection = mysql+pymysql://root@localhost/{{service}}?unix_socket={self.state}/mariadb/socket
""")
        for command in (("db", "sync"), ("bootstrap",)):
            subprocess.run([BINARY, *command, "--state-dir", str(self.state)], check=True, stdout=subprocess.DEVNULL)

    # ---- what can fail besides roles

    def start_broker(self):
        self.script("rabbitmq.sh", "start_broker", self.state / "broker")

    def kill_broker(self):
        self.script("rabbitmq.sh", "kill_broker", self.state / "broker")

    def kill_database(self):
        process = pathlib.Path("/proc", (self.state / "mariadb/pid").read_text().strip())
        os.kill(int(process.name), signal.SIGKILL)
        wait_until(lambda: not process.exists(), 10, "MariaDB is dead")

    def start_database(self):
        self.script("mariadb.sh", "start", self.state / "mariadb")

    # ---- as a client

    def request(self, service, method, path, body=None, headers=None, timeout=60):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", PORTS[service], timeout=timeout)
        try:
            connection.request(method, path, data, {
                "Content-Type": kind, "OpenStack-API-Version": "compute 2.79",
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

    def sign_in(self):
        self.token = None
        openrc = dict(re.findall(r"export (\w+)=(.*)", (self.state / "openrc").read_text()))
        domain = {"id": "default"}
        answer, text = self.request("identity", "POST", "/v3/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": openrc["OS_USERNAME"], "password": openrc["OS_PASSWORD"], "domain": domain}}},
            "scope": {"project": {"name": openrc["OS_PROJECT_NAME"], "domain": domain}}}})
        self.token = answer.headers["X-Subject-Token"]
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
        wait_until(self.is_ready, 30, "all services and agents are up")

    def is_ready(self):
        services = self.call("compute", "GET", "/v2.1/os-services")["services"]
        agents = self.call("network", "GET", "/v2.0/agents")["agents"]
        return (all(service["state"] == "up" and service["status"] == "enabled" for service in services)
                and all(agent["alive"] for agent in agents))

    def servers(self):
        return self.call("compute", "GET", "/v2.1/servers/detail")["servers"]

    def server_named(self, name):
        return [server for server in self.servers() if server["name"] == name]

    def create_server(self, name):
        return self.call("compute", "POST", "/v2.1/servers", {"server": {
            "name": name, "imageRef": self.image, "flavorRef": self.flavor,
            "networks": [{"uuid": self.network}]}})["server"]["id"]

    # ---- what is on the host

    def guests(self):
        """The servers whose QEMU runs here."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                match = re.search(rb"-pidfile\0" + re.escape(str(self.state).encode()) + rb"/instances/([0-9a-f-]{36})",
                                  entry.read_bytes())
                if match:
                    found.append(match.group(1).decode())
        return sorted(found)

    def taps(self):
        return sorted(path.name for path in pathlib.Path("/sys/class/net").iterdir() if path.name.startswith("tap"))

    def instance_directories(self):
        return sorted(path.name for path in (self.state / "instances").iterdir()
                      if re.fullmatch(r"[0-9a-f-]{36}", path.name))

    def wrong(self):
        """What breaks an invariant now, as text; empty when all is well."""
        servers = self.servers()
        problems = []
        for server in servers:
            if server["OS-EXT-STS:task_state"] or server["status"] not in ("ACTIVE", "SHUTOFF", "ERROR"):
                problems.append(f"server {server['name']} is {server['status']}/{server['OS-EXT-STS:task_state']}")
        active = sorted(server["id"] for server in servers if server["status"] == "ACTIVE")
        if self.guests() != active:
            problems.append(f"guests that run: {self.guests()}, servers that are ACTIVE: {active}")
        known = sorted(server["id"] for server in servers)
        strays = [name for name in self.instance_directories() if name not in known]
        if strays:
            problems.append(f"directories without a server: {strays}")
        ports = [port for port in self.call("network", "GET", "/v2.0/ports")["ports"]
                 if port["device_owner"].startswith("compute:")]
        ownerless = [port["id"] for port in ports if port["device_id"] not in known]
        if ownerless:
            problems.append(f"ports without a server: {ownerless}")
        for server in active:
            mine = [port for port in ports if port["device_id"] == server]
            if len(mine) != 1 or mine[0]["status"] != "ACTIVE":
                problems.append(f"ports of {server}: {[(port['id'], port['status']) for port in mine]}")
        # A server that is stopped keeps its tap.
        wanted = {"tap" + port["id"][:11] for port in ports if port["device_id"] in active}
        allowed = {"tap" + port["id"][:11] for port in ports}
        strays = [tap for tap in self.taps() if tap not in allowed and not self.is_service_tap(tap)]
        if strays or not wanted.issubset(self.taps()):
            problems.append(f"taps: {self.taps()}, wanted: {sorted(wanted)}")
        hosts = self.call("compute", "GET", "/v2.1/os-hypervisors/detail")["hypervisors"]
        placed = [server for server in servers if server["OS-EXT-SRV-ATTR:host"]]
        if sum(host["vcpus_used"] for host in hosts) != len(placed):
            problems.append(f"vcpus claimed: {[host['vcpus_used'] for host in hosts]}, servers: {len(placed)}")
        for image in self.call("image", "GET", "/v2/images")["images"]:
            if image["status"] in ("saving", "importing"):
                problems.append(f"image {image['name']} is {image['status']}")
        return problems

    def is_service_tap(self, tap):
        return any(tap == "tap" + port["id"][:11] and port["device_owner"].startswith("network:")
                   for port in self.call("network", "GET", "/v2.0/ports")["ports"])

    def settle(self, seconds=150):
        """Returns how long it took until every invariant held; raises with what is wrong."""
        begin = time.monotonic()
        problems = ["never looked"]
        while time.monotonic() - begin < seconds:
            try:
                problems = self.wrong()
            except Refused as error:
                problems = [f"the cloud does not answer: {error}"]
            if not problems:
                return time.monotonic() - begin
            time.sleep(0.25)
        raise RuntimeError(f"after {seconds} s: " + "; ".join(problems))
