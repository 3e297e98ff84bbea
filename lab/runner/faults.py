"""The faults of a scenario that are in force: put there, lifted, and counted for the evidence.

An agent that ends takes its faults with it. Where a step has ended its host that is as it should
be; anywhere else it is an error: from then on the network did nothing of what was asked of it.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lab.agent.wire import selection
from lab.api import as_events
from lab.api.capture import Capture
from lab.api.fault import ActiveFault, FaultStatus
from lab.api.host import Host
from lab.api.lab import Lab
from lab.errors import AgentEndedError
from lab.evidence.event_file import Recorder
from lab.evidence.events import (
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
)
from lab.scenario.model import HostFaultStep, LiftStep, Scenario, WaitStep, WireFaultStep

_DEFAULT_SEED = next(one.default for one in selection.PARAMETERS if one.name == "seed")
_DRAWN = ("probability", "jitter", "burst")  # what of a fault's parameters is left to the dice


class ActiveFaults:
    """Those of one run; what goes wrong with them is added to `errors`."""

    def __init__(
        self,
        lab: Lab,
        scenario: Scenario,
        recorder: Recorder,
        capture: Capture,
        errors: list[str],
    ) -> None:
        self._lab = lab
        self._scenario = scenario
        self._recorder = recorder
        self._capture = capture
        self._errors = errors
        self._faults: dict[str, list[ActiveFault]] = {}
        self._undo: dict[str, list[Callable[[], None]]] = {}
        self._looked: dict[ActiveFault, FaultStatus] = {}  # before what may end their host
        self._observed: dict[int, ActiveFault] = {}
        # The hosts that a step has ended, or may have.
        self.ended: set[str] = set()

    def observe(self) -> None:
        """Begin to count the packets that steps wait for: they may come before the step does."""
        for number, step in enumerate(self._scenario.steps):
            if isinstance(step, WaitStep) and (pattern := step.condition.packets):
                link = self._lab.link(pattern.source, pattern.target)
                self._observed[number] = link.add("observe", dict(pattern.match))

    def observed_packets(self, number: int) -> int:
        """Return how many came so far of those that a step waits for."""
        return self._observed[number].status().acted_packets

    # --- of the wire

    def add(self, step: WireFaultStep, number: int) -> FaultOn:
        """Put a fault in force."""
        for_ms = None if step.for_s is None else step.for_s * 1000
        there = self._faults.setdefault(step.name, [])
        asked = self._seeded(step)
        for source, target in step.links:
            there.append(self._lab.link(source, target).add(step.impairment, asked, for_ms=for_ms))
        return self._recorder.write(as_events.fault_on(step.name, there, step=number))

    def _seeded(self, step: WireFaultStep) -> dict[str, Any]:
        """Return what is asked of the wire, with the scenario's seed if the step has none.

        The wire's own default is left out where nothing is drawn, and it would only be in the way.
        """
        seed = self._scenario.seed
        needed = seed != _DEFAULT_SEED or step.impairment == "corrupt"
        drawn = any(word in name for name in step.asked for word in _DRAWN)
        return {**({"seed": seed} if needed or drawn else {}), **step.asked}

    def lift(self, step: LiftStep, number: int) -> FaultOff | HostFaultOff:
        """End a fault, of the wire or of a host. AgentEndedError when its agent had, by itself."""
        if step.name in self._faults:
            return self._write_off(step.name, number, self._last_of)
        self._undone(step.name)
        return self._recorder.write(HostFaultOff(step=number, name=step.name))

    def lift_all(self) -> None:
        """End all that is in force."""
        for name in list(self._faults):
            self._write_off(name, None, self._last_or_error)
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
            if (text := str(error)) not in self._errors:
                self._errors.append(text)
            return fault.added

    def _look(self) -> None:
        for fault in (one for faults in self._faults.values() for one in faults):
            with suppress(AgentEndedError):  # its end is told when it is lifted
                self._looked[fault] = fault.status()

    # --- of hosts

    def fail(self, step: HostFaultStep, number: int) -> HostFaultOn:
        """Do to a host what the step says."""
        hosts = {name: self._lab.host(name) for name in step.hosts or (step.on,)}
        self._look()
        return [self._fail(name, host, step, number) for name, host in hosts.items()][-1]

    def _fail(self, name: str, host: Host, step: HostFaultStep, number: int) -> HostFaultOn:
        act: dict[str, Callable[[], None]] = {
            "kill": lambda: host.kill(step.signal),
            "pause": host.pause,
            "restart": host.restart,
            "disconnect": host.disconnect,
        }
        undo = {"pause": host.resume, "disconnect": host.connect}
        if step.fault in {"kill", "restart"}:
            self.ended.add(name)
        if step.fault == "restart" or (step.fault == "kill" and step.signal == "KILL"):
            self._capture.leave(name)  # its agent may end with it, and not say its last words
        act[step.fault]()
        if step.fault in undo:
            self._undo.setdefault(step.name, []).append(undo[step.fault])
        return self._recorder.write(
            HostFaultOn(step=number, name=step.name, host=name, fault=step.fault)
        )

    def _undone(self, name: str) -> None:
        for undo in self._undo.pop(name):
            undo()
