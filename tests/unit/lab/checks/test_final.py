"""What the evidence must show in the end: never PASS, nor FAIL, for what was not recorded."""

from typing import Any

import pytest

from lab.checks.judge import judge
from lab.evidence.events import (
    CaptureEnded,
    Event,
    FaultCounters,
    FaultOff,
    FaultOn,
    LinkLoss,
    ProgramOutcome,
    ProgramStarted,
    StepsEnded,
    SyslogError,
)
from lab.evidence.packets import Seen
from lab.evidence.verdict import Verdict, failures, overall
from lab.net.packet import parse
from lab.scenario.conditions import Condition
from lab.scenario.conditions.fault import FaultCount
from lab.scenario.conditions.output import Output
from lab.scenario.conditions.packets import Packets
from lab.scenario.conditions.syslog import SyslogLines
from lab.scenario.steps.expect import ExpectStep
from lab.scenario.steps.fault_link import LinkFaultStep
from tests import made_evidence as made
from tests.unit.lab.checks.test_judge import END, LINE, called, recv, scenario

SYN = Seen("client -> server", parse(made.tcp(made.CLIENT, made.SYN)), made.DELIVERED, 1)
PATTERN = Packets("client", "server", {"tcp": "syn"})
PLAYED = StepsEnded(time_ns=5)


def program(
    *, output: str = "", pending: bool = False, outputs_open: bool = False
) -> ProgramOutcome:
    return ProgramOutcome(
        time_ns=4,
        name="p",
        host="client",
        argv=("x",),
        began_ns=2,
        ended_ns=None if pending else 3,
        exit_status=None if pending else 0,
        output=output,
        outputs_open=outputs_open,
    )


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ({"count": 2}, Verdict.UNKNOWN),
        ({"count": 1}, Verdict.UNKNOWN),
        ({"count": 0}, Verdict.FAIL),  # there was one, whatever else is missing
        ({"at_least": 1}, Verdict.PASS),
        ({"at_least": 2}, Verdict.UNKNOWN),
    ],
)
@pytest.mark.parametrize("ended", [True, False])
def test_what_is_left_of_a_capture_shows_only_what_it_has(
    asked: dict[str, Any], verdict: Verdict, *, ended: bool
) -> None:
    step = ExpectStep(7, Condition(PATTERN, **asked))
    captured = CaptureEnded(time_ns=6, ended_early=("server",) if ended else ())
    missing = "" if ended else "wire.pcapng: cut short"
    (one,) = judge(scenario(step), [PLAYED, captured, END], [SYN], missing=missing)
    assert one.verdict is verdict
    if verdict is Verdict.UNKNOWN:
        assert one.found.startswith("1; ")


@pytest.mark.parametrize(
    ("asked", "source", "verdict"),
    [
        ({"count": 1}, "client", Verdict.UNKNOWN),
        ({"at_least": 1}, "client", Verdict.PASS),
        ({"count": 0}, "client", Verdict.FAIL),
        ({"count": 1}, "another", Verdict.PASS),
    ],
)
def test_what_was_lost_on_the_link_outside_of_the_lab_may_have_been_meant(
    asked: dict[str, Any], source: str, verdict: Verdict
) -> None:
    step = ExpectStep(7, Condition(PATTERN, **asked))
    loss = LinkLoss(source=source, target="server", packets=3, kinds={"UDP": 1, "TCP SYN": 2})
    captured = CaptureEnded(time_ns=6, ended_early=(), lost_outside=(loss,))
    (one,) = judge(scenario(step), [PLAYED, captured, END], [SYN])
    assert one.verdict is verdict
    if verdict is Verdict.UNKNOWN:
        assert one.found == (
            "1; 3 packets from client to server were lost outside of the lab (2 TCP SYN, 1 UDP)"
        )


def test_the_end_of_another_host_hides_no_packet() -> None:
    step = ExpectStep(7, Condition(PATTERN, count=1))
    captured = CaptureEnded(time_ns=6, ended_early=("client",))
    assert overall(judge(scenario(step), [captured, END], [SYN])) is Verdict.PASS


