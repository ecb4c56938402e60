"""Clouds to measure: all roles in one process, or each in its own on RabbitMQ and MariaDB."""
import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("NEPHELE", str(ROOT / "build/release/nephele"))
BENCH = pathlib.Path(BINARY).with_name("nephele_bench")
TICKS = os.sysconf("SC_CLK_TCK")
PORTS = {"identity": 5000, "compute": 8774, "volumev3": 8776, "image": 9292, "network": 9696}


class Client:
    """One keep-alive connection to one service."""

    def __init__(self, url, token=None):
        self.url = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["X-Auth-Token"] = token

    def request(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body if body is None else json.dumps(body),
                                {**self.headers, **(headers or {})})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return answer, text

    def call(self, method, path, body=None, headers=None):
        text = self.request(method, path, body, headers)[1]
        return json.loads(text) if text else None


class Process:
    """What the kernel says of a process."""

    def __init__(self, pid):
        self.directory = pathlib.Path("/proc", str(pid))

    def cpu_seconds(self):
        fields = (self.directory / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self, field, file="smaps_rollup"):
        for line in (self.directory / file).read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024


class Cloud:
    """What every cloud can do for its user; `url`, `state` and `is_running` come from the kinds of clouds."""

    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.openrc = self.state / "openrc"
        self.offset = free_offset()
        self.url = {name: f"http://127.0.0.1:{port + self.offset}" for name, port in PORTS.items()}

    def sign_in(self):
        while True:
            if not self.is_running() or time.monotonic() - self.started > 60:
                raise RuntimeError("the cloud did not start")
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer, text = self.authenticate(Client(self.url["identity"]))
                self.token = answer.headers["X-Subject-Token"]
                self.project = json.loads(text)["token"]["project"]["id"]
                return
            time.sleep(0.002)

    def authenticate(self, client):
        openrc = dict(line.removeprefix("export ").split("=", 1)
                      for line in self.openrc.read_text().splitlines() if line.startswith("export "))
        domain = {"id": "default"}
        return client.request("POST", "/v3/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": openrc["OS_USERNAME"], "password": openrc["OS_PASSWORD"], "domain": domain}}},
            "scope": {"project": {"name": openrc["OS_PROJECT_NAME"], "domain": domain}}}})

    def client(self, service):
        return Client(self.url[service], self.token)

    def lift_quotas(self):
        self.client("compute").call("PUT", f"/v2.1/os-quota-sets/{self.project}", {
            "quota_set": {"instances": -1, "cores": -1, "ram": -1}})
        self.client("network").call("PUT", f"/v2.0/quotas/{self.project}", {"quota": {"port": -1}})

    def make_network(self):
        network = self.client("network")
        made = network.call("POST", "/v2.0/networks", {"network": {"name": "bench"}})["network"]["id"]
        network.call("POST", "/v2.0/subnets", {"subnet": {
            "network_id": made, "ip_version": 4, "cidr": "10.40.0.0/16"}})
        return made

    def make_flavor(self, memory):
        return self.client("compute").call("POST", "/v2.1/flavors", {"flavor": {
            "name": f"bench-{memory}", "ram": memory, "vcpus": 1, "disk": 0}})["flavor"]["id"]

    def make_image(self, file=None, disk_format="raw"):
        image = self.client("image")
        made = image.call("POST", "/v2/images", {
            "name": "bench", "disk_format": disk_format, "container_format": "bare"})["id"]
        if file is None:
            file = self.state / "blank"
            file.write_bytes(b"\0" * 1048576)
        self.upload(made, file)
        return made

    def upload(self, image, file, where="file"):
        """As a client streams it: sendfile, so that the generator costs little."""
        url = urllib.parse.urlsplit(self.url["image"])
        with socket.create_connection((url.hostname, url.port)) as connection, open(file, "rb") as data:
            connection.sendall((
                f"PUT /v2/images/{image}/{where} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n"
                f"X-Auth-Token: {self.token}\r\nContent-Type: application/octet-stream\r\n"
                f"Content-Length: {os.path.getsize(file)}\r\n\r\n").encode())
            connection.sendfile(data)
            answer = connection.recv(65536)
        if b" 204 " not in answer.split(b"\r\n")[0]:
            raise RuntimeError(f"upload: {answer[:300]!r}")

    def server_body(self, name, image, flavor, network):
        return {"server": {"name": name, "imageRef": image, "flavorRef": flavor,
                           "networks": [{"uuid": network}]}}


