"""Judges a run: each step of its scenario beside the events that it left, and the packets. Pure.

Steps come in order; after the first that fails nothing is expected any more, because the run ended
there. The run's own `end` must be there, else the evidence was cut short.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lab.checks import calls, lines
from lab.checks.packets import counted
from lab.checks.verdict import Judgement, Verdict
from lab.checks.words import condition_words, describe
from lab.evidence.capture import Seen
from lab.evidence.events import Event
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


def judge(scenario: Scenario, events: Sequence[Event], packets: Sequence[Seen]) -> list[Judgement]:
    """Return all judgements of a run, in the order of its steps."""
    found = []
    for number, step in enumerate(scenario.steps):
        if isinstance(step, ExpectStep):
            continue
        of_step = [event for event in events if event.get("step") == number]
        judged = list(judge_step(step, of_step))
        found += judged
        if any(one.verdict is not Verdict.PASS for one in judged):
            break
    else:
        for step in scenario.steps:
            if isinstance(step, ExpectStep):
                found.append(_judge_condition(step, events, packets))
        found += _idle_faults(scenario, events)
    return found + list(_judge_end(scenario, events))


def judge_step(step: Step, events: Sequence[Event]) -> Iterator[Judgement]:
    """Yield the judgements of a step by its own events; a player may stop when one is bad."""
    what = describe(step)
    errors = [event for event in events if event["kind"] == "error"]
    if errors:
        yield _unknown(step, what, "is done", errors[0]["text"])
        return
    kind = _KINDS[type(step)]
    if isinstance(step, CallStep | RunStep) and step.later:
        kind = "started"
    own = [event for event in events if event["kind"] in {kind, *_MORE.get(kind, ())}]
    if not own:
        yield _unknown(step, what, "leaves its event", "there is none")
        return
    yield from _JUDGES[type(step)](step, what, own[-1])


def _judge_call(step: CallStep, what: str, event: Event) -> Iterator[Judgement]:
    if step.later:
        yield Judgement(step.line, what, "is started", "started", Verdict.PASS)
    else:
        yield from calls.judge(step.line, what, step.expected, event)


def _judge_run(step: RunStep, what: str, event: Event) -> Iterator[Judgement]:
    if step.later:
        yield Judgement(step.line, what, "is started", "started", Verdict.PASS)
    else:
        yield from calls.judge_program(step.line, what, step.expected, event)


def _judge_collect(step: CollectStep, what: str, event: Event) -> Iterator[Judgement]:
    judge_one = calls.judge_program if event["kind"] == "program" else calls.judge
    yield from judge_one(step.line, what, step.expected, event)


def _judge_lift(step: LiftStep, what: str, event: Event) -> Iterator[Judgement]:
    acted = event.get("acted_packets")
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


def _judge_done(step: Step, what: str, event: Event) -> Iterator[Judgement]:
    yield Judgement(step.line, what, "is in force", str(event.get("said", "done")), Verdict.PASS)


def _judge_wait(step: WaitStep, what: str, event: Event) -> Iterator[Judgement]:
    text = f"within {step.within_s:g} s"
    yield _judgement(step.line, what, text, event["found"], good=event["held"])


_KINDS: dict[type[Step], str] = {
    CallStep: "call",
    RunStep: "program",
    CollectStep: "call",
    WireFaultStep: "fault_on",
    HostFaultStep: "host",
    LiftStep: "fault_off",
    SysctlStep: "sysctl",
    WaitStep: "wait",
}
_MORE = {"call": ("program",), "fault_off": ("host",)}
_JUDGES: dict[type[Step], Callable[[Any, str, Event], Iterator[Judgement]]] = {
    CallStep: _judge_call,
    RunStep: _judge_run,
    CollectStep: _judge_collect,
    WireFaultStep: _judge_done,
    HostFaultStep: _judge_done,
    LiftStep: _judge_lift,
    SysctlStep: _judge_done,
    WaitStep: _judge_wait,
}


def _judge_condition(
    step: ExpectStep, events: Sequence[Event], packets: Sequence[Seen]
) -> Judgement:
    condition = step.condition
    count = _count(condition, events, packets)
    what = f"expect {condition_words(condition)}"
    if condition.count is not None:
        good, expected = count == condition.count, str(condition.count)
    else:
        least = 1 if condition.at_least is None else condition.at_least
        good, expected = count >= least, f"at least {least}"
    return _judgement(step.line, what, expected, str(count), good=good)


def _count(condition: Condition, events: Sequence[Event], packets: Sequence[Seen]) -> int:
    if condition.syslog is not None:
        return sum(lines.fits(condition, event) for event in events if event["kind"] == "syslog")
    if condition.packets is not None:
        return counted(packets, condition.packets)
    if condition.output is not None:
        texts = [
            event["output"]
            for event in events
            if event["kind"] == "program" and condition.of in {None, event.get("name")}
        ]
        return sum(len(re.findall(condition.output, text)) for text in texts)
    ended = [e for e in events if e["kind"] == "fault_off" and e["name"] == condition.fault]
    return int(ended[-1]["acted_packets"]) if ended else 0


def _idle_faults(scenario: Scenario, events: Sequence[Event]) -> Iterator[Judgement]:
    acted: dict[str, int] = {}
    for event in events:
        if event["kind"] == "fault_off":
            acted[event["name"]] = acted.get(event["name"], 0) + event.get("acted_packets", 0)
    for step in scenario.steps:
        if isinstance(step, WireFaultStep) and not step.may_idle and not acted.get(step.name):
            yield _unknown(step, describe(step), "acts on a packet", "it never acted")


def _judge_end(scenario: Scenario, events: Sequence[Event]) -> Iterator[Judgement]:
    last = scenario.steps[-1].line if scenario.steps else 1
    ends = [event for event in events if event["kind"] == "end"]
    if not ends:
        yield Judgement(
            last, "evidence", "is whole", "it ends early: no event `end`", Verdict.UNKNOWN
        )
        return
    for trouble in ends[-1].get("troubles", ()):
        yield Judgement(last, "evidence", "is whole", trouble, Verdict.UNKNOWN)


def _judgement(line: int, what: str, expected: str, found: str, *, good: bool) -> Judgement:
    return Judgement(line, what, expected, found, Verdict.PASS if good else Verdict.FAIL)


def _unknown(step: Step, what: str, expected: str, found: str) -> Judgement:
    return Judgement(step.line, what, expected, found, Verdict.UNKNOWN)


def bad(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return those that are not PASS."""
    return [one for one in judgements if one.verdict is not Verdict.PASS]
