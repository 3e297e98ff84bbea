"""Judges a run: each step of its scenario beside the events that it left, and the packets. Pure.

Steps come in order; after the first that fails nothing is expected any more, because the run ended
there. The run's own `end` must be there, else the evidence was cut short. What is expected of a
step its verb knows (`lab.scenario.steps`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lab.evidence.event_file import FILE
from lab.evidence.events import (
    Damaged,
    End,
    EndedByOthers,
    Event,
    StepError,
    StepEvent,
    SyslogError,
)
from lab.evidence.packets import Seen
from lab.evidence.verdict import Evidence, Judgement, Verdict
from lab.scenario.model import Scenario
from lab.scenario.steps import Step

_PARTS = {
    "host": "{}",
    "agent": "the agent on the wire of {}",
    "call_server": "what makes socket calls on {}",
}


def judge(
    scenario: Scenario, events: Sequence[Event], packets: Sequence[Seen], *, missing: str = ""
) -> list[Judgement]:
    """Return all judgements of a run, in the order of its steps.

    `missing` says why the packets are not all that there were; "": they are.
    """
    found = []
    for number, step in enumerate(scenario.steps):
        if step.AT_END:
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
            at_end = step.judge_at_end(evidence, number)
            found += [replace(one, step=number) for one in at_end]
    found += _judge_end(scenario, events)
    if any(_takes_proof(one) for one in events):
        # What is lost, was changed or was ended may be what a FAIL is about.
        return [_without_proof(one) for one in found]
    return found


def _takes_proof(event: Event) -> bool:
    return isinstance(event, EndedByOthers) or (isinstance(event, Damaged) and event.is_altered)


def _without_proof(one: Judgement) -> Judgement:
    return replace(one, verdict=Verdict.UNKNOWN) if one.verdict is Verdict.FAIL else one


def _not_judged(scenario: Scenario) -> Iterator[Judgement]:
    for number, step in enumerate(scenario.steps):
        if step.AT_END:
            unknown = step.unknown(step.expected_text, "not judged: the run ended before")
            yield replace(unknown, step=number, is_judged=False)


def judge_step(step: Step, events: Sequence[StepEvent]) -> Iterator[Judgement]:
    """Yield the judgements of a step by its own events; a player may stop when one is bad."""
    errors = [event for event in events if isinstance(event, StepError)]
    if errors:
        yield step.unknown("is done", errors[0].text)
        return
    if any(getattr(event, "interrupted", False) for event in events):
        yield step.unknown("is done", "it was under way when the run was ended")
        return
    own = [event for event in events if isinstance(event, step.outcomes)]
    if not own:
        yield step.unknown("leaves its event", "there is none")
        return
    yield from step.judge(own[-1])


def _judge_end(scenario: Scenario, events: Sequence[Event]) -> Iterator[Judgement]:
    last = scenario.steps[-1].line if scenario.steps else 1
    for event in events:
        if isinstance(event, EndedByOthers):
            text = (
                f"{_PARTS.get(event.part, '{}').format(event.host)} was ended, and no step ended it"
            )
            yield Judgement(last, "evidence", "is whole", text, Verdict.UNKNOWN)
        if isinstance(event, Damaged):
            text = f"{FILE}, {event.what}"
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
