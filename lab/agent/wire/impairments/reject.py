"""A router or the host itself refuses packets, and says so."""

from typing import Any

from lab.agent.wire import craft
from lab.agent.wire.dice import Throw
from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.parameters import Parameter
from lab.agent.wire.passage import Passage

_RESET = "tcp-reset"


class Impairment(Base):
    """Lose the packet and answer its sender with an ICMP error, or with an RST."""

    STAGE = Stage.END
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

    def act(self, passage: Passage, throw: Throw) -> str:
        """Refuse it."""
        del throw
        passage.lost = True
        if self._reason == _RESET:
            answer = craft.reset_to_sender(passage.packet)
        else:
            answer = craft.icmp_error(passage.packet, self._reason)
        answered = passage.reply(answer)
        return f"rejected: {self._reason}" if answered else "dropped: it may not be answered"
