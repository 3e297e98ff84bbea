"""What the steps of a scenario can let a lab do (`lab.scenario.run_context`), done on a lab."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from lab.api.capture import Capture
from lab.api.lab import Lab
from lab.evidence.event_file import Recorder
from lab.evidence.events import (
    CallFaultOff,
    CallFaultOn,
    CallOutcome,
    CallStarted,
    Event,
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
    ProgramCall,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
    SysctlSet,
    TraceEvent,
    TraceNotice,
)
from lab.model import LogLine
from lab.runner.calls import PendingCalls
from lab.runner.faults import ActiveFaults
from lab.runner.host_traces import HostTraces
from lab.runner.output import PrintedByHosts
from lab.runner.syslog import SyslogFollower
from lab.runner.traced_calls import TracedCalls
from lab.scenario.model import Scenario
from lab.scenario.run_context import HostControl

_LOOK_AGAIN_S = 0.01
E = TypeVar("E", bound=Event)


class LabContext:
    """That of one run. What keeps the evidence from being whole is added to `errors`."""

    def __init__(
        self, lab: Lab, scenario: Scenario, recorder: Recorder, capture: Capture, errors: list[str]
    ) -> None:
        self._lab = lab
        self._recorder = recorder
        self.calls = PendingCalls(lab, recorder, errors)
        self.faults = ActiveFaults(lab, scenario.seed, recorder, capture, errors)
        self.printed = PrintedByHosts(lab, recorder, has_programs=scenario.compose is not None)
        self.syslog: SyslogFollower | None = None
        self._traced = TracedCalls(recorder)
        self.traces = HostTraces(lab, scenario, self._traced)

    def follow_syslog(self) -> None:
        """Begin to read the syslog, if the lab has one."""
        if "syslog" in self._lab.hosts:
            self.syslog = SyslogFollower(self._lab, self._recorder)

    def record(self, event: E) -> E:
        return self._recorder.write(event)

    # --- calls and programs

    def call(
        self,
        number: int,
        host: str,
        name: str,
        arguments: Mapping[str, Any],
        *,
        later: str | None,
        limit_s: float,
    ) -> CallStarted | CallOutcome:
        if later is not None:
            return self.calls.start_call(number, host, name, arguments, later)
        return self.calls.call(number, host, name, arguments, limit_s)

    def run_program(
        self,
        number: int,
        host: str,
        argv: Sequence[str],
        *,
        text: str = "",
        user: str | None = None,
        environment: Mapping[str, str],
        keep_open: bool = False,
        trace: bool = False,
        later: str | None = None,
        limit_s: float,
    ) -> ProgramStarted | ProgramOutcome:
        def write(event: TraceEvent) -> None:
            if isinstance(event, ProgramCall | TraceNotice):
                self._traced.write(replace(event, step=number, name=later))

        program = self.calls.start_program(
            host,
            argv,
            text,
            user,
            environment,
            keep_open=keep_open,
            on_traced=write if trace else None,
        )
        if later is not None:
            return self.calls.keep_program(number, program, later)
        return self.calls.wait_for_program(number, program, limit_s)

    def send_input(
        self, number: int, name: str, data: bytes, *, close: bool, within_s: float
    ) -> ProgramInput:
        return self.calls.send(number, name, data, close=close, within_s=within_s)

    def collect(self, number: int, name: str, *, limit_s: float) -> CallOutcome | ProgramOutcome:
        return self.calls.collect(number, name, limit_s)

    # --- faults and settings

    def add_fault(
        self,
        number: int,
        name: str,
        impairment: str,
        links: Iterable[tuple[str, str]],
        parameters: Mapping[str, Any],
        for_s: float | None,
    ) -> FaultOn:
        return self.faults.add(number, name, impairment, links, parameters, for_s)

    def fail_host(
        self,
        number: int,
        name: str,
        host: str,
        fault: str,
        act: Callable[[HostControl], None],
        *,
        undo: Callable[[HostControl], None] | None = None,
        ends_host: bool = False,
        ends_agent: bool = False,
    ) -> HostFaultOn:
        control = self._lab.host(host)
        self.faults.fail_host(
            name, control, act, undo=undo, ends_host=ends_host, ends_agent=ends_agent
        )
        lasts = undo is not None
        return self.record(HostFaultOn(step=number, name=name, host=host, fault=fault, lasts=lasts))

    def add_call_fault(
        self, number: int, name: str, host: str, asked: Mapping[str, Any]
    ) -> CallFaultOn:
        return self.faults.add_of_calls(number, name, host, asked)

    def lift(self, number: int, name: str) -> FaultOff | CallFaultOff | HostFaultOff:
        return self.faults.lift(number, name)

    def set_sysctls(self, number: int, host: str, values: Mapping[str, str]) -> SysctlSet:
        agent = self._lab.agent(self._lab.host(host))
        before = agent.ask("sysctl", values=dict(values))
        return self.record(SysctlSet(step=number, host=host, values=dict(values), before=before))

    # --- what can be waited for

    def wait_for_syslog(
        self, is_meant: Callable[[LogLine], bool], least: int, within_s: float
    ) -> int:
        assert self.syslog, "the reader has seen that there is one"
        return self.syslog.wait(is_meant, least, within_s)

    def count_lines(self, pattern: str, hosts: Iterable[str], *, expected: int | None) -> None:
        self.printed.count(pattern, tuple(hosts), expected)

    def wait_for_lines(
        self, pattern: str, hosts: Iterable[str], least: int, within_s: float
    ) -> int:
        return self.printed.wait(pattern, tuple(hosts), least, within_s)

    def wait_for_calls(
        self, take: Callable[[ProgramCall], int], least: int, within_s: float
    ) -> int:
        return self._traced.wait(take, least, within_s)

    def wait_for_listeners(self, host: str, port: int | None, least: int, within_s: float) -> int:
        agent = self._lab.agent(self._lab.host(host))
        until_s = time.monotonic() + within_s
        while True:
            # Before it looks: what has ended then comes to no end meanwhile.
            goes_on = time.monotonic() < until_s and self.calls.may_listen(host)
            ports = [found for _protocol, found in agent.ask("listeners")]
            count = len(ports) if port is None else ports.count(port)
            if count >= least or not goes_on:
                return count
            time.sleep(_LOOK_AGAIN_S)

    def addresses(self) -> Mapping[str, tuple[str, ...]]:
        return {host.name: tuple(host.addresses) for host in self._lab.status().hosts}

    def wait_for_output(self, name: str, pattern: str, least: int, within_s: float) -> int:
        return self.calls.wait_for_output(name, pattern, least, within_s)

    def count_packets(
        self, number: int, source: str, target: str, match: Mapping[str, Any]
    ) -> None:
        self.faults.observe(number, source, target, match)

    def wait_for_packets(self, number: int, least: int, within_s: float) -> int:
        until_s = time.monotonic() + within_s
        while (count := self.faults.observed_packets(number)) < least:
            if time.monotonic() > until_s:
                break
            time.sleep(_LOOK_AGAIN_S)
        return count
