"""Between roles and RabbitMQ: passes everything on, and can lose the connection in the middle of a publish."""
import contextlib
import socket
import struct
import threading

METHOD, HEADER, BODY = 1, 2, 3  # frames of AMQP 0-9-1


class Cutter:
    """Cuts the connection once: in the next publish of a message of that type, wherever it comes from."""

    def __init__(self):
        self.lock, self.wanted, self.has_cut = threading.Lock(), None, threading.Event()

    def arm(self, message, place):
        """`place` is "header", "body" or "confirm": before the message is whole, or before it was confirmed."""
        self.has_cut.clear()
        self.wanted = (bytes([len(message)]) + message.encode(), place)

    def disarm(self):
        self.wanted = None

    def take(self, properties):
        """The place at which to cut the message with these properties, once; else none."""
        with self.lock:
            if not self.wanted or self.wanted[0] not in properties:
                return None
            place, self.wanted = self.wanted[1], None
            return place


class Cut(Exception):
    pass


class Proxy:
    def __init__(self, address, broker, cutter):
        self.broker, self.cutter = broker, cutter
        self.listener = socket.create_server((address, 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            broker = socket.create_connection(self.broker, 5)
            broker.settimeout(None)
        except OSError:
            reset(client)
            return
        threading.Thread(target=copy, args=(broker, client), daemon=True).start()
        try:
            self.pass_frames(client, broker)
        except Cut:
            reset(client)
            self.cutter.has_cut.set()
        except OSError:
            reset(client)
        with contextlib.suppress(OSError):
            broker.shutdown(socket.SHUT_RDWR)  # what was passed on arrives

    def pass_frames(self, client, broker):
        broker.sendall(exactly(client, 8))  # "AMQP" and the version
        place = None
        while True:
            head = exactly(client, 7)
            kind, _, size = struct.unpack(">BHI", head)
            frame = head + exactly(client, size + 1)
            if kind == HEADER:
                place = self.cutter.take(frame)
            if (kind, place) in ((HEADER, "header"), (BODY, "body")):
                broker.sendall(frame[:len(frame) // 2])
                raise Cut
            broker.sendall(frame)
            if (kind, place) == (BODY, "confirm"):
                raise Cut


def exactly(source, size):
    data = bytearray()
    while len(data) < size:
        more = source.recv(min(size - len(data), 65536))
        if not more:
            raise OSError("the end")
        data += more
    return bytes(data)


def copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def reset(connection):
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)  # wakes who reads it
    connection.close()
