"""What a sweep does to a packet or to a socket call: each is a step of a scenario."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lab.sweep.positions import MATCH, PacketKind, Position, ordinal

NAME = "swept"


class FaultKind(StrEnum):
    """What becomes of a packet."""

    DROP = "drop"
    CUT = "cut"
    DUPLICATE = "duplicate"
    DELAY = "delay"
    RESET = "reset"
    CORRUPT = "corrupt"


DEFAULT = frozenset(FaultKind) - {FaultKind.CORRUPT}
"""What a program without checksums of its own can meet."""
HELP: Mapping[FaultKind, str] = {
    FaultKind.DROP: "lost once",
    FaultKind.CUT: "lost, and all of its kind after it",
    FaultKind.DUPLICATE: "delivered twice",
    FaultKind.DELAY: "delivered late, and all of its kind after it",
    FaultKind.RESET: "a reset of the connection in its place",
    FaultKind.CORRUPT: "a bit flipped, with a checksum that is right (only where it is asked for)",
}
_DOING: Mapping[FaultKind, str] = {
    FaultKind.DROP: "losing",
    FaultKind.DUPLICATE: "duplicating",
    FaultKind.RESET: "a reset in place of",
    FaultKind.CORRUPT: "damaging",
}
# One that comes late alone is sent again, and that comes in time.
_FROM_THERE_ON = {FaultKind.CUT, FaultKind.DELAY}
_WITH_PAYLOAD = {PacketKind.DATA, PacketKind.DATAGRAM}
_OF_CONNECTIONS = {PacketKind.SYN_ACK, PacketKind.DATA, PacketKind.FIN, PacketKind.ACK}


@dataclass(frozen=True, slots=True)
class PacketFault:
    """A fault of one packet; of CUT `packets` are lost from there on (None: all)."""

    kind: FaultKind
    position: Position
    delay_ms: float | None = None
    packets: int | None = None

    @property
    def key(self) -> str:
        """Name it in files, the same in every sweep."""
        more = "".join(f" {one:g}" for one in (self.delay_ms, self.packets) if one is not None)
        return f"{self.kind}{more} {self.position.key}"

    @property
    def text(self) -> str:
        """Say it for people: `losing the 2nd data segment of client -> server`."""
        return self.of(self.position.text)

    def of(self, what: str) -> str:
        """Say it of these packets: `delaying the 1st or 2nd SYN of client -> server by 2 s`."""
        if self.kind is FaultKind.CUT and self.packets != 1:
            count = "all" if self.packets is None else f"{self.packets} in a row"
            return f"losing {count} from the {what} on"
        if self.delay_ms is not None:
            return f"delaying all from the {what} on by {self.delay_ms / 1000:g} s"
        return f"{_DOING.get(self.kind, 'losing')} the {what}"

    @property
    def step(self) -> dict[str, Any]:
        """Return the step of it, as the file of a scenario has it."""
        position = self.position
        asked: dict[str, Any] = {
            "fault": "drop" if self.kind is FaultKind.CUT else str(self.kind),
            "link": position.link,
            "as": NAME,
            "ip_version": position.ip_version,
            **MATCH[position.kind],
        }
        if self.kind in _FROM_THERE_ON:
            # TCP sends again, and what is sent again counts, too.
            asked |= {"after": position.number - 1} if position.number > 1 else {}
            asked |= {} if self.packets is None else {"first": self.packets}
        else:
            asked["nth"] = position.number
        if self.kind is FaultKind.DELAY:
            asked["delay_ms"] = self.delay_ms
        if self.kind is FaultKind.CORRUPT:
            asked["checksum"] = "mended"
        return asked

    @property
    def group(self) -> tuple[str, ...]:
        """What findings of it have in common with others of the same sort."""
        return str(self.kind), self.position.sort


@dataclass(frozen=True, slots=True)
class CallFault:
    """A socket call of a traced program fails: the n-th of its name on a host."""

    host: str
    call: str
    protocol: str
    number: int
    errno: str = ""
    count_bytes: int | None = None

    @property
    def key(self) -> str:
        """Name it in files, the same in every sweep."""
        gets = self.errno or self.count_bytes
        return f"call {self.host} {self.call} {self.protocol} {self.number} {gets}"

    @property
    def text(self) -> str:
        """Say it for people: `EINTR from the 2nd recvfrom of client (tcp)`."""
        return f"{self.gets} from the {ordinal(self.number)} {self.sort}"

    @property
    def sort(self) -> str:
        """Name all calls of its name: `recvfrom of client (tcp)`."""
        return f"{self.call} of {self.host} ({self.protocol})"

    @property
    def gets(self) -> str:
        """Say what the call gets in place of what it asks for."""
        return self.errno or f"a count of {self.count_bytes}"

    @property
    def step(self) -> dict[str, Any]:
        """Return the step of it, as the file of a scenario has it."""
        asked: dict[str, Any] = {
            **{"fault": "call", "on": self.host, "as": NAME},
            **{"name": self.call, "protocol": self.protocol, "nth": self.number},
        }
        asked |= {"errno": self.errno} if self.errno else {"count": self.count_bytes}
        return asked

    @property
    def group(self) -> tuple[str, ...]:
        """What findings of it have in common with others of the same sort."""
        return "call", self.sort


Fault = PacketFault | CallFault


def applies(kind: FaultKind, position: Position) -> bool:
    """Tell whether a fault can be done to a packet of that kind."""
    match kind:
        case FaultKind.RESET:
            return position.kind in _OF_CONNECTIONS | {PacketKind.SYN}
        case FaultKind.CORRUPT:
            return position.kind in _WITH_PAYLOAD
        case _:
            return True


def of_position(
    position: Position, kinds: frozenset[FaultKind], delay_ms: float
) -> Iterator[PacketFault]:
    """Yield the faults of a packet, in the order of FaultKind; DELAY is by `delay_ms`."""
    for kind in FaultKind:
        if kind in kinds and applies(kind, position):
            yield PacketFault(kind, position, delay_ms if kind is FaultKind.DELAY else None)
