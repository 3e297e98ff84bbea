"""Plays the steps of a scenario on a lab that is up, and records what each did.

It judges only to know when to stop: at the first step that is not as expected. A step that the
machine cannot do leaves an event `step_error`, and ends the run, too. How a step is played its verb
knows (`lab.scenario.steps`).
"""

import time
from collections.abc import Callable

from lab.api.capture import Capture
from lab.api.lab import Lab
from lab.checks.judge import judge_step
from lab.errors import LabError
from lab.evidence.event_file import Recorder
from lab.evidence.events import (
    StepError,
    StepEvent,
    StepsEnded,
    SyslogError,
)
from lab.evidence.verdict import Judgement, Verdict
from lab.runner.context import LabContext
from lab.runner.ended_parts import EndedParts
from lab.scenario.model import Scenario
from lab.scenario.steps import Step

# Called after each step: the step, its judgements, how long it took in seconds.
Show = Callable[[Step, list[Judgement], float], None]
_LAST_OUTPUT_S = 0.2  # of programs that may be what a step has failed for


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
        self._scenario = scenario
        self._recorder = recorder
        self._capture = capture
        self._show = show
        self._errors = errors
        self._context = context = LabContext(lab, scenario, recorder, capture, errors)
        self._ended = EndedParts(lab, capture, recorder, context.calls, context.faults)

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *exception: object) -> None:
        self._context.traces.end()
        self._context.calls.close()

    def begin_call_servers(self) -> None:
        """Begin the processes that make socket calls on hosts."""
        hosts = {step.calls_on for step in self._scenario.steps}
        self._context.calls.begin_call_servers(sorted(filter(None, hosts)))

    def play(self) -> None:
        """Do all steps, or those up to the first that is not as expected; then lift all faults."""
        context = self._context
        context.follow_syslog()
        context.traces.begin()
        for number, step in enumerate(self._scenario.steps):
            step.prepare(context, number)
        failed = interrupted = True
        try:
            for number, step in enumerate(self._scenario.steps):
                if not step.AT_END and not self._play(number, step):
                    interrupted = False
                    context.calls.wait_for_ends(_LAST_OUTPUT_S)
                    return
            failed = interrupted = False
        finally:
            if not interrupted:
                self._ended.look(failed=failed)
            context.calls.write_rest()
            context.faults.lift_all()
            self._end_syslog()
            context.printed.end(failed=failed, interrupted=interrupted)
            self._recorder.write(StepsEnded())
            context.traces.end()

    def record_capture_end(self) -> None:
        """Record, once the capture has ended, of which hosts it has not all."""
        captured = self._capture.captured
        early = captured.ended_early
        self._recorder.write(captured.event)
        self._ended.look_at_agents(early)
        for host in sorted({*early} - self._context.faults.ended):
            self._errors.append(f"{host}: the agent on its wire has ended, and no step ended it")

    def _play(self, number: int, step: Step) -> bool:
        began_s = time.monotonic()
        event: StepEvent
        try:
            event = step.play(self._context, number)
        except (LabError, OSError) as error:
            event = self._recorder.write(StepError(step=number, text=str(error)))
        judged = list(judge_step(step, [event]))
        self._show(step, judged, time.monotonic() - began_s)
        return all(one.verdict is Verdict.PASS for one in judged)

    def _end_syslog(self) -> None:
        syslog = self._context.syslog
        if syslog and (error := syslog.catch_up()):
            self._recorder.write(SyslogError(text=error))
