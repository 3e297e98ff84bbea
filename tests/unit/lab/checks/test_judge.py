"""The verdict from events: PASS, FAIL or UNKNOWN, and never PASS for what was not seen."""

from pathlib import Path
from typing import Any

import pytest

from lab.checks.judge import judge
from lab.evidence.events import (
    CallOutcome,
    End,
    EndedByOthers,
    Event,
    FaultCounters,
    FaultOff,
    FaultOn,
    Raised,
    SyslogLine,
)
from lab.evidence.verdict import Verdict, overall
from lab.scenario.call_expectation import CallExpectation
from lab.scenario.conditions import Condition
from lab.scenario.conditions.syslog import SyslogLines
from lab.scenario.model import Scenario
from lab.scenario.steps import Step
from lab.scenario.steps.call import CallStep
from lab.scenario.steps.expect import ExpectStep
from lab.scenario.steps.fault_link import LinkFaultStep


def scenario(*steps: Step) -> Scenario:
    return Scenario(Path("x.yaml"), "title", "shows", (), steps, ("server", "client"))


def recv(**expected: Any) -> CallStep:
    if "gives" in expected:
        expected["gives_anything"] = False
    return CallStep(5, "client", "recv", {"socket": "c"}, CallExpectation(**expected))


def called(step: int = 0, **fields: Any) -> CallOutcome:
    times = {"time_ns": 3, "began_ns": 0, "ended_ns": 2_000_000}
    return CallOutcome(step=step, host="client", call="recv", **{**times, **fields})


END = End(time_ns=9)
RESET = Raised(name="ECONNRESET", type="ConnectionResetError", errno=104, text="reset")
PENDING = {"ended_ns": None}


@pytest.mark.parametrize(
    ("expected", "facts", "verdict"),
    [
        ({}, {"result": None}, Verdict.PASS),
        ({}, {"raised": RESET}, Verdict.FAIL),
        ({"gives": "hello"}, {"result": {"text": "hello"}}, Verdict.PASS),
        ({"gives": "hello"}, {"result": {"text": "hallo"}}, Verdict.FAIL),
        ({"gives": "hello"}, {"raised": RESET}, Verdict.FAIL),
        ({"gives_length": 5}, {"result": {"text": "hello"}}, Verdict.PASS),
        ({"gives_length": 5}, {"result": {"hex": "00"}}, Verdict.FAIL),
        ({"gives_at_least": 2}, {"result": 2}, Verdict.PASS),
        ({"gives_at_least": 2}, {"result": 1}, Verdict.FAIL),
        ({"gives_at_least": 2}, {"result": {"text": "22"}}, Verdict.FAIL),
        ({"gives_at_most": 2}, {"result": 2}, Verdict.PASS),
        ({"gives_at_most": 2}, {"result": 3}, Verdict.FAIL),
        ({"gives_at_most": 2}, {"result": None}, Verdict.FAIL),
        ({"raises": "ECONNRESET"}, {"raised": RESET}, Verdict.PASS),
        ({"raises": "ConnectionResetError"}, {"raised": RESET}, Verdict.PASS),
        ({"raises": "EPIPE"}, {"raised": RESET}, Verdict.FAIL),
        ({"raises": "EPIPE"}, {"result": 3}, Verdict.FAIL),
        ({"within_s": 0.001}, {"result": 3}, Verdict.FAIL),
        ({"after_s": 0.002}, {"result": 3}, Verdict.PASS),
        ({"after_s": 0.003}, {"result": 3}, Verdict.FAIL),
        ({}, PENDING, Verdict.FAIL),
        ({"blocks_s": 1.0}, PENDING, Verdict.PASS),
        ({"blocks_s": 1.0}, {"result": 3}, Verdict.FAIL),
    ],
)
def test_a_call_is_judged_by_what_it_gave(
    expected: dict[str, Any], facts: dict[str, Any], verdict: Verdict
) -> None:
    judgements = judge(scenario(recv(**expected)), [called(**facts), END], [])
    assert overall(judgements) is verdict


