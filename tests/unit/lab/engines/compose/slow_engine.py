"""A Docker Engine as slow as a test wants; it knows containers, and one volume."""

import json
import os
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

WITHIN_S = 30.0


class SlowEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Works on each `create` for some time."""

    daemon_threads = True

    def __init__(self, path: Path, slow_s: float) -> None:
        self.containers: dict[str, str] = {}
        self.volumes = ["data"]
        self.made_anew: list[str] = []
        self.begun, self.hurry, self.done = (threading.Event() for _ in range(3))
        self._slow_s = slow_s
        super().__init__(str(path), _Handler)

    def create(self, name: str) -> None:
        """Make a container, at last, and the volume that it needs, if that has gone meanwhile."""
        self.begun.set()
        self.hurry.wait(self._slow_s)
        self.containers["c0"] = name
        self.made_anew += [] if self.volumes else ["data"]
        self.done.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SlowEngine

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/version":
            self._answer({"ApiVersion": "1.41"})
        elif path.endswith("/containers/json"):
            containers = self.server.containers.items()
            self._answer([{"Id": key, "Names": [name]} for key, name in containers])
        elif path.endswith("/volumes"):
            self._answer({"Volumes": [{"Name": name} for name in self.server.volumes]})
        elif path.endswith("/networks"):
            self._answer([])
        elif path.split("/")[-2] in self.server.containers:
            self._answer({"Id": path.split("/")[-2]})
        else:
            self._answer({"message": "no such container"}, 404)

    def do_POST(self) -> None:
        self.server.create("late")
        self._answer({"Id": "c0"}, 201)

    def do_DELETE(self) -> None:
        kind, key = self.path.partition("?")[0].split("/")[-2:]
        if kind == "volumes":
            self.server.volumes.remove(key)
            self._answer({}, 204)
        else:
            self._answer({}, 204 if self.server.containers.pop(key, "") else 404)

    def _answer(self, what: object, status: int = 200) -> None:
        body = b"" if status == 204 else json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """As a real one: a client that has gone is no failure."""
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def address_string(self) -> str:
        return "client"


@contextmanager
def running(path: Path, slow_s: float) -> Iterator[SlowEngine]:
    """Serve at the path, in threads."""
    with SlowEngine(path, slow_s) as engine:
        thread = threading.Thread(target=engine.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield engine
        finally:
            engine.hurry.set()
            engine.shutdown()
            thread.join()


def main() -> None:
    """Be a client that asks for a container and waits for the answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(os.environ["DOCKER_HOST"].removeprefix("unix://"))
        client.sendall(b"POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        sys.stderr.write("asked\n")
        client.recv(1)


if __name__ == "__main__":
    main()
