#!/usr/bin/python3
"""Users of a cloud whose processes die: servers and images are made and deleted all the time, each request on a
connection of its own, so that it comes to any of the processes behind an address. What was promised must have come true.

  scale_out_load.py WORK OFFSET IMAGE FLAVOR NETWORK   until there is WORK/stop

WORK/phase says what is done to the cloud now; requests that get no answer are counted by it. Writes WORK/load.json, and
fails with a line per broken promise. The token is in the environment: TOKEN.
"""
import collections
import hashlib
import http.client
import json
import os
import pathlib
import sys
import threading
import time

PORTS = {"compute": 8774, "image": 9292, "network": 9696}
SERVER_WORKERS = 5
IMAGE_WORKERS = 2
PATIENCE = 60


class Lost(Exception):
    """The connection ended without an answer: nobody knows what was done."""


class Users:
    def __init__(self, work, offset, image, flavor, network):
        self.work, self.offset = work, offset
        self.image, self.flavor, self.network = image, flavor, network
        self.lock = threading.Lock()
        self.lost = collections.Counter()  # by phase
        self.answers = collections.Counter()  # by phase and status
        self.servers = {}  # id -> name, acknowledged
        self.deleted = set()  # acknowledged
        self.uploaded = {}  # id -> MD5, acknowledged
        self.removed = set()
        self.wrong = []

    def phase(self):
        return (self.work / "phase").read_text().strip()

    def stopped(self):
        return (self.work / "stop").exists()

    def call(self, service, method, path, body=None, content_type="application/json"):
        """(status, document). `body`: a document, or an iterable of bytes."""
        phase = self.phase()
        headers = {"X-Auth-Token": os.environ["TOKEN"], "OpenStack-API-Version": "compute 2.79"}
        if body is not None:
            headers["Content-Type"] = content_type
        if isinstance(body, dict):
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", PORTS[service] + self.offset, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            with self.lock:
                self.lost[phase] += 1
            print(f"{time.strftime('%T')} lost phase={phase} {method} {service} {path}: {error!r}", flush=True)
            raise Lost from error
        finally:
            connection.close()
        with self.lock:
            self.answers[f"{phase} {answer.status}"] += 1
        if answer.status >= 500:
            print(f"{time.strftime('%T')} {answer.status} phase={phase} {method} {service} {path}: {data[:200]!r}", flush=True)
        return answer.status, json.loads(data) if data[:1] in (b"{", b"[") else None

    def patiently(self, *arguments):
        """Asks again until there is an answer; for what may be done twice."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                status, document = self.call(*arguments)
                if status < 500:
                    return status, document
            except Lost:
                pass
            if time.monotonic() > deadline:
                self.report(f"no answer within {PATIENCE} s: {arguments[:3]}")
                return 0, None
            time.sleep(0.3)

    def report(self, what):
        with self.lock:
            self.wrong.append(what)
        print(f"{time.strftime('%T')} WRONG {what}", flush=True)

    # ---- servers

    def create_server(self, name):
        status, document = self.call("compute", "POST", "/v2.1/servers", {"server": {
            "name": name, "imageRef": self.image, "flavorRef": self.flavor, "networks": [{"uuid": self.network}]}})
        if status != 202:
            return None
        with self.lock:
            self.servers[document["server"]["id"]] = name
        return document["server"]["id"]

    def show_server(self, server):
        """Its status; None: there is none."""
        status, document = self.patiently("compute", "GET", f"/v2.1/servers/{server}")
        return document["server"] if status == 200 else None

    def wait_for_server(self, server, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition(shown := self.show_server(server)):
            if time.monotonic() > deadline:
                self.report(f"server {server} is not {what}: {shown and (shown['status'], shown['OS-EXT-STS:task_state'])}")
                return
            time.sleep(0.2)

    def delete_server(self, server):
        status, _ = self.patiently("compute", "DELETE", f"/v2.1/servers/{server}")
        if status not in (204, 404):
            return
        with self.lock:
            self.deleted.add(server)
        self.wait_for_server(server, lambda shown: shown is None, "gone")

    def use_servers(self, worker):
        mine = collections.deque()
        number = 0
        while not self.stopped():
            number += 1
            try:
                server = self.create_server(f"server-{worker}-{number}")
            except Lost:
                continue
            if not server:
                time.sleep(0.2)
                continue
            self.wait_for_server(server, lambda shown: shown and shown["status"] in ("ACTIVE", "ERROR"), "settled")
            mine.append(server)
            if len(mine) > 2:
                self.delete_server(mine.popleft())

    # ---- images

    @staticmethod
    def slowly(content):
        for begin in range(0, len(content), 1 << 18):
            yield content[begin:begin + (1 << 18)]
            time.sleep(0.1)

    def upload(self, number):
        status, image = self.call("image", "POST", "/v2/images", {
            "name": f"image-{number}", "disk_format": "raw", "container_format": "bare"})
        if status != 201:
            return
        content = os.urandom(1 << 21)
        status, _ = self.call("image", "PUT", f"/v2/images/{image['id']}/file", self.slowly(content),
                              "application/octet-stream")
        if status != 204:
            return
        with self.lock:
            self.uploaded[image["id"]] = hashlib.md5(content).hexdigest()

    def use_images(self, worker):
        number = 0
        while not self.stopped():
            number += 1
            try:
                self.upload(f"{worker}-{number}")
            except Lost:
                time.sleep(0.2)

    # ---- what must have come true

    def check_servers(self):
        for server in list(self.servers):
            shown = self.show_server(server)
            if server in self.deleted:
                if shown:
                    self.report(f"server {server} was deleted and is {shown['status']}")
            elif not shown:
                self.report(f"server {server} was accepted and is not there")
            elif shown["status"] == "ERROR":
                if not shown.get("fault", {}).get("message"):
                    self.report(f"server {server} is in ERROR without a reason")
            elif shown["status"] != "ACTIVE" or shown["OS-EXT-STS:task_state"]:
                self.report(f"server {server} is {shown['status']} {shown['OS-EXT-STS:task_state']}")

    def check_images(self):
        for image, checksum in self.uploaded.items():
            _, shown = self.patiently("image", "GET", f"/v2/images/{image}")
            if not shown or shown["status"] != "active" or shown["checksum"] != checksum:
                self.report(f"image {image} was uploaded and is {shown and (shown['status'], shown['checksum'])}")

    def run(self):
        threads = [threading.Thread(target=self.use_servers, args=(i,)) for i in range(SERVER_WORKERS)]
        threads += [threading.Thread(target=self.use_images, args=(i,)) for i in range(IMAGE_WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.check_servers()
        self.check_images()
        faults = collections.Counter()
        for server in self.servers:
            shown = self.show_server(server)
            if shown and shown["status"] == "ERROR":
                faults[shown["fault"]["message"][:120]] += 1
        report = {"lost": self.lost, "answers": self.answers, "servers": len(self.servers), "deleted": len(self.deleted),
                  "uploaded": len(self.uploaded), "faults": faults, "wrong": self.wrong}
        (self.work / "load.json").write_text(json.dumps(report, indent=1))
        print(json.dumps(report, indent=1), flush=True)
        return 1 if self.wrong else 0


if __name__ == "__main__":
    sys.exit(Users(pathlib.Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:6]).run())