def test_a_step_without_its_event_is_unknown() -> None:
    assert overall(judge(scenario(recv()), [END], [])) is Verdict.UNKNOWN


def test_evidence_without_an_end_is_unknown() -> None:
    assert overall(judge(scenario(recv()), [called(result=1)], [])) is Verdict.UNKNOWN


def test_nothing_is_expected_after_the_first_failure() -> None:
    judgements = judge(scenario(recv(raises="EPIPE"), recv()), [called(result=1), END], [])
    assert [one.verdict for one in judgements if one.verdict is not Verdict.PASS] == [Verdict.FAIL]


@pytest.mark.parametrize(("acted", "verdict"), [(0, Verdict.UNKNOWN), (1, Verdict.PASS)])
def test_a_fault_that_never_acted_makes_it_unknown(acted: int, verdict: Verdict) -> None:
    step = LinkFaultStep(6, "loss", "drop", (("client", "server"),), {})
    events: list[Event] = [
        FaultOn(time_ns=1, step=0, name="loss", impairment="drop"),
        FaultOff(time_ns=2, name="loss", counters=FaultCounters(acted_packets=acted)),
        END,
    ]
    assert overall(judge(scenario(step), events, [])) is verdict


LINE = SyslogLine(
    time_ns=1,
    host="server",
    facility="local0",
    severity="warning",
    ident="time-server",
    message="client: left",
)


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ({"syslog": "left"}, Verdict.PASS),
        ({"syslog": "came"}, Verdict.FAIL),
        ({"syslog": "left", "on": "client"}, Verdict.FAIL),
        ({"syslog": "", "facility": "local0", "severity": "warning"}, Verdict.PASS),
        ({"syslog": "", "facility": "local1"}, Verdict.FAIL),
        ({"syslog": "", "severity": "err"}, Verdict.FAIL),
        ({"syslog": "", "ident": "time-server", "count": 1}, Verdict.PASS),
        ({"syslog": "", "ident": "time", "count": 0}, Verdict.PASS),
        ({"syslog": "left", "count": 0}, Verdict.FAIL),
    ],
)
def test_a_syslog_line_is_known_by_all_that_is_asked(
    asked: dict[str, Any], verdict: Verdict
) -> None:
    of = {name: value for name, value in asked.items() if name not in {"syslog", "count"}}
    subject = SyslogLines(asked["syslog"], **of)
    step = ExpectStep(7, Condition(subject, count=asked.get("count")))
    assert overall(judge(scenario(step), [LINE, END], [])) is verdict


def test_an_error_of_the_evidence_is_unknown() -> None:
    end = End(time_ns=9, errors=("3 packets were lost: the wire could not keep up",))
    judgements = judge(scenario(recv()), [called(result=1), end], [])
    assert overall(judgements) is Verdict.UNKNOWN


def test_a_failure_beats_what_is_unknown() -> None:
    judgements = judge(scenario(recv(raises="EPIPE")), [called(result=1)], [])
    assert overall(judgements) is Verdict.FAIL


@pytest.mark.parametrize("part", ["host", "agent", "call_server"])
def test_nothing_is_fail_where_others_have_ended_a_part_of_the_lab(part: str) -> None:
    played = scenario(recv(gives="hello"))
    events: list[Event] = [called(raised=RESET)]
    assert overall(judge(played, [*events, END], [])) is Verdict.FAIL
    events.append(EndedByOthers(host="client", part=part))
    found = judge(played, [*events, END], [])
    assert overall(found) is Verdict.UNKNOWN
    assert found[-1].found.endswith("client was ended, and no step ended it")
    assert overall(judge(scenario(recv()), [called(result=None), *events[1:], END], [])) is (
        Verdict.UNKNOWN
    )