def test_lines_of_the_end_of_the_lab_are_not_of_the_scenario() -> None:
    step = ExpectStep(7, Condition(SyslogLines("left")))
    assert overall(judge(scenario(step), [LINE, PLAYED, END], [])) is Verdict.PASS
    assert overall(judge(scenario(step), [PLAYED, LINE, END], [])) is Verdict.FAIL


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [({"at_least": 2}, Verdict.UNKNOWN), ({"at_least": 1}, Verdict.PASS)],
)
def test_a_syslog_that_is_not_whole_is_no_reason_to_fail(
    asked: dict[str, Any], verdict: Verdict
) -> None:
    step = ExpectStep(7, Condition(SyslogLines("left"), **asked))
    error = SyslogError(time_ns=4, text="2 lines have not come")
    judged = judge(scenario(step), [LINE, error, PLAYED, END], [])
    assert judged[0].verdict is verdict
    assert overall(judged) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("events", "asked", "verdict"),
    [
        ([program(output="boom")], {"count": 1}, Verdict.PASS),
        ([program(output="boom")], {"count": 0}, Verdict.FAIL),
        # Collected twice, it has printed once.
        ([program(output="boom")] * 2, {"count": 1}, Verdict.PASS),
        ([program(output="boom", pending=True)], {"count": 1}, Verdict.UNKNOWN),
        ([program(output="boom", pending=True)], {"at_least": 1}, Verdict.PASS),
        ([program(outputs_open=True)], {"count": 0}, Verdict.UNKNOWN),
        ([], {"count": 0}, Verdict.UNKNOWN),  # started, and never heard of again
    ],
)
def test_a_program_that_has_not_ended_may_print_more(
    events: list[Event], asked: dict[str, Any], verdict: Verdict
) -> None:
    started = ProgramStarted(step=9, time_ns=2, name="p", host="client", argv=("x",))
    step = ExpectStep(7, Condition(Output("boom", "p"), **asked))
    assert overall(judge(scenario(step), [started, *events, PLAYED, END], [])) is verdict


def test_a_count_that_is_lost_with_its_agent_is_unknown() -> None:
    step = ExpectStep(7, Condition(FaultCount("loss"), count=1))
    off = FaultOff(time_ns=2, name="loss", counters=FaultCounters(acted_packets=1))
    assert overall(judge(scenario(step), [off, END], [])) is Verdict.PASS
    lost = FaultOff(time_ns=2, name="loss", counters_lost=True)
    assert overall(judge(scenario(step), [lost, END], [])) is Verdict.UNKNOWN
    assert overall(judge(scenario(step), [END], [])) is Verdict.UNKNOWN


def test_a_name_that_is_used_again_hides_no_idle_fault() -> None:
    def step(line: int) -> LinkFaultStep:
        return LinkFaultStep(line, "loss", "drop", (("client", "server"),), {})

    events: list[Event] = []
    for number, acted in enumerate((1, 0)):
        events.append(FaultOn(time_ns=1, step=number, name="loss", impairment="drop"))
        counters = FaultCounters(acted_packets=acted)
        events.append(FaultOff(time_ns=2, name="loss", counters=counters))
    (one,) = failures(judge(scenario(step(6), step(8)), [*events, END], []))
    assert (one.line, one.step, one.verdict) == (8, 1, Verdict.UNKNOWN)


def test_what_was_not_judged_is_said_after_a_failure() -> None:
    expect = ExpectStep(7, Condition(PATTERN, count=2))
    judged = judge(scenario(recv(raises="EPIPE"), expect), [called(result=1), END], [])
    assert [(one.step, one.verdict) for one in judged] == [
        (0, Verdict.FAIL),
        (0, Verdict.PASS),
        (1, Verdict.UNKNOWN),
    ]
    assert (judged[-1].expected, judged[-1].is_judged) == ("2", False)
    assert judged[-1].found == "not judged: the run ended before"
    assert [one.step for one in failures(judged)] == [0]


def test_what_ctrl_c_has_cut_off_is_unknown() -> None:
    cut = called(ended_ns=None, interrupted=True)
    assert overall(judge(scenario(recv()), [cut, END], [])) is Verdict.UNKNOWN


def test_steps_of_one_line_are_told_apart() -> None:
    judged = judge(
        scenario(recv(), recv(raises="EPIPE")), [called(result=1), called(1, result=1), END], []
    )
    assert [one.step for one in failures(judged)] == [1]
