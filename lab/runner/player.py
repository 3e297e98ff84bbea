"""Plays the steps of a scenario on a lab that is up, and writes down what each did.

It judges only to know when to stop: at the first step that is not as expected. A step that the
machine cannot do leaves an event `error`, and ends the run, too.
"""

import re
import time
from collections.abc import Callable
from typing import Any, Literal

from lab.api.capture import Capture
from lab.api.lab import Lab
from lab.checks.judge import judge_step
from lab.checks.verdict import Judgement, Verdict
from lab.errors import LabError
from lab.evidence.event_file import Recorder
from lab.evidence.events import (
    CaptureEnded,
    StepError,
    StepEvent,
    StepsEnded,
    SysctlSet,
    SyslogError,
    WaitOutcome,
)
from lab.runner.calls import PendingCalls
from lab.runner.faults import ActiveFaults
from lab.runner.output import PrintedByHosts
from lab.runner.syslog import SyslogFollower
from lab.scenario.model import (
    CallStep,
    CollectStep,
    Condition,
    ExpectStep,
    HostFaultStep,
    LiftStep,
    RunStep,
    Scenario,
    SendStep,
    Step,
    SysctlStep,
    WaitStep,
    WireFaultStep,
)

# Called after each step: the step, its judgements, how long it took in seconds.
Show = Callable[[Step, list[Judgement], float], None]
_LOOK_AGAIN_S = 0.01
_LAST_WORDS_S = 0.2  # of programs that may be what a step has failed for


class Player:
    """One run. Use it as a context: what it has begun on the lab ends with the block.

    What keeps the evidence from being whole is added to `errors`.
    """

    def __init__(
        self,
        lab: Lab,
        scenario: Scenario,
        recorder: Recorder,
        capture: Capture,
        show: Show,
        errors: list[str],
    ) -> None:
        self._lab = lab
        self._scenario = scenario
        self._recorder = recorder
        self._capture = capture
        self._show = show
        self._errors = errors
        self._under_way = PendingCalls(lab, recorder)
        self._faults = ActiveFaults(lab, scenario, recorder, capture, errors)
        self._printed = PrintedByHosts(lab, scenario, recorder)
        self._syslog: SyslogFollower | None = None
        self._do: dict[type[Step], Callable[[Any, int], StepEvent]] = {
            CallStep: self._under_way.call,
            RunStep: self._under_way.run,
            SendStep: self._under_way.send,
            CollectStep: self._under_way.collect,
            WireFaultStep: self._faults.add,
            HostFaultStep: self._faults.fail,
            LiftStep: self._faults.lift,
            SysctlStep: self._sysctl,
            WaitStep: self._wait,
        }

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *exception: object) -> None:
        self._under_way.close()

    def begin_callers(self) -> None:
        """Begin the processes that make socket calls on hosts."""
        steps = self._scenario.steps
        self._under_way.begin_callers(
            sorted({step.on for step in steps if isinstance(step, CallStep)})
        )

    def play(self) -> None:
        """Do all steps, or those up to the first that is not as expected; then lift all faults."""
        if "syslog" in self._lab.hosts:
            self._syslog = SyslogFollower(self._lab, self._recorder)
        self._faults.observe()
        failed = cut = True
        try:
            for number, step in enumerate(self._scenario.steps):
                if not isinstance(step, ExpectStep) and not self._play(number, step):
                    cut = False
                    self._under_way.wait_for_ends(_LAST_WORDS_S)
                    return
            failed = cut = False
        finally:
            self._under_way.write_rest()
            self._faults.lift_all()
            self._end_syslog()
            self._printed.end(failed=failed, cut=cut)
            self._recorder.write(StepsEnded())

    def note_capture(self) -> None:
        """Write down, once the capture has ended, of which hosts it has not all."""
        early = self._capture.captured.ended_early
        self._recorder.write(CaptureEnded(ended_early=early))
        for host in sorted({*early} - self._faults.ended):
            self._errors.append(f"{host}: the agent on its wire has ended, and no step ended it")

    def _play(self, number: int, step: Step) -> bool:
        began_s = time.monotonic()
        event: StepEvent
        try:
            event = self._do[type(step)](step, number)
        except (LabError, OSError) as error:
            event = self._recorder.write(StepError(step=number, text=str(error)))
        judged = list(judge_step(step, [event]))
        self._show(step, judged, time.monotonic() - began_s)
        return all(one.verdict is Verdict.PASS for one in judged)

    def _end_syslog(self) -> None:
        if self._syslog and (error := self._syslog.catch_up()):
            self._recorder.write(SyslogError(text=error))

    # --- settings and waits

    def _sysctl(self, step: SysctlStep, number: int) -> SysctlSet:
        agent = self._lab.agent(self._lab.host(step.on))
        before = agent.ask("sysctl", values=dict(step.values))
        return self._recorder.write(
            SysctlSet(step=number, host=step.on, values=dict(step.values), before=before)
        )

    def _wait(self, step: WaitStep, number: int) -> WaitOutcome:
        condition, within_s = step.condition, step.within_s
        least = condition.count or condition.at_least or 1
        unit: Literal["lines", "times", "packets"]
        if condition.syslog is not None:
            count, unit = self._wait_for_syslog(condition, least, within_s), "lines"
        elif condition.output is not None and condition.hosts:
            count, unit = self._printed.wait(condition, least, within_s), "lines"
        elif condition.output is not None:
            count, unit = self._wait_for_output(condition, least, within_s), "times"
        else:
            count, unit = self._wait_for_packets(number, least, within_s), "packets"
        held = count >= least
        return self._recorder.write(WaitOutcome(step=number, held=held, count=count, unit=unit))

    def _wait_for_syslog(self, condition: Condition, least: int, within_s: float) -> int:
        assert self._syslog, "the reader has seen that there is one"
        return self._syslog.wait(condition, least, within_s)

    def _wait_for_output(self, condition: Condition, least: int, within_s: float) -> int:
        program = self._under_way.program(condition.of or "")
        assert program, "the reader has seen that it was started before"
        pattern = re.compile(condition.output or "")
        return program.wait_for(lambda text: len(pattern.findall(text)), least, within_s)

    def _wait_for_packets(self, number: int, least: int, within_s: float) -> int:
        until_s = time.monotonic() + within_s
        while (count := self._faults.observed_packets(number)) < least:
            if time.monotonic() > until_s:
                break
            time.sleep(_LOOK_AGAIN_S)
        return count
