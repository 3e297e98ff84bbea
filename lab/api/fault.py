"""A fault on a link: its status, and the guards that end it."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.agent.wire.fault import description
from lab.api.observer import NO_OBSERVER, Observer
from lab.errors import AgentEndedError, LabError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.api.agent_client import AgentClient
    from lab.api.link import Link


@dataclass(frozen=True, slots=True)
class FaultStatus:
    """A fault on the wire as its agent knows it.

    `number` is the agent's own. `asked` has the parameters that were given. `left_ms` is None for a
    fault without a time limit; `active` is false once that is over. One that is `exhausted` acts on
    no packet any more, since it has acted on all that it was to (`first`, `nth`). Packets and bytes
    (of whole IP packets) are counted from its beginning: those that matched, and those it acted on.
    A thousand packets after it is exhausted TCP's data are counted no more, unless a capture runs.
    `added_ns` is when it was added, since the epoch.
    """

    source: str
    target: str
    number: int
    impairment: str
    asked: dict[str, Any]
    active: bool
    exhausted: bool
    stays: bool
    left_ms: float | None
    matched_packets: int
    acted_packets: int
    acted_bytes: int
    added_ns: int = 0

    @property
    def id(self) -> str:
        """What a person calls it: its host, and its number there."""
        return f"{self.target}/{self.number}"

    @property
    def text(self) -> str:
        """The impairment with what was asked: `drop tcp=syn first=1`."""
        return description(self.impairment, self.asked)


def fault_status(answer: dict[str, Any], target: str) -> FaultStatus:
    """Make the status from an agent's answer."""
    return FaultStatus(target=target, number=answer.pop("fault"), **answer)


class ActiveFault:
    """A fault that has been added, for `for_ms` if that is not None.

    `added` is its status at that moment, `last` the last that is known. It is known to one agent
    only: another, of the host after a restart, has other faults.
    """

    def __init__(
        self,
        agent: AgentClient,
        added: FaultStatus,
        for_ms: float | None = None,
        observer: Observer = NO_OBSERVER,
    ) -> None:
        self._agent = agent
        self._observer = observer
        self.added = self.last = added
        self.for_ms = for_ms

    def status(self) -> FaultStatus:
        """Return its counters, now. UsageError when it has been lifted.

        AgentEndedError when it has ended with its host, and its counters with it.
        """
        self.last = self._ask("status")
        return self.last

    def lift(self) -> FaultStatus:
        """Lift it and return its last counters. Errors as for `status`."""
        try:
            self.last = self._ask("lift")
        except LabError as error:
            self._observer.fault_lifted(self, error)
            raise
        self._observer.fault_lifted(self, None)
        return self.last

    def _ask(self, do: str) -> FaultStatus:
        return fault_status(self._agent.ask(do, fault=self.added.number), self.added.target)


class LinkFault(AbstractContextManager["LinkFault"]):
    """A fault that is active from the moment it is made until it is lifted.

    Leaving its `with` block lifts it. Without one it ends with `lift`, or with this program.
    """

    def __init__(self, link: Link, impairment: str, asked: dict[str, Any]) -> None:
        self._active: ActiveFault | None = link.add(impairment, asked)
        self._last = self._active.added
        self._lifted = False

    def __enter__(self) -> LinkFault:
        if self._lifted:
            text = f"{self._last.id}: {self._last.text}: has been lifted; make another fault"
            raise UsageError(text)
        return self

    def __exit__(self, *_exception: object) -> None:
        # One whose host has ended meanwhile has ended, too; only its counters are missed.
        with contextlib.suppress(AgentEndedError):
            self.lift()

    def lift(self) -> FaultStatus:
        """End it, and return its last counters. Lifted again, it does nothing more.

        AgentEndedError when it has ended with its host, and its counters with it.
        """
        self._lifted = True
        if self._active:
            self._last = self._active.lift()
            self._active = None
        return self._last

    @property
    def status(self) -> FaultStatus:
        """Its counters: now, or its last ones when it has been lifted.

        AgentEndedError when it has ended with its host, and its counters with it.
        """
        return self._active.status() if self._active else self._last

    @property
    def matched(self) -> int:
        """How many packets its match fitted."""
        return self.status.matched_packets

    @property
    def acted(self) -> int:
        """How many packets it acted on."""
        return self.status.acted_packets


class Partition(AbstractContextManager["Partition"]):
    """Nothing gets from some hosts to others, nor (`one_way` false) back, until it is lifted."""

    def __init__(self, links: Sequence[Link]) -> None:
        self.faults: list[LinkFault] = []
        with ExitStack() as entered:
            for link in links:
                self.faults.append(entered.enter_context(link.fault("drop")))
            self._entered = entered.pop_all()

    def __exit__(self, *exception: object) -> None:
        self.lift()

    def lift(self) -> None:
        """End it. Lifted again, it does nothing more."""
        self._entered.close()

    @property
    def acted(self) -> int:
        """How many packets were lost to it."""
        return sum(fault.acted for fault in self.faults)
