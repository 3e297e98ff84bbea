"""The faults of a scenario that are in force: put there, lifted, and counted for the evidence.

An agent that ends takes its faults with it. Where a step has ended its host that is as it should
be; anywhere else it is an error: from then on the network did nothing of what was asked of it.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from lab.agent.wire import impairments, selection
from lab.api import as_events
from lab.api.call_fault import CallFault
from lab.api.capture import Capture
from lab.api.fault import ActiveFault, FaultStatus
from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.observer import NO_OBSERVER
from lab.errors import AgentEndedError, EngineError
from lab.evidence.event_file import Recorder
from lab.evidence.events import (
    CallFaultOff,
    CallFaultOn,
    FaultOff,
    FaultOn,
    HostFaultOff,
)
from lab.scenario.run_context import HostControl

_DEFAULT_SEED = next(one.default for one in selection.PARAMETERS if one.name == "seed")


class ActiveFaults:
    """Those of one run; what goes wrong with them is added to `errors`."""

    def __init__(
        self,
        lab: Lab,
        seed: int,
        recorder: Recorder,
        capture: Capture,
        errors: list[str],
    ) -> None:
        self._lab = lab
        self._seed = seed
        self._recorder = recorder
        self._capture = capture
        self._errors = errors
        self._faults: dict[str, list[ActiveFault]] = {}
        self._call_faults: dict[str, CallFault] = {}
        self._undo: dict[str, list[Callable[[], None]]] = {}
        self._looked: dict[ActiveFault, FaultStatus] = {}  # before what may end their host
        self._observed: dict[int, ActiveFault] = {}
        # The hosts that a step has ended, or may have.
        self.ended: set[str] = set()
        # Those whose agent has ended by other means.
        self.lost: set[str] = set()

    def observe(self, number: int, source: str, target: str, match: Mapping[str, Any]) -> None:
        """Begin to count the packets that a step waits for: they may come before the step does."""
        self._observed[number] = self._lab.link(source, target).add("observe", dict(match))

    def observed_packets(self, number: int) -> int:
        """Return how many came so far of those that a step waits for."""
        return self._observed[number].status().acted_packets

    # --- of the wire

    def add(
        self,
        number: int,
        name: str,
        impairment: str,
        links: Iterable[tuple[str, str]],
        parameters: Mapping[str, Any],
        for_s: float | None,
    ) -> FaultOn:
        """Put a fault in force."""
        for_ms = None if for_s is None else for_s * 1000
        added = self._faults.setdefault(name, [])
        asked = self._seeded(impairment, parameters)
        for source, target in links:
            for link in self._lab.links(source, target):
                added.append(link.add(impairment, asked, for_ms=for_ms))
        return self._recorder.write(as_events.fault_on(name, added, step=number))

    def _seeded(self, impairment: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is asked of the wire, with the scenario's seed if the step has none.

        The wire's own default is left out where nothing is drawn, and it would only be in the way.
        """
        selected = any(one.draws for one in selection.PARAMETERS if one.name in parameters)
        drawn = selected or impairments.load(impairment).draws(parameters)
        needed = drawn or self._seed != _DEFAULT_SEED
        return {**({"seed": self._seed} if needed else {}), **parameters}

    def lift(self, number: int, name: str) -> FaultOff | CallFaultOff | HostFaultOff:
        """End a fault. AgentEndedError when its agent had ended, by itself."""
        if name in self._faults:
            return self._write_off(name, number, self._last_of)
        if name in self._call_faults:
            return self._write_off_calls(name, number)
        self._undone(name)
        return self._recorder.write(HostFaultOff(step=number, name=name))

    def lift_all(self) -> None:
        """End all that is in force."""
        for name in list(self._faults):
            self._write_off(name, None, self._last_or_error)
        for name in list(self._call_faults):
            self._write_off_calls(name, None)
        for name in list(self._undo):
            self._undone(name)
            self._recorder.write(HostFaultOff(name=name))
        for fault in self._observed.values():
            self._last_or_error(fault)

    def _write_off(
        self, name: str, step: int | None, last_of: Callable[[ActiveFault], FaultStatus]
    ) -> FaultOff:
        faults = self._faults.pop(name)
        statuses = [last_of(fault) for fault in faults]
        lost = any(status is fault.added for status, fault in zip(statuses, faults, strict=True))
        return self._recorder.write(
            as_events.fault_off(name, statuses, step=step, counters_lost=lost)
        )

    def _last_of(self, fault: ActiveFault) -> FaultStatus:
        """Lift it; of one that has ended with its host return what was known of it."""
        try:
            return fault.lift()
        except AgentEndedError:
            if fault.added.target not in self.ended:
                raise
            return self._looked.get(fault, fault.added)

    def _last_or_error(self, fault: ActiveFault) -> FaultStatus:
        try:
            return self._last_of(fault)
        except AgentEndedError as error:
            self.lost.add(fault.added.target)
            if (text := str(error)) not in self._errors:
                self._errors.append(text)
            return fault.added

    def _look(self) -> None:
        for fault in (one for faults in self._faults.values() for one in faults):
            with suppress(AgentEndedError):  # which is an error when it is lifted
                self._looked[fault] = fault.status()

    # --- of calls

    def add_of_calls(
        self, number: int, name: str, host: str, asked: Mapping[str, Any]
    ) -> CallFaultOn:
        """Put a fault of calls in force."""
        drawn = any(one.draws for one in selection.PARAMETERS if one.name in asked)
        seeded = {**({"seed": self._seed} if drawn else {}), **asked}
        tracer = self._lab.host(host).tracer
        fault = CallFault(tracer, seeded, self._lab.addresses(), NO_OBSERVER)
        self._call_faults[name] = fault
        return self._recorder.write(as_events.call_fault_on(name, fault, step=number))

    def _write_off_calls(self, name: str, step: int | None) -> CallFaultOff:
        fault, error = self._call_faults.pop(name), ""
        try:
            fault.lift()
        except EngineError as gone:  # with its host, and the counters with it
            error = str(gone)
        return self._recorder.write(as_events.call_fault_off(name, fault, step=step, error=error))

    # --- of hosts

    def fail_host(
        self,
        name: str,
        host: Host,
        act: Callable[[HostControl], None],
        *,
        undo: Callable[[HostControl], None] | None,
        ends_host: bool,
        ends_agent: bool,
    ) -> None:
        """Do something to a host; `undo` is what lifts it, under this name."""
        if ends_host:
            self._look()
            self.ended.add(host.name)
        if ends_agent:
            self._capture.leave(host.name)  # its agent may end with it, without a last word
        act(host)
        if undo:
            self._undo.setdefault(name, []).append(lambda: undo(host))

    def _undone(self, name: str) -> None:
        for undo in self._undo.pop(name):
            undo()
