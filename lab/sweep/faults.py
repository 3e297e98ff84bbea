"""What a sweep does to a packet or to a socket call: each is a step of a scenario."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lab.scenario.of_programs import flow
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


HELP: Mapping[FaultKind, str] = {
    FaultKind.DROP: "lost once",
    FaultKind.CUT: "lost, and all of its kind after it",
    FaultKind.DUPLICATE: "delivered twice",
    FaultKind.DELAY: "delivered late",
    FaultKind.RESET: "a reset of the connection in its place",
    FaultKind.CORRUPT: "a bit flipped, with a checksum that is right",
}
_DOING: Mapping[FaultKind, str] = {
    FaultKind.DROP: "losing",
    FaultKind.CUT: "losing for good from",
    FaultKind.DUPLICATE: "duplicating",
    FaultKind.DELAY: "delaying",
    FaultKind.RESET: "a reset in place of",
    FaultKind.CORRUPT: "damaging",
}
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
    def doing(self) -> str:
        """Say it in the words of a sentence: `losing`, `delaying by 2 s`."""
        if self.delay_ms is not None:
            return f"{_DOING[self.kind]} by {self.delay_ms / 1000:g} s"
        if self.packets is not None:
            return f"losing {self.packets} times from"
        return _DOING[self.kind]

    @property
    def what(self) -> str:
        """Say what it is done to."""
        return self.position.text

    @property
    def step(self) -> str:
        """Return the step of it."""
        position = self.position
        asked: dict[str, Any] = {
            "fault": "drop" if self.kind is FaultKind.CUT else str(self.kind),
            "link": position.link,
            "as": NAME,
            "may_idle": True,
            **MATCH[position.kind],
        }
        if self.kind is FaultKind.CUT:
            # The selection counts packets that are sent again, too.
            asked |= {"after": position.number - 1} if position.number > 1 else {}
            asked |= {} if self.packets is None else {"first": self.packets}
        else:
            asked["nth"] = position.number
        if self.kind is FaultKind.DELAY:
            asked["delay_ms"] = self.delay_ms
        if self.kind is FaultKind.CORRUPT:
            asked["checksum"] = "mended"
        return flow(asked)

    @property
    def group(self) -> tuple[str, ...]:
        """What findings of it have in common with others of the same sort."""
        return str(self.kind), self.position.link, str(self.position.kind)


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
    def doing(self) -> str:
        """Say it in the words of a sentence."""
        return f"{self.gets} from"

    @property
    def gets(self) -> str:
        """Say what the call gets in place of what it asks for."""
        return self.errno or f"a count of {self.count_bytes}"

    @property
    def what(self) -> str:
        """Say what it is done to."""
        return f"{ordinal(self.number)} {self.call} of {self.host} ({self.protocol})"

    @property
    def step(self) -> str:
        """Return the step of it."""
        asked: dict[str, Any] = {
            **{"fault": "call", "on": self.host, "as": NAME, "may_idle": True},
            **{"name": self.call, "protocol": self.protocol, "nth": self.number},
        }
        asked |= {"errno": self.errno} if self.errno else {"count": self.count_bytes}
        return flow(asked)

    @property
    def group(self) -> tuple[str, ...]:
        """What findings of it have in common with others of the same sort."""
        return "call", self.host, self.call


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
