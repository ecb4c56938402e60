"""Figures of a cloud whose every role is a process, on RabbitMQ and MariaDB. Each is measured in a network namespace of its
own (`run` sees to that), for the agents own bridges."""
import contextlib
import functools
import subprocess
import sys
import threading
import time

from clouds import BENCH, DataCentre, Process, cpu_ms_of, create_servers, small_server, state_directory, wait_until

FAKE_HOSTS = 1000
FAKE_SERVERS = 20000
PARTS = ("MariaDB", "RabbitMQ")


@contextlib.contextmanager
def new_data_centre(hosts=()):
    with state_directory() as state, DataCentre(state, hosts) as cloud:
        cloud.wait_for_hosts()
        yield cloud


def say(name, text):
    print(f"{name}: {text}", file=sys.stderr, flush=True)


def bus_call_ratio():
    """Wall time: medians of a call over the bus and of a message there and back by rabbitmq-c, measured in turn."""
    with state_directory() as state:
        cloud = DataCentre(state)
        cloud.script("rabbitmq.sh", "start_broker", cloud.state / "broker")
        try:
            output = subprocess.run([BENCH, "bus_call_ratio", cloud.broker_url()], check=True, stdout=subprocess.PIPE,
                                    text=True).stdout
            return float(output.split()[1])
        finally:
            cloud.script("rabbitmq.sh", "stop_broker", cloud.state / "broker")


def mq_server_create_per_s(servers=480):
    """Wall time: POST and the way to ACTIVE on two compute hosts. What each process spent is said on standard error."""
    with new_data_centre(("compute1", "compute2")) as cloud:
        body = small_server(cloud)
        create_servers(cloud, 32, body)
        wait_until_settled(cloud)
        processes = {name: Process(process.pid) for name, process in cloud.roles.items()}
        processes |= {"MariaDB": cloud.database_usage(), "RabbitMQ": cloud.broker_usage()}
        before = {name: process.cpu_seconds() for name, process in processes.items()}
        rate = create_servers(cloud, servers, body)
        spent = {name: (process.cpu_seconds() - before[name]) * 1000 / servers for name, process in processes.items()}
        say("mq_server_create_per_s", "ms of CPU per server: " + ", ".join(
            f"{name} {ms:.2f}" for name, ms in sorted(spent.items(), key=lambda entry: -entry[1])))
        return rate


def wait_until_settled(cloud, seconds=6):
    """What each role does once, such as to sign in to Keystone (a password hash, tried every 5 s at first), is no cost of
    a server."""
    keystone, spent = cloud.usage_of("keystone"), None
    while spent != keystone.cpu_seconds():
        spent = keystone.cpu_seconds()
        time.sleep(seconds)


