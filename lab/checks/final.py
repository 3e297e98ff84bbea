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
from lab.evidence.events import Event
from lab.evidence.packets import Seen
from lab.scenario.model import Condition, ExpectStep, PacketPattern


class Evidence(NamedTuple):
    """What a run has left; `lacks` says why the packets are not all, "" if they are."""

    events: Sequence[Event]
    packets: Sequence[Seen]
    lacks: str


def judge(step: ExpectStep, evidence: Evidence) -> Judgement:
    """Return what a step's condition comes to."""
    condition = step.condition
    count, lacks = _count(condition, evidence)
    if condition.count is not None:
        good, bad = count == condition.count and not lacks, count > condition.count
    else:
        good, bad = count >= (condition.at_least or 1), False
    verdict = Verdict.PASS if good else Verdict.FAIL if bad or not lacks else Verdict.UNKNOWN
    found = f"{count}; {lacks}" if verdict is Verdict.UNKNOWN else str(count)
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
    troubles = [event["text"] for event in events if event["kind"] == "syslog_trouble"]
    return count, troubles[0] if troubles else ""


def _packets(pattern: PacketPattern, evidence: Evidence) -> tuple[int, str]:
    lacks = evidence.lacks
    targets = dict.fromkeys([target for _, target in pattern.links] or [pattern.target])
    for event in evidence.events:
        early = targets.keys() & event["ended_early"] if event["kind"] == "captured" else ()
        if early and not lacks:
            lacks = f"what came to {min(early)} after its end was not recorded"
    return counted(evidence.packets, pattern), lacks


def _output(wanted: str, of: str | None, events: Sequence[Event]) -> tuple[int, str]:
    last = dict(_outputs(of, events))
    count = sum(len(re.findall(wanted, event.get("output", ""))) for event in last.values())
    for event in last.values():
        if event["kind"] != "program" or event.get("pending") or event.get("goes_on"):
            return count, "a program was still under way when the run ended"
    return count, ""


def _outputs(of: str | None, events: Sequence[Event]) -> Iterator[tuple[Any, Event]]:
    """Yield the last that is known of each program later than what was known before."""
    for event in events:
        named = event.get("name") if event["kind"] in {"started", "program"} else None
        if "argv" in event and of in {None, named}:
            yield named or event.get("of_step", event.get("step")), event


def _host_output(condition: Condition, events: Sequence[Event]) -> tuple[int, str]:
    pattern = re.compile(condition.output or "")
    texts = output.texts(events, condition.hosts)
    count = sum(pattern.search(text) is not None for text in texts)
    return count, output.lacks(events, condition.hosts)


def _acted(fault: str | None, events: Sequence[Event]) -> tuple[int, str]:
    ended = [e for e in events if e["kind"] == "fault_off" and e["name"] == fault]
    if not ended:
        return 0, "its end was not recorded"
    lost = ended[-1].get("lost")
    return int(ended[-1]["acted_packets"]), "its last count is lost with its agent" if lost else ""
