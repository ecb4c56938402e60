"""Operations on ports."""


class PortCreate:
    name = "port create"

    def __init__(self, cloud, number):
        self.cloud, self.port = cloud, f"fault-{number}"

    def found(self):
        return self.cloud.call("network", "GET", f"/v2.0/ports?name={self.port}")["ports"]

    def run(self):
        self.cloud.call("network", "POST", "/v2.0/ports", {"port": {
            "network_id": self.cloud.network, "name": self.port}})

    def check(self, accepted):
        if accepted and len(self.found()) != 1:
            raise RuntimeError(f"{len(self.found())} ports of one create that was accepted")
        return "done" if self.found() else "not begun"

    def clean(self):
        for port in self.found():
            self.cloud.call("network", "DELETE", f"/v2.0/ports/{port['id']}")


class PortDelete(PortCreate):
    name = "port delete"

    def __init__(self, cloud, number):
        super().__init__(cloud, number)
        super().run()
        self.id = self.found()[0]["id"]

    def run(self):
        self.cloud.call("network", "DELETE", f"/v2.0/ports/{self.id}")

    def check(self, accepted):
        if accepted and self.found():
            raise RuntimeError("a port whose delete was accepted is there")
        return "not begun" if self.found() else "done"
