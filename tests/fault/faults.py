"""What breaks. `begin` before the client asks; `end` while the client waits for the answer, or after: it mends what is
broken. Each leaves the cloud with all that it had."""
import base64
import os
import signal
import time

from cloud import COMPUTE, CONTROLLER, wait_until
from operations.servers import Create


class Missed(RuntimeError):
    """What was to be broken did not come to pass; the operation went on undisturbed."""


def await_end(trial):
    """Until the operation is over, or 5 s after its answer."""
    trial.await_answer()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not trial.is_over():
        time.sleep(0.2)


class Fault:
    host = CONTROLLER  # that servers are on
    must_answer = False  # the client hears something, if only an error

    def begin(self, trial):
        pass

    def end(self, trial):
        pass


class Death(Fault):
    """kill -9 of a role at a failure point; it is started again. Who looks after an outbox is its leader at that time,
    so whoever comes there first dies."""

    def __init__(self, role, point):
        self.roles = LEADERS if is_led(role, point) else (role,)
        self.point = point
        self.kind = f"{'the leader of an outbox' if is_led(role, point) else role} dies"
        self.name = f"{self.kind} at {point}"

    def begin(self, trial):
        self.processes = [trial.cloud.processes[role] for role in self.roles]
        for process in self.processes:
            process.arm(self.point)

    def end(self, trial):
        # A point that lies behind the operation's end may be passed a little later.
        wait_until(lambda: self.dead() or trial.is_over(since=3), 60, "the point is passed, or all is over")
        struck = [process for process in self.processes if not process.disarm()]
        if not struck:
            raise Missed
        for process in struck:
            wait_until(process.has_died, 10, f"{process.name} is dead")
            process.restart()

    def dead(self):
        return [process for process in self.processes if process.has_died()]


LEADERS = ("nova-api", "nova-scheduler", "nova-conductor", "neutron-server", "glance-api", "glance-registry",
           "cinder-api", "cinder-scheduler", "cinder-volume")


def is_led(role, point):
    return role in LEADERS and point.startswith(("commit outbox.lease", "commit outbox.release"))


class Outage(Fault):
    """A store is killed and comes back while the operation waits for it."""

    def __init__(self, store):
        self.store, self.name = store, f"{store} is killed and comes back"

    def begin(self, trial):
        cloud = trial.cloud
        kill, self.start = {"RabbitMQ": (cloud.kill_broker, cloud.start_broker),
                            "MariaDB": (cloud.kill_database, cloud.start_database)}[self.store]
        kill()

    def end(self, trial):
        time.sleep(1)
        self.start()


class TargetDies(Fault):
    """The iSCSI target daemon is killed, again and again where it is started for the operation."""
    name = "tgtd is killed"

    def end(self, trial):
        killed = set()
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline and len(killed) < 3:
            daemon = trial.cloud.target_daemon()
            if daemon and daemon not in killed:
                os.kill(daemon, signal.SIGKILL)
                killed.add(daemon)
            time.sleep(0.01)
        if not killed:
            raise Missed


class StandStill(Fault):
    """SIGSTOP of a role for longer than it may be silent (8 s here), then SIGCONT."""
    seconds = 10

    def __init__(self, role):
        self.role, self.name = role, f"{role} stands still for {self.seconds} s"
        self.kind = f"a role stands still for {self.seconds} s"

    def begin(self, trial):
        self.process = trial.cloud.processes[self.role]
        self.process.signal(signal.SIGSTOP)

    def end(self, trial):
        time.sleep(self.seconds)
        self.process.signal(signal.SIGCONT)


class LeaderStandsStill(Fault):
    """SIGSTOP of whoever holds a lease until another one has taken it; then there are two that believe they lead."""

    def __init__(self, service, lease):
        self.service, self.lease = service, lease
        self.name = f"the leader of {service}'s {lease} stands still until another one leads"

    def begin(self, trial):
        cloud = trial.cloud
        self.second = cloud.start_second_conductor() if self.lease == "reaper" else None
        wait_until(lambda: cloud.holder_of(self.service, self.lease), 30, "somebody leads")
        self.holder = cloud.holder_of(self.service, self.lease)
        self.process = cloud.process_of(self.holder)
        self.process.signal(signal.SIGSTOP)

    def end(self, trial):
        cloud = trial.cloud
        try:
            wait_until(lambda: cloud.holder_of(self.service, self.lease) not in ("", self.holder), 40, "another leads")
        finally:
            self.process.signal(signal.SIGCONT)
            if self.second:
                time.sleep(2)  # both work
                cloud.stop_second_conductor(self.second)


class CutOff(Fault):
    """The servers' host is cut off the network and back: before anybody noticed, or after it was given up."""
    host = COMPUTE

    def __init__(self, noticed):
        self.noticed = noticed
        self.name = "the compute host is cut off " + ("until it is given up" if noticed else "for 3 s")

    def begin(self, trial):
        trial.cloud.set_cable("down")

    def end(self, trial):
        cloud = trial.cloud
        try:
            trial.await_answer()
            if isinstance(trial.operation, Create) and trial.accepted:
                wait_until(trial.operation.is_placed, 20, "the server has a host")
                cloud.use_hosts(CONTROLLER, COMPUTE)
            if self.noticed:
                wait_until(lambda: cloud.compute_services()[COMPUTE]["state"] == "down", 40, "the host is given up")
                time.sleep(3)
            else:
                time.sleep(3)
        finally:
            cloud.set_cable("up")


