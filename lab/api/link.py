"""A directed link between two hosts of a lab, and the faults on it as context managers.

with lab.link("client", "server").drop(tcp="syn", first=1) as fault:
    ...
assert fault.acted == 1
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lab.agent import duration
from lab.agent.wire import impairments, match, selection
from lab.agent.wire.fault import Fault
from lab.api.agent_client import AgentClient
from lab.api.fault import ActiveFault, LinkFault, fault_status
from lab.api.impairment_signatures import Impairments
from lab.api.observer import NO_OBSERVER, Observer
from lab.errors import UsageError
from lab.net import data
from lab.net.parameters import ParameterError
from lab.suggestions import meant


class Link(Impairments):
    """The path from one host to another; the other direction is another link."""

    def __init__(
        self,
        source: str,
        target: str,
        addresses: Sequence[str],
        agent: Callable[[], AgentClient],
        observer: Observer = NO_OBSERVER,
    ) -> None:
        """Make it of the `addresses` of its source, and what connects to the target's `agent`."""
        self.source = source
        self.target = target
        self._addresses = list(addresses)
        self._agent = agent
        self._observer = observer

    if not TYPE_CHECKING:  # for which an unknown name must stay one

        def __getattr__(self, name: str) -> Any:
            text = f"a link has no {name!r}{meant(name, impairments.names())}"
            raise AttributeError(text)

    def fault(self, impairment: str, **asked: Any) -> LinkFault:
        """Add a fault, and return it. `link.drop(...)` is `link.fault("drop", ...)`.

        It ends when it is lifted, when its `with` block is left, or with this program. `asked` are
        the parameters of the impairment, of the match and of the selection (`lab fault add --help`
        lists them). UsageError when they make no sense, EngineError when the fault cannot be.
        """
        return LinkFault(self, impairment, asked)

    def add(
        self,
        impairment: str,
        asked: dict[str, Any],
        *,
        stay: bool = False,
        for_ms: float | None = None,
    ) -> ActiveFault:
        """Add a fault. UsageError when it makes no sense, EngineError when it cannot be.

        It ends with this program, or `stay`s until it is lifted, its time is over, or its host
        ends.
        """
        asked = data.without_bytes(asked)
        check_fault(impairment, asked, for_ms)
        agent = self._agent()
        answer = agent.ask(
            "add",
            source=self.source,
            target=self.target,
            addresses=self._addresses,
            impairment=impairment,
            asked=asked,
            stay=stay,
            for_ms=for_ms,
        )
        fault = ActiveFault(agent, fault_status(answer, self.target), for_ms, self._observer)
        self._observer.fault_added(fault)
        return fault


def check_fault(impairment: str, asked: dict[str, Any], for_ms: float | None = None) -> None:
    """Raise UsageError when such a fault makes no sense, before a host is asked for it."""
    if impairment not in impairments.names():
        text = f"{impairment!r} is no impairment{meant(impairment, impairments.names())}"
        raise UsageError(text)
    own = impairments.load(impairment).PARAMETERS
    known = [one.name for one in (*own, *match.PARAMETERS, *selection.PARAMETERS)]
    for name in asked:
        if name not in known:
            raise UsageError(f"{impairment}: {name!r}: no such parameter{meant(name, known)}")
    try:
        Fault(impairment, asked)
        duration.checked(for_ms, impairment)
    except ParameterError as error:
        raise UsageError(str(error)) from None
