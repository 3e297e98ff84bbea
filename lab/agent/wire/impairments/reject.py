"""A router or the host itself refuses packets, and says so."""

from collections.abc import Mapping
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.match import never
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net import craft
from lab.net.constants import ICMP_ERRORS
from lab.net.fate import DROPPED, Effect
from lab.net.parameters import Parameter

_RESET = "tcp-reset"


class Impairment(Base):
    """Lose the packet and answer its sender with an ICMP error, or with an RST."""

    STAGE = Stage.END
    NEEDS_BYTES = True
    CUTS = True
    EVERY = "reject every packet"
    PARAMETERS = (
        Parameter(
            "reason",
            str,
            "what the sender is told",
            choices=(*craft.REASONS, _RESET),
            default="port-unreachable",
        ),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._reason: str = values["reason"]
        if self._reason == _RESET:
            self.protocol = "tcp"

    def refuse(self, match: Mapping[str, Any]) -> None:
        """What may not be answered (RFC 1122, 3.2.2; RFC 4443, 2.4; RFC 9293, 3.5.2)."""
        if match["fragment"] == "later":
            never("fragment later: it is not answered; fragment may be any, first or none")
        if self._reason == _RESET and match["tcp"] == "rst":
            never("tcp rst: it is not answered; tcp may be syn, syn-ack, ack or fin")
        if match["icmp_type"] in ICMP_ERRORS:
            never(f"icmp_type {match['icmp_type']}: an error is not answered with another")

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """End the packet's way and answer it, where it may be answered."""
        del draw
        transit.lost = True
        if self._reason == _RESET:
            answer = craft.reset_to_sender(transit.packet)
        else:
            answer = craft.icmp_error(transit.packet, self._reason)
        if transit.reply(answer):
            return Effect("rejected", self._reason)
        return Effect(DROPPED, "it may not be answered")