class FullDisk(Fault):
    """It is full until the operation has ended one way or the other, or has waited for 5 s."""
    must_answer = True

    def __init__(self, disk, what):
        self.disk, self.name = disk, f"the disk of {what} is full"

    def begin(self, trial):
        trial.cloud.fill(self.disk)
        # The tables' files have room for a few more rows, but not for as large a one as they never held.
        if self.disk == "mariadb" and isinstance(trial.operation, Create):
            trial.operation.more = {"user_data": base64.b64encode(os.urandom(48000)).decode()}

    def end(self, trial):
        try:
            await_end(trial)
        finally:
            trial.cloud.free(self.disk)
            self.revive_database(trial.cloud)
            if self.disk == "volumes":
                wait_until(trial.cloud.has_room_for_volumes, 60, "the scheduler knows that there is room")

    def revive_database(self, cloud):
        """MariaDB ends itself where a page of a large value finds no room: who watches over it starts it again."""
        if self.disk == "mariadb" and not cloud.database_process().exists():
            print("(MariaDB died of it)", end=" ", flush=True)
            cloud.start_database()


class ClockJump(Fault):
    """A role's wall clock jumps, and jumps back when the operation is over or has waited for 5 s."""
    must_answer = True

    def __init__(self, role, ahead):
        self.role, self.ahead = role, ahead
        self.name = f"the clock of {role} jumps {abs(ahead)} s {'ahead' if ahead > 0 else 'back'}"
        self.kind = f"a role's clock jumps {abs(ahead)} s {'ahead' if ahead > 0 else 'back'}"

    def begin(self, trial):
        trial.cloud.processes[self.role].set_clock(self.ahead)

    def end(self, trial):
        try:
            await_end(trial)
        finally:
            trial.cloud.processes[self.role].set_clock(0)


class CutPublish(Fault):
    """The connection to RabbitMQ is lost in the middle of a message, or after it and before it was confirmed."""

    def __init__(self, message, place):
        self.message, self.place = message, place
        where = {"header": "in its head", "body": "in its body", "confirm": "before it is confirmed"}[place]
        self.name = f"the connection is lost while {message} is published, {where}"
        self.kind = f"the connection is lost in a publish, {where}"

    def begin(self, trial):
        trial.cloud.cutter.arm(self.message, self.place)

    def end(self, trial):
        cutter = trial.cloud.cutter
        wait_until(lambda: cutter.has_cut.is_set() or trial.is_over(since=3), 60, "it is published, or all is over")
        cutter.disarm()
        if not cutter.has_cut.is_set():
            raise Missed


def messages_of(points):
    """The messages that the operation publishes."""
    return list(dict.fromkeys(point.split()[1] for _, point in points
                              if point.split()[0] in ("cast", "call", "fanout") and point.endswith("before")))


ON_SERVERS = ("server create", "server delete", "server stop", "server start", "volume attach", "volume detach")


def faults_of(operation, points):
    """All that is tried during the operation, which passes these (role, failure point)."""
    name = operation.name
    roles = list(dict.fromkeys(role for role, _ in points))
    faults = [Outage("RabbitMQ"), Outage("MariaDB"), FullDisk("mariadb", "the database")]
    if name in ON_SERVERS:
        faults += [CutOff(noticed=False), CutOff(noticed=True), FullDisk("instances", "instances"),
                   LeaderStandsStill("nova", "outbox"), LeaderStandsStill("nova", "reaper")]
    if name.startswith(("volume", "snapshot", "group")):
        faults += [FullDisk("volumes", "volumes"), LeaderStandsStill("cinder", "outbox")]
    if name in ("volume attach", "volume detach"):
        faults.append(TargetDies())
    if name.startswith("image") or name in ("server create", "volume to image"):
        faults.append(FullDisk("images", "images"))
    faults += [StandStill(role) for role in roles]
    faults += [ClockJump(role, ahead) for role in roles for ahead in (300, -300)]
    faults += [CutPublish(message, place) for message in messages_of(points) for place in ("header", "body", "confirm")]
    return faults + list({death.name: death for death in (Death(*point) for point in points)}.values())


def sample(faults):
    """One of each kind, and of deaths one of each role; which one of its kind changes from kind to kind."""
    kinds = {}
    for fault in faults:
        kind = type(fault) if isinstance(fault, (StandStill, ClockJump, CutPublish)) else kind_of(fault)
        kinds.setdefault(kind, []).append(fault)
    return [row[(3 * index) % len(row)] for index, row in enumerate(kinds.values())]


def kind_of(fault):
    """The row of the table that it counts in."""
    return getattr(fault, "kind", fault.name)
