"""A packet arrives more than once."""

from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net.fate import Effect
from lab.net.packet import Packet
from lab.net.parameters import Parameter


class Impairment(Base):
    """Deliver the packet more than once, one right after the other.

    Packets for a multicast group are not meant: a copy would reach every member, and not just this
    host.
    """

    STAGE = Stage.DUPLICATE
    NEEDS_BYTES = True
    INJECTS = True
    EVERY = "duplicate every packet"
    PARAMETERS = (Parameter("copies", int, "how many besides the first", 1, 100, default=1),)

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._copies: int = values["copies"]

    def concerns(self, packet: Packet) -> bool:
        """Only what is for one host, or for all (RFC 1112, 4; RFC 4291, 2.7)."""
        destination = packet.destination
        if len(destination) == 4:
            return destination[0] >> 4 != 0xE
        return len(destination) == 16 and destination[0] != 0xFF

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Deliver `copies` more of it."""
        del draw
        transit.duplicates += self._copies
        return Effect(f"{self._copies + 1} times")
