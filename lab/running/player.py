"""Plays the steps of a scenario on a lab that is up, and writes down what each did.

It judges only to know when to stop: at the first step that is not as expected. A step that the
machine cannot do leaves an event `error`, and ends the run, too.
"""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

from lab.calling.caller import Caller, Pending
from lab.checks.judge import judge_step
from lab.checks.verdict import Judgement, Verdict
from lab.engines.base import Lab
from lab.errors import AgentEndedError, LabError
from lab.evidence.events import Event, Recorder
from lab.faults.capture import Capture
from lab.faults.link import FaultInForce, FaultStatus
from lab.running.programs import RunningProgram
from lab.running.syslog import SyslogFollower
from lab.scenario.model import (
    CallStep,
    CollectStep,
    Condition,
    ExpectStep,
    HostFaultStep,
    LiftStep,
    RunStep,
    Scenario,
    Step,
    SysctlStep,
    WaitStep,
    WireFaultStep,
)

# Called after each step: the step, its judgements, how long it took in seconds.
Show = Callable[[Step, list[Judgement], float], None]
_LOOK_AGAIN_S = 0.01
_NEWS_WITHIN_S = 2.0  # of a call that has returned in time, on a busy machine


class Player:
    """One run. Use it as a context: what it has begun on the lab ends with the block."""

    def __init__(
        self, lab: Lab, scenario: Scenario, recorder: Recorder, capture: Capture, show: Show
    ) -> None:
        self._lab = lab
        self._scenario = scenario
        self._recorder = recorder
        self._capture = capture
        self._show = show
        self._cleanup = ExitStack()
        self._callers: dict[str, Caller] = {}
        self._pending: dict[str, tuple[str, Pending] | RunningProgram] = {}
        self._faults: dict[str, list[FaultInForce]] = {}
        self._undo: dict[str, Callable[[], None]] = {}
        self._looked: dict[FaultInForce, FaultStatus] = {}  # before what may end their host
        self._observed: dict[int, FaultInForce] = {}
        self._syslog: SyslogFollower | None = None
        self._do: dict[type[Step], Callable[[Any, int], Event]] = {
            CallStep: self._call,
            RunStep: self._run,
            CollectStep: self._collect,
            WireFaultStep: self._wire_fault,
            HostFaultStep: self._host_fault,
            LiftStep: self._lift,
            SysctlStep: self._sysctl,
            WaitStep: self._wait,
        }

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *exception: object) -> None:
        self._cleanup.close()

    def play(self) -> None:
        """Do all steps, or those up to the first that is not as expected; then lift all faults."""
        self._prepare()
        try:
            for number, step in enumerate(self._scenario.steps):
                if not isinstance(step, ExpectStep) and not self._play(number, step):
                    return
        finally:
            self._lift_all()
            self._recorder.write("played")

    def begin_callers(self) -> None:
        """Begin the processes that make socket calls on hosts."""
        steps = self._scenario.steps
        for name in sorted({step.on for step in steps if isinstance(step, CallStep)}):
            caller = Caller(name, self._lab.host(name).caller)
            self._cleanup.callback(caller.close)
            caller.begin()
            self._callers[name] = caller
        for caller in self._callers.values():
            caller.wait_until_ready()

    def _prepare(self) -> None:
        """Begin what must be there before the first step: the syslog, counters."""
        if "syslog" in self._lab.hosts:
            self._syslog = SyslogFollower(self._lab, self._recorder)
        for number, step in enumerate(self._scenario.steps):
            if isinstance(step, WaitStep) and (pattern := step.condition.packets):
                link = self._lab.link(pattern.source, pattern.target)
                self._observed[number] = link.add("observe", dict(pattern.match))

    def _play(self, number: int, step: Step) -> bool:
        began_s = time.monotonic()
        try:
            event = self._do[type(step)](step, number)
        except (LabError, OSError) as error:
            event = self._recorder.write("error", step=number, text=str(error))
        judged = list(judge_step(step, [event]))
        self._show(step, judged, time.monotonic() - began_s)
        return all(one.verdict is Verdict.PASS for one in judged)

    # --- calls and programs

    def _call(self, step: CallStep, number: int) -> Event:
        facts = {"step": number, "host": step.on, "call": step.call}
        facts["arguments"] = dict(step.arguments)
        began_ns = time.time_ns()
        pending = self._callers[step.on].start(step.call, **step.arguments)
        if step.later:
            self._pending[step.later] = step.on, pending
            return self._recorder.write("started", name=step.later, **facts)
        return self._finish(pending, step, facts, began_ns)

    def _finish(
        self,
        pending: Pending,
        step: CallStep | CollectStep,
        facts: Event,
        began_ns: int | None = None,
    ) -> Event:
        expected = step.expected
        # What the call took is judged by its host's clock; the news of it may be late.
        within_s = expected.within_s + _NEWS_WITHIN_S
        result = pending.result(within_s if expected.blocks_s is None else expected.blocks_s)
        if result is None:
            begun = {} if began_ns is None else {"began_ns": began_ns}
            return self._recorder.write("call", **facts, **begun, pending=True)
        return self._recorder.write(
            "call",
            **facts,
            began_ns=result.began_ns,
            ended_ns=result.ended_ns,
            ends=result.ends,
            **({"gave": result.gave} if result.raised is None else {"raised": result.raised}),
        )

    def _run(self, step: RunStep, number: int) -> Event:
        host = self._lab.host(step.on)
        user = step.user or host.ordinary_user
        program = RunningProgram(host, step.argv, step.input, user)
        self._cleanup.callback(program.close)
        if step.later:
            self._pending[step.later] = program
            return self._recorder.write(
                "started", step=number, name=step.later, host=step.on, argv=list(step.argv)
            )
        return self._recorder.write("program", step=number, **program.wait(step.expected.within_s))

    def _collect(self, step: CollectStep, number: int) -> Event:
        what = self._pending[step.name]
        if isinstance(what, RunningProgram):
            facts = what.wait(step.expected.within_s)
            return self._recorder.write("program", step=number, name=step.name, **facts)
        host, pending = what
        facts = {"step": number, "name": step.name, "host": host, "call": pending.call}
        facts["arguments"] = dict(pending.arguments)
        return self._finish(pending, step, facts)

    # --- faults

    def _wire_fault(self, step: WireFaultStep, number: int) -> Event:
        for_ms = None if step.for_s is None else step.for_s * 1000
        there = self._faults.setdefault(step.name, [])
        asked = dict(step.asked)
        if _is_seeded(asked):
            asked.setdefault("seed", self._scenario.seed)
        for source, target in step.links:
            there.append(self._lab.link(source, target).add(step.impairment, asked, for_ms=for_ms))
        added = [one.added for one in there]
        return self._recorder.write(
            "fault_on",
            step=number,
            name=step.name,
            impairment=step.impairment,
            asked=asked,
            links=[list(link) for link in step.links],
            ids=[status.id for status in added],
            for_s=step.for_s,
            said=", ".join(f"{one.id}: {one.text}" for one in added),
        )

    def _lift_wire(self, name: str, step: int | None) -> Event:
        statuses = [self._last_of(fault) for fault in self._faults.pop(name)]
        return self._recorder.write(
            "fault_off",
            step=step,
            name=name,
            ids=[status.id for status in statuses],
            matched_packets=sum(status.matched_packets for status in statuses),
            acted_packets=sum(status.acted_packets for status in statuses),
            acted_bytes=sum(status.acted_bytes for status in statuses),
        )

    def _last_of(self, fault: FaultInForce) -> FaultStatus:
        """Lift it; of one that has ended with its host return what was known of it."""
        try:
            return fault.remove()
        except AgentEndedError:
            return self._looked.get(fault, fault.added)

    def _look_at_faults(self) -> None:
        for fault in (one for faults in self._faults.values() for one in faults):
            with suppress(AgentEndedError):
                self._looked[fault] = fault.look()

    def _host_fault(self, step: HostFaultStep, number: int) -> Event:
        host = self._lab.host(step.on)
        act: dict[str, Callable[[], None]] = {
            "kill": lambda: host.kill(step.signal),
            "pause": host.pause,
            "restart": host.restart,
            "disconnect": host.disconnect,
        }
        undo = {"pause": host.resume, "disconnect": host.connect}
        self._look_at_faults()
        if step.fault == "restart" or (step.fault == "kill" and step.signal == "KILL"):
            self._capture.leave(step.on)  # its agent may end with it, and not say its last words
        act[step.fault]()
        if step.fault in undo:
            self._undo[step.name] = undo[step.fault]
        return self._recorder.write(
            "host", step=number, name=step.name, host=step.on, done=step.fault
        )

    def _lift(self, step: LiftStep, number: int) -> Event:
        if step.name in self._faults:
            return self._lift_wire(step.name, number)
        self._undo.pop(step.name)()
        return self._recorder.write("host", step=number, name=step.name, done="lifted")

    def _lift_all(self) -> None:
        for name in list(self._faults):
            self._lift_wire(name, None)
        for name in list(self._undo):
            self._undo.pop(name)()
            self._recorder.write("host", step=None, name=name, done="lifted")
        for fault in self._observed.values():
            self._last_of(fault)
        if self._syslog:
            self._syslog.catch_up()

    # --- settings and waits

    def _sysctl(self, step: SysctlStep, number: int) -> Event:
        channel = self._lab.channel(self._lab.host(step.on))
        before = channel.ask("sysctl", values=dict(step.values))
        return self._recorder.write(
            "sysctl", step=number, host=step.on, values=dict(step.values), before=before
        )

    def _wait(self, step: WaitStep, number: int) -> Event:
        condition, within_s = step.condition, step.within_s
        if condition.syslog is not None:
            held, found = self._wait_for_syslog(condition, within_s)
        elif condition.output is not None:
            held, found = self._wait_for_output(condition, within_s)
        else:
            held, found = self._wait_for_packets(number, condition, within_s)
        return self._recorder.write("wait", step=number, held=held, found=found)

    def _wait_for_syslog(self, condition: Condition, within_s: float) -> tuple[bool, str]:
        if self._syslog is None:
            return False, "this lab has no host syslog"
        least = condition.count or condition.at_least or 1
        count = self._syslog.wait(condition, least, within_s)
        return count >= least, f"{count} lines"

    def _wait_for_output(self, condition: Condition, within_s: float) -> tuple[bool, str]:
        program = self._pending.get(condition.of or "")
        if not isinstance(program, RunningProgram):
            return False, f"no program {condition.of} is under way"
        pattern = re.compile(condition.output or "")
        held = program.wait_for(lambda text: pattern.search(text) is not None, within_s)
        return held, "it is there" if held else "it is not there"

    def _wait_for_packets(
        self, number: int, condition: Condition, within_s: float
    ) -> tuple[bool, str]:
        fault = self._observed[number]
        least = condition.count or condition.at_least or 1
        until_s = time.monotonic() + within_s
        while (count := fault.look().acted_packets) < least and time.monotonic() < until_s:
            time.sleep(_LOOK_AGAIN_S)
        return count >= least, f"{count} packets"


def _is_seeded(asked: dict[str, Any]) -> bool:
    return any(name.endswith("probability") or "jitter" in name for name in asked)