class FakeHosts:
    """The hosts that nephele_bench reports; `with` starts and ends them."""

    def __init__(self, cloud):
        self.cloud = cloud

    def __enter__(self):
        self.process = subprocess.Popen([BENCH, "fake_hosts", self.cloud.broker_url(), str(FAKE_HOSTS)],
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the fake hosts did not report")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def fill(cloud):
    """The servers of the fake hosts: copies of one, a thousand of them this project's."""
    create_servers(cloud, 1)
    columns = cloud.sql("nova", "SELECT column_name FROM information_schema.columns WHERE table_schema='nova' AND "
                                "table_name='instances' ORDER BY ordinal_position")
    new = {"id": "UUID()", "number": "number+seq", "name": "CONCAT('bench-', seq)", "created_at": "created_at+seq",
           "host": host_of("seq"), "node": host_of("seq"), "operation_id": "''",
           "project_id": f"IF(seq<1000, project_id, '{'0' * 32}')"}
    cloud.sql("nova", f"""
        INSERT INTO instances SELECT {', '.join(new.get(column, f'`{column}`') for column in columns)}
          FROM (SELECT * FROM instances LIMIT 1) AS one, seq_1_to_{FAKE_SERVERS - 1};
        UPDATE counters SET value=value+{FAKE_SERVERS} WHERE name='instances';
        INSERT INTO allocations (instance_id, host, vcpus, memory_mib, disk_gib)
          SELECT id, host, vcpus, memory_mib, disk_gib FROM instances WHERE host LIKE 'fake-%';
        ANALYZE TABLE instances, allocations, compute_nodes, services""")


def host_of(number):
    return f"CONCAT('fake-', LPAD(1+{number} MOD {FAKE_HOSTS}, 4, '0'))"


def list_servers(cloud):
    """CPU time of nova-api and, told apart, of MariaDB."""
    client = cloud.client("compute")
    found = len(client.call("GET", "/v2.1/servers/detail")["servers"])
    if found != 1000:
        raise RuntimeError(f"listed {found} servers instead of 1000")
    api, database = cpu_ms_of(lambda: client.request("GET", "/v2.1/servers/detail"),
                              [cloud.usage_of("nova-api"), cloud.database_usage()])
    say("mq_servers_list_1000_ms", f"{api:.2f} ms of nova-api, {database:.2f} ms of MariaDB")
    return api + database


def idle_cpu(cloud, seconds=40):
    """Of all our roles, in percent of a core, while nothing happens but reports."""
    processes = {name: Process(process.pid) for name, process in cloud.roles.items()}
    processes |= {"MariaDB": cloud.database_usage(), "RabbitMQ": cloud.broker_usage()}
    before = {name: process.cpu_seconds() for name, process in processes.items()}
    start = time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - start
    spent = {name: (process.cpu_seconds() - before[name]) * 100 / elapsed for name, process in processes.items()}
    say("mq_idle_cpu_percent", ", ".join(f"{name.removeprefix('controller ')} {percent:.2f}"
                                         for name, percent in sorted(spent.items(), key=lambda entry: -entry[1])))
    return sum(percent for name, percent in spent.items() if name not in PARTS)


def schedule(cloud, servers=300):
    """CPU time of nova-scheduler per server that it places on a fake host, and MariaDB's for all of the creation."""
    parts = [cloud.usage_of("nova-scheduler"), cloud.database_usage()]
    body = cloud.server_body("bench", cloud.make_image(), cloud.make_flavor(2), cloud.make_network())
    body["server"]["availability_zone"] = "nova"
    before = [part.cpu_seconds() for part in parts]
    threads = [threading.Thread(target=post_servers, args=(cloud, body, servers // 8)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waiting = "SELECT COUNT(*) FROM instances WHERE task_state='scheduling'"
    wait_until(lambda: cloud.sql("nova", waiting) == ["0"], 120, "all servers are placed")
    scheduler, database = ((part.cpu_seconds() - begin) * 1000 / (servers // 8 * 8)
                           for part, begin in zip(parts, before))
    placed = int(cloud.sql("nova", "SELECT COUNT(*) FROM instances WHERE task_state='spawning'")[0])
    if placed < servers // 8 * 8:
        raise RuntimeError(f"placed {placed} servers of {servers}")
    say("mq_schedule_ms", f"{scheduler:.2f} ms of nova-scheduler, {database:.2f} ms of MariaDB for POST and all")
    return scheduler


def post_servers(cloud, body, count):
    client = cloud.client("compute")
    for _ in range(count):
        client.call("POST", "/v2.1/servers", body)


def control_plane_mib(cloud):
    """PSS of all processes of the controller, of MariaDB and of RabbitMQ."""
    roles = sum(Process(process.pid).memory_mib("Pss") for process in cloud.roles.values())
    database, broker = (part.memory_mib("Pss") for part in (cloud.database_usage(), cloud.broker_usage()))
    say("mq_control_plane_mib", f"{roles:.0f} of our roles, {database:.0f} of MariaDB, {broker:.0f} of RabbitMQ")
    return roles + database + broker


@functools.cache
def figures_of_thousand_hosts():
    """All of them from one cloud, that takes its time to be filled."""
    with new_data_centre(("compute1",)) as cloud:
        fill(cloud)
        for role in ("neutron-linuxbridge-agent", "nova-compute"):
            process = cloud.roles.pop(f"compute1 {role}")
            process.terminate()
            process.wait()
        with FakeHosts(cloud):
            time.sleep(10)
            figures = {"mq_idle_cpu_percent": idle_cpu(cloud), "mq_servers_list_1000_ms": list_servers(cloud)}
            figures["mq_schedule_ms"] = schedule(cloud)
            figures["mq_control_plane_mib"] = control_plane_mib(cloud)
            return figures


def with_thousand_hosts(name):
    return lambda: figures_of_thousand_hosts()[name]
