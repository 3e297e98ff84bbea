"""Faults of the socket calls of traced programs: `host.call("connect").fails("ETIMEDOUT")`."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import EngineError, UsageError
from lab.evidence.events.faults import call_fault_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.api.observer import Observer
    from lab.api.tracer_client import TracerClient


@dataclass(frozen=True, slots=True)
class CallFaultStatus:
    """A fault of calls as its tracer knows it.

    `asked` has the parameters that were given. Calls are counted from its beginning: those that
    matched, and those that it acted on.
    """

    host: str
    number: int
    asked: Mapping[str, Any]
    matched_calls: int
    acted_calls: int

    @property
    def id(self) -> str:
        """What a person calls it: its host, and its number there."""
        return fault_id(self.host, self.number)

    @property
    def text(self) -> str:
        """What was asked: `connect errno=ETIMEDOUT nth=3`."""
        return call_fault_text(self.asked)


def fault_id(host: str, number: int) -> str:
    """Return what a person calls a fault of calls."""
    return f"{host}/call/{number}"


class CallFault(AbstractContextManager["CallFault"]):
    """A fault that is active from the moment it is made until it is lifted.

    It acts on programs that are traced (`host.run(..., trace=True)`), begun before it or after it.
    Leaving its `with` block lifts it. Without one it ends with `lift`, or with this program.
    """

    def __init__(
        self,
        tracer: TracerClient,
        asked: Mapping[str, Any],
        addresses: Mapping[str, Sequence[str]],
        observer: Observer,
    ) -> None:
        """`addresses` are those of the hosts, by name: a `peer` may name one.

        UsageError when it makes no sense; EngineError when the host does not run.
        """
        self._tracer = tracer
        self._asked = dict(asked)
        self._observer = observer
        self._lifted = False
        values = {"values": self._asked, "addresses": addresses}
        self.added = self.last = self._status(tracer.ask("add", **values))
        observer.call_fault_added(self)

    def __enter__(self) -> CallFault:
        if self._lifted:
            text = f"{self.last.id}: {self.last.text}: has been lifted; make another fault"
            raise UsageError(text)
        return self

    def __exit__(self, *_exception: object) -> None:
        # One whose host has ended meanwhile has ended, too; only its counters are missed.
        with contextlib.suppress(EngineError):
            self.lift()

    def lift(self) -> CallFaultStatus:
        """End it, and return its last counters. Lifted again, it does nothing more.

        EngineError when it has ended with its tracer, and its counters with it.
        """
        if not self._lifted:
            self._lifted = True
            try:
                self.last = self._status(self._tracer.ask("lift", fault=self.added.number))
            finally:
                self._observer.call_fault_lifted(self)
        return self.last

    @property
    def status(self) -> CallFaultStatus:
        """Its counters: now, or its last ones when it was lifted. EngineError as for `lift`."""
        if not self._lifted:
            self.last = self._status(self._tracer.ask("status", fault=self.added.number))
        return self.last

    @property
    def matched(self) -> int:
        """How many calls its match fitted."""
        return self.status.matched_calls

    @property
    def acted(self) -> int:
        """How many calls it acted on."""
        return self.status.acted_calls

    def _status(self, done: Mapping[str, Any]) -> CallFaultStatus:
        return CallFaultStatus(
            self._tracer.host,
            done["fault"],
            self._asked,
            done["matched_calls"],
            done["acted_calls"],
        )


class HostCall:
    """A call that traced programs of a host make, such as `connect`; narrowed by what is given.

    `program` is the name of an executable file; `peer` an address, `HOST:PORT`, or a path; `family`
    and `protocol` are as in a trace (`AF_INET6`, `udp`).
    """

    def __init__(
        self,
        tracer: TracerClient,
        addresses: Mapping[str, Sequence[str]],
        observer: Observer,
        match: Mapping[str, Any],
    ) -> None:
        """`match` has the call, and what narrows it; see `CallFault` for the rest."""
        self._tracer = tracer
        self._addresses = addresses
        self._observer = observer
        self._match = {name: value for name, value in match.items() if value is not None}

    def fails(self, errno: str, *, force: bool = False, **selection: Any) -> CallFault:
        """Let it fail with this errno (`ETIMEDOUT`), without being made.

        The errno is one that the manual page of the call, or of its protocol, lists; with `force`
        any. `selection` says which of the calls that match: `nth`, `first`, `every`, `after`,
        `probability` and `seed`, as of faults on links.
        """
        return self._fault(errno=errno, **({"force": True} if force else {}), **selection)

    def moves_at_most(self, count_bytes: int, **selection: Any) -> CallFault:
        """Let it send or receive so many bytes at the most: a short count."""
        return self._fault(count=count_bytes, **selection)

    def waits(self, delay_ms: float, **selection: Any) -> CallFault:
        """Let it begin so much later."""
        return self._fault(delay_ms=delay_ms, **selection)

    def _fault(self, **effect: Any) -> CallFault:
        asked = {**self._match, **effect}
        return CallFault(self._tracer, asked, self._addresses, self._observer)
