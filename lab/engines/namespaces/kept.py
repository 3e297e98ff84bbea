"""What the keeper keeps of a host: its state, and what its programs wrote."""

import socket
from typing import Any

from lab.engines import not_up
from lab.engines.namespaces.spec import HostSpec

_MOST_BYTES = 16 * 1024 * 1024


class Output:
    """The last 16 MiB of an output; positions count from its very first byte."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._dropped = 0

    def add(self, piece: bytes) -> None:
        """Append; drop what is too old."""
        self._kept += piece
        if (excess := len(self._kept) - _MOST_BYTES) > 0:
            del self._kept[:excess]
            self._dropped += excess

    def end(self) -> int:
        """Return the position after the last byte."""
        return self._dropped + len(self._kept)

    def from_(self, position: int, most: int) -> tuple[bytes, int]:
        """Return up to `most` bytes from a position on, and the position after them."""
        start = max(position - self._dropped, 0)
        piece = bytes(self._kept[start : start + most])
        return piece, self._dropped + start + len(piece)


class KeptHost:
    """A host's state, in the words of `lab.model.HostStatus`, and `starting`: told to start."""

    def __init__(self, number: int, spec: HostSpec) -> None:
        self.number = number
        self.generation = 0  # how often it has been made
        self.spec = spec
        self.state = "created"
        self.health = "starting" if spec.health and spec.argv else None
        self.check_said = ""  # by the health check that made it what it is
        # Has its program run for a while? What has a health check, or no program, need not.
        self.settled = bool(spec.health) or not_up.cannot_fail(spec.argv)
        self.ready = False
        self.connected = True
        self.plugging = False  # its new end of the cable has no address yet
        self.fault = ""  # why its init failed, or could not plug it in
        self.restarting = False
        # Of its init, in the keeper's pid namespace and in the one of the machine.
        self.pid = 0
        self.outer_pid = 0
        self.channel: socket.socket | None = None
        self.status: int | None = None
        # Both outputs as they came, and standard output alone.
        self.all = Output()
        self.stdout = Output()

    def hear(self, message: dict[str, Any]) -> None:
        """Take note of what its init says of it, while it runs."""
        state = message["is"]
        if state == "ready":
            self.ready = True
        elif state == "health":
            self.health, self.check_said = message["health"], message["said"]
        elif state == "settled":
            self.settled = True
        elif state == "connected":
            self.plugging, self.fault = False, message["fault"]
        else:
            assert state in {"running", "paused"}
            self.state = state

    @property
    def shown_state(self) -> str:
        """Return its state in the words of `lab.model.HostStatus`."""
        return "created" if self.state == "starting" else self.state

    @property
    def started(self) -> bool:
        """Has its program been started (and perhaps ended)?"""
        return self.state != "created"

    def addresses(self) -> list[str]:
        """Return its addresses, none while it has no network."""
        if not self.connected or self.state in {"created", "exited"}:
            return []
        found = [ip for i in self.spec.interfaces for ip in (i.ipv4, i.ipv6) if ip]
        return [address.partition("/")[0] for address in found]

    def meets(self, condition: str) -> bool:
        """Tell whether a host that depends on this one, with this condition, may start."""
        if condition == "service_healthy":
            return self.health == "healthy" or (self.state == "running" and not self.spec.argv)
        if condition == "service_completed_successfully":
            return self.state == "exited" and self.status == 0
        return self.started
