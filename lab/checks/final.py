"""What the evidence must show when all is over: how often something was seen. Pure.

Evidence that is not whole still shows what it has: so many there were at least. That may be enough
for PASS or FAIL; where it is not, the verdict is UNKNOWN, and says what is missing.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lab.checks import syslog
from lab.checks.packets import counted
from lab.checks.verdict import Judgement, Verdict
from lab.checks.words import describe
from lab.evidence import output
from lab.evidence.events import (
    CaptureEnded,
    Event,
    FaultOff,
    ProgramOutcome,
    ProgramStarted,
    SyslogError,
)
from lab.evidence.packets import Seen
from lab.scenario.model import Condition, ExpectStep, PacketPattern


class Evidence(NamedTuple):
    """What a run has left; `missing` says why the packets are not all, "" if they are."""

    events: Sequence[Event]
    packets: Sequence[Seen]
    missing: str


def judge(step: ExpectStep, evidence: Evidence) -> Judgement:
    """Return what a step's condition comes to."""
    condition = step.condition
    count, missing = _count(condition, evidence)
    if condition.count is not None:
        good, bad = count == condition.count and not missing, count > condition.count
    else:
        good, bad = count >= (condition.at_least or 1), False
    verdict = Verdict.PASS if good else Verdict.FAIL if bad or not missing else Verdict.UNKNOWN
    found = f"{count}; {missing}" if verdict is Verdict.UNKNOWN else str(count)
    return Judgement(step.line, describe(step), amount(condition), found, verdict)


def amount(condition: Condition) -> str:
    """Say how much of it there must be."""
    exactly = condition.count is not None
    return str(condition.count) if exactly else f"at least {condition.at_least or 1}"


def _count(condition: Condition, evidence: Evidence) -> tuple[int, str]:
    """Return how often it was seen, and why that may not be all."""
    if condition.syslog is not None:
        return _syslog(condition, evidence.events)
    if condition.packets is not None:
        return _packets(condition.packets, evidence)
    if condition.output is not None and condition.hosts:
        return _host_output(condition, evidence.events)
    if condition.output is not None:
        return _output(condition.output, condition.of, evidence.events)
    return _acted(condition.fault, evidence.events)


def _syslog(condition: Condition, events: Sequence[Event]) -> tuple[int, str]:
    count = sum(syslog.fits(condition, event) for event in syslog.of_run(events))
    errors = [event.text for event in events if isinstance(event, SyslogError)]
    return count, errors[0] if errors else ""


def _packets(pattern: PacketPattern, evidence: Evidence) -> tuple[int, str]:
    missing = evidence.missing
    targets = dict.fromkeys([target for _, target in pattern.links] or [pattern.target])
    for event in evidence.events:
        early = targets.keys() & event.ended_early if isinstance(event, CaptureEnded) else ()
        if early and not missing:
            missing = f"what came to {min(early)} after its end was not recorded"
    return counted(evidence.packets, pattern), missing


def _output(wanted: str, of: str | None, events: Sequence[Event]) -> tuple[int, str]:
    last = dict(_outputs(of, events))
    ended = [event for event in last.values() if isinstance(event, ProgramOutcome)]
    count = sum(len(re.findall(wanted, event.output)) for event in ended)
    for event in last.values():
        if isinstance(event, ProgramStarted) or event.is_pending or event.outputs_open:
            return count, "a program was still under way when the run ended"
    return count, ""


def _outputs(
    of: str | None, events: Sequence[Event]
) -> Iterator[tuple[Any, ProgramStarted | ProgramOutcome]]:
    """Yield the last that is known of each program later than what was known before."""
    for event in events:
        if isinstance(event, ProgramStarted | ProgramOutcome) and of in {None, event.name}:
            step = event.step if isinstance(event, ProgramStarted) else event.ran_in_step
            yield event.name or step, event


def _host_output(condition: Condition, events: Sequence[Event]) -> tuple[int, str]:
    pattern = re.compile(condition.output or "")
    texts = output.texts(events, condition.hosts)
    count = sum(pattern.search(text) is not None for text in texts)
    return count, output.missing(events, condition.hosts)


def _acted(fault: str | None, events: Sequence[Event]) -> tuple[int, str]:
    ended = [one for one in events if isinstance(one, FaultOff) and one.name == fault]
    if not ended:
        return 0, "its end was not recorded"
    last = ended[-1]
    missing = "its last count is lost with its agent" if last.counters_lost else ""
    return last.counters.acted_packets, missing