class OneProcess(Cloud):
    """`nephele up` on a state directory; `with` starts and stops it."""

    def __init__(self, state, hypervisor="fake", options=""):
        super().__init__(state)
        self.arguments = ["--hypervisor", hypervisor] if hypervisor else []
        if options:
            (self.state / "nephele.conf").write_text(options)
            self.arguments += ["--config-dir", str(self.state)]

    def __enter__(self):
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [BINARY, "up", "--state-dir", str(self.state), "--port-offset", str(self.offset),
             *self.arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.usage = Process(self.process.pid)
        try:
            self.sign_in()
        except BaseException:
            self.__exit__()
            raise
        self.first_token_ms = (time.monotonic() - self.started) * 1000
        return self

    def __exit__(self, *_):
        stop(self.process)

    def is_running(self):
        return self.process.poll() is None

    def cpu_ms_of(self, operation, at_least=1.5):
        """CPU time of one operation, over as many as take `at_least` seconds of CPU (the clock has 10 ms)."""
        return cpu_ms_of(operation, [self.usage], at_least)[0]


class DataCentre(Cloud):
    """Every role a process of its own, on a private RabbitMQ and MariaDB; compute hosts with the fake hypervisor."""

    SERVICES = ("keystone", "glance", "neutron", "nova", "cinder")
    CONTROLLER = ("keystone", "glance-registry", "glance-api", "neutron-server", "nova-conductor", "nova-scheduler",
                  "nova-api", "neutron-dhcp-agent", "neutron-metadata-agent")
    HOST = ("neutron-linuxbridge-agent", "nova-compute")

    def __init__(self, state, hosts=()):
        super().__init__(state)
        self.openrc = self.directory("controller") / "openrc"
        self.hosts = hosts
        self.roles = {}  # "controller nova-api" -> subprocess

    def __enter__(self):
        self.started = time.monotonic()
        try:
            self.start_parts()
            self.configure("controller")
            for command in (("db", "sync"), ("bootstrap",)):
                subprocess.run([BINARY, *command, *self.arguments("controller")], check=True, stdout=subprocess.DEVNULL)
            self.start("controller", self.CONTROLLER)
            for host in self.hosts:
                self.configure(host, self.secrets() + "compute_driver = fake\n")
                self.start(host, self.HOST)
            self.started = time.monotonic()
            self.sign_in()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.roles.values()):
            process.terminate()
        for process in self.roles.values():
            stop(process)
        for host in ("controller", *self.hosts):
            subprocess.run([BINARY, "cleanup", "guests", "--state-dir", str(self.directory(host))], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        self.script("mariadb.sh", "stop", self.state / "mariadb")
        self.script("rabbitmq.sh", "stop_broker", self.state / "broker")

    def script(self, name, *arguments, **environment):
        subprocess.run([ROOT / "scripts" / name, *map(str, arguments)], check=True, stdin=subprocess.DEVNULL,
                       env={**os.environ, **environment})

    def start_parts(self):
        broker = threading.Thread(target=self.script, args=("rabbitmq.sh", "start_broker", self.state / "broker"))
        broker.start()
        self.script("mariadb.sh", "start", self.state / "mariadb", NEPHELE_MARIADB_SIZE="default")
        self.script("mariadb.sh", "database", self.state / "mariadb", *self.SERVICES)
        broker.join()

    def arguments(self, host):
        return ["--state-dir", str(self.directory(host)), "--config-dir", str(self.directory(host) / "etc"),
                "--port-offset", str(self.offset)]

    def directory(self, host):
        return self.state / host

    def secrets(self):
        secrets = json.loads((self.directory("controller") / "secrets.json").read_text())
        return (f"service_password = {secrets['service_password']}\n"
                f"metadata_proxy_shared_secret = {secrets['metadata_secret']}\n")

    def configure(self, host, more=""):
        etc = self.directory(host) / "etc"
        etc.mkdir(parents=True)
        (etc / "nephele.conf").write_text(f"""[DEFAULT]
transport_url = {self.broker_url()}
host = {host}
{more}[database]
connection = mysql+pymysql://root@localhost/{{service}}?unix_socket={self.state}/mariadb/socket
[fernet_tokens]
key_repository = {self.directory("controller")}/fernet-keys
""")

    def broker_url(self):
        return (self.state / "broker/url").read_text().strip()

    def start(self, host, roles):
        outputs = {}
        for role in roles:
            outputs[role] = self.directory(host) / f"{role}.out"
            with open(outputs[role], "w") as output:
                self.roles[f"{host} {role}"] = subprocess.Popen([BINARY, "run", role, *self.arguments(host)],
                                                                stdout=output, stderr=output)
        for role, output in outputs.items():
            wait_until(lambda: self.is_ready(host, role, output), 60, f"{role} serves")

    def is_ready(self, host, role, output):
        if self.roles[f"{host} {role}"].poll() is not None:
            raise RuntimeError(f"{role} ended: {output.read_text()[-1500:]}")
        return "nephele is ready" in output.read_text()

    def is_running(self):
        return all(process.poll() is None for process in self.roles.values())

    def sql(self, database, statements):
        """Rows of the last statement, columns apart by tabs."""
        return subprocess.run(
            ["mariadb", "--no-defaults", "--user=root", f"--socket={self.state}/mariadb/socket", "-N", "-B", database],
            input=statements, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()

    def usage_of(self, role):
        return Process(self.roles[f"controller {role}"].pid)

    def database_usage(self):
        return Process((self.state / "mariadb/pid").read_text().strip())

    def broker_usage(self):
        return Process((self.state / "broker/pid").read_text().strip())

    def wait_for_hosts(self):
        def up():
            services = self.client("compute").call("GET", "/v2.1/os-services?binary=nova-compute")["services"]
            agents = self.client("network").call("GET", "/v2.0/agents")["agents"]
            wired = [agent for agent in agents if agent["alive"] and agent["host"] in self.hosts]
            return len(services) == len(wired) == len(self.hosts)
        wait_until(up, 60, "all hosts are up")


def stop(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def cpu_ms_of(operation, processes, at_least=1.5):
    """CPU time that each of `processes` spends on one operation; `at_least` is that of the first."""
    operation()
    count, start = 0, [process.cpu_seconds() for process in processes]
    while True:
        for _ in range(10):
            operation()
        count += 10
        spent = [process.cpu_seconds() - begin for process, begin in zip(processes, start)]
        if spent[0] >= at_least or count >= 20000:
            return [seconds * 1000 / count for seconds in spent]


def free_offset():
    for offset in range(10000 + os.getpid() % 120 * 100, 22900, 100):
        with contextlib.ExitStack() as sockets, contextlib.suppress(OSError):
            for port in (*PORTS.values(), 8775):
                sockets.enter_context(socket.socket()).bind(("127.0.0.1", port + offset))
            return offset
    raise RuntimeError("no free ports")


@contextlib.contextmanager
def state_directory():
    """Where clouds may live for a while; afterwards nothing of them is on the host."""
    with tempfile.TemporaryDirectory(prefix="nephele-bench.") as state:
        try:
            yield state
        finally:
            subprocess.run([BINARY, "cleanup", "guests", "--state-dir", state], stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def new_cloud(hypervisor="fake", options=""):
    """`options`: lines of nephele.conf."""
    with state_directory() as state, OneProcess(state, hypervisor, options) as cloud:
        yield cloud


def small_server(cloud):
    """What to POST for servers of as small a flavor as there is, as many as one likes."""
    cloud.lift_quotas()
    return cloud.server_body("bench", cloud.make_image(), cloud.make_flavor(1), cloud.make_network())


def create_servers(cloud, count, body=None, concurrency=32):
    """POSTs `body` over `concurrency` connections; returns servers per second until the last is ACTIVE."""
    body = body or small_server(cloud)
    left, failures, lock = iter(range(count)), [], threading.Lock()

    def work():
        client = cloud.client("compute")
        while not failures:
            with lock:
                if next(left, None) is None:
                    return
            try:
                client.call("POST", "/v2.1/servers", body)
            except (RuntimeError, OSError) as error:
                failures.append(str(error))

    start = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(min(concurrency, count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    client = cloud.client("compute")
    while client.call("GET", "/v2.1/servers?status=BUILD&limit=1")["servers"]:
        if time.monotonic() - start > 120:
            raise RuntimeError("servers stay in BUILD")
        time.sleep(0.01)
    elapsed = time.monotonic() - start
    if failed := client.call("GET", "/v2.1/servers/detail?status=ERROR&limit=1")["servers"]:
        raise RuntimeError(f"a server failed: {failed[0].get('fault')}")
    return count / elapsed
