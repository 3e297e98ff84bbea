"""Judges a run: each step of its scenario beside the events that it left, and the packets. Pure.

Steps come in order; after the first that fails nothing is expected any more, because the run ended
there. The run's own `end` must be there, else the evidence was cut short.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from lab.checks import calls, final
from lab.checks.final import Evidence
from lab.checks.verdict import NOT_JUDGED, Judgement, Verdict
from lab.checks.words import describe
from lab.evidence.event_file import FILE
from lab.evidence.events import (
    CallOutcome,
    CallStarted,
    Damaged,
    End,
    Event,
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
    StepError,
    StepEvent,
    SysctlSet,
    SyslogError,
    WaitOutcome,
)
from lab.evidence.packets import Seen
from lab.scenario.model import (
    CallStep,
    CollectStep,
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


def judge(
    scenario: Scenario, events: Sequence[Event], packets: Sequence[Seen], *, missing: str = ""
) -> list[Judgement]:
    """Return all judgements of a run, in the order of its steps.

    `missing` says why the packets are not all that there were; "": they are.
    """
    found = []
    for number, step in enumerate(scenario.steps):
        if isinstance(step, ExpectStep):
            continue
        of_step = [one for one in events if isinstance(one, StepEvent) and one.step == number]
        judged = [replace(one, step=number) for one in judge_step(step, of_step)]
        found += judged
        if any(one.verdict is not Verdict.PASS for one in judged):
            found += _not_judged(scenario)
            break
    else:
        evidence = Evidence(events, packets, missing)
        for number, step in enumerate(scenario.steps):
            if isinstance(step, ExpectStep):
                found.append(replace(final.judge(step, evidence), step=number))
        found += _idle_faults(scenario, events)
    return found + list(_judge_end(scenario, events))


def _not_judged(scenario: Scenario) -> Iterator[Judgement]:
    for number, step in enumerate(scenario.steps):
        if isinstance(step, ExpectStep):
            expected = final.amount(step.condition)
            yield replace(_unknown(step, describe(step), expected, NOT_JUDGED), step=number)


def judge_step(step: Step, events: Sequence[StepEvent]) -> Iterator[Judgement]:
    """Yield the judgements of a step by its own events; a player may stop when one is bad."""
    what = describe(step)
    errors = [event for event in events if isinstance(event, StepError)]
    if errors:
        yield _unknown(step, what, "is done", errors[0].text)
        return
    if any(isinstance(event, _Awaited) and event.interrupted for event in events):
        yield _unknown(step, what, "is done", "it was under way when the run was ended")
        return
    later = isinstance(step, CallStep | RunStep) and step.later
    kinds = (_STARTED if later else _OUTCOMES)[type(step)]
    own = [event for event in events if isinstance(event, kinds)]
    if not own:
        yield _unknown(step, what, "leaves its event", "there is none")
        return
    yield from _JUDGES[type(step)](step, what, own[-1])


def _judge_call(step: CallStep, what: str, event: CallStarted | CallOutcome) -> Iterator[Judgement]:
    if isinstance(event, CallStarted):
        yield Judgement(step.line, what, "is started", "started", Verdict.PASS)
    else:
        yield from calls.judge(step.line, what, step.expected, event)


def _judge_run(
    step: RunStep, what: str, event: ProgramStarted | ProgramOutcome
) -> Iterator[Judgement]:
    if isinstance(event, ProgramStarted):
        yield Judgement(step.line, what, "is started", "started", Verdict.PASS)
    else:
        yield from calls.judge_program(step.line, what, step.expected, event)


def _judge_collect(
    step: CollectStep, what: str, event: CallOutcome | ProgramOutcome
) -> Iterator[Judgement]:
    if isinstance(event, ProgramOutcome):
        yield from calls.judge_program(step.line, what, step.expected, event)
    else:
        yield from calls.judge(step.line, what, step.expected, event)


def _judge_send(step: SendStep, what: str, event: ProgramInput) -> Iterator[Judgement]:
    yield from calls.judge_input(step.line, what, step.within_s, event)


def _judge_lift(step: LiftStep, what: str, event: FaultOff | HostFaultOff) -> Iterator[Judgement]:
    acted = event.counters.acted_packets if isinstance(event, FaultOff) else None
    if step.acted is not None:
        good = acted == step.acted
        text = f"acted on {step.acted} packets"
        yield _judgement(step.line, what, text, f"acted on {acted}", good=good)
    if step.at_least is not None:
        good = acted is not None and acted >= step.at_least
        text = f"acted on at least {step.at_least} packets"
        yield _judgement(step.line, what, text, f"acted on {acted}", good=good)
    if step.acted is None and step.at_least is None:
        yield Judgement(step.line, what, "is lifted", "lifted", Verdict.PASS)


def _judge_done(step: Step, what: str, event: StepEvent) -> Iterator[Judgement]:
    found = event.text if isinstance(event, FaultOn) else "done"
    yield Judgement(step.line, what, "is in force", found, Verdict.PASS)


def _judge_wait(step: WaitStep, what: str, event: WaitOutcome) -> Iterator[Judgement]:
    text = f"within {step.within_s:g} s"
    yield _judgement(step.line, what, text, event.found, good=event.held)


# What a step may wait for when the run is interrupted.
_Awaited = CallOutcome | ProgramOutcome | ProgramInput
_OUTCOMES: dict[type[Step], tuple[type[StepEvent], ...]] = {
    CallStep: (CallOutcome,),
    RunStep: (ProgramOutcome,),
    SendStep: (ProgramInput,),
    CollectStep: (CallOutcome, ProgramOutcome),
    WireFaultStep: (FaultOn,),
    HostFaultStep: (HostFaultOn,),
    LiftStep: (FaultOff, HostFaultOff),
    SysctlStep: (SysctlSet,),
    WaitStep: (WaitOutcome,),
}
# With `later`.
_STARTED: dict[type[Step], tuple[type[StepEvent], ...]] = {
    CallStep: (CallStarted,),
    RunStep: (ProgramStarted,),
}
_JUDGES: dict[type[Step], Callable[[Any, str, Any], Iterator[Judgement]]] = {
    CallStep: _judge_call,
    RunStep: _judge_run,
    SendStep: _judge_send,
    CollectStep: _judge_collect,
    WireFaultStep: _judge_done,
    HostFaultStep: _judge_done,
    LiftStep: _judge_lift,
    SysctlStep: _judge_done,
    WaitStep: _judge_wait,
}


def _idle_faults(scenario: Scenario, events: Sequence[Event]) -> Iterator[Judgement]:
    """Yield a judgement for each fault that never acted; names may be used again, steps not."""
    acted: dict[int, int] = {}
    in_force: dict[str, int] = {}
    for event in events:
        if isinstance(event, FaultOn) and event.step is not None:
            in_force[event.name] = event.step
        elif isinstance(event, FaultOff) and event.name in in_force:
            step_of = in_force[event.name]
            acted[step_of] = acted.get(step_of, 0) + event.counters.acted_packets
    for number, step in enumerate(scenario.steps):
        if isinstance(step, WireFaultStep) and not step.may_idle and not acted.get(number):
            idle = _unknown(step, describe(step), "acts on a packet", "it never acted")
            yield replace(idle, step=number)


def _judge_end(scenario: Scenario, events: Sequence[Event]) -> Iterator[Judgement]:
    last = scenario.steps[-1].line if scenario.steps else 1
    for event in events:
        if isinstance(event, Damaged):
            text = f"{FILE}, line {event.line}: {event.kind} is damaged: {event.text}"
            yield Judgement(last, "evidence", "is whole", text, Verdict.UNKNOWN)
    ends = [event for event in events if isinstance(event, End)]
    if not ends:
        yield Judgement(
            last, "evidence", "is whole", "it ends early: no event `end`", Verdict.UNKNOWN
        )
        return
    of_syslog = [event.text for event in events if isinstance(event, SyslogError)]
    for error in (*of_syslog, *ends[-1].errors):
        yield Judgement(last, "evidence", "is whole", error, Verdict.UNKNOWN)


def _judgement(line: int, what: str, expected: str, found: str, *, good: bool) -> Judgement:
    return Judgement(line, what, expected, found, Verdict.PASS if good else Verdict.FAIL)


def _unknown(step: Step, what: str, expected: str, found: str) -> Judgement:
    return Judgement(step.line, what, expected, found, Verdict.UNKNOWN)
