"""The verdict on traced programs' calls: PASS, FAIL, and UNKNOWN where calls may be unseen."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.checks.judge import judge
from lab.evidence.events import (
    End,
    Event,
    HostUp,
    ProgramCall,
    ProgramOutcome,
    ProgramStarted,
    StepsEnded,
    TraceNotice,
    TraceOff,
    TraceOn,
)
from lab.evidence.verdict import Judgement, Verdict
from lab.scenario.conditions import Condition
from lab.scenario.conditions.calls import Calls
from lab.scenario.model import Scenario
from lab.scenario.peers import Peer
from lab.scenario.steps.expect import ExpectStep
from lab.scenario.traced_calls import CallOutcome, CallPattern

UP = HostUp(host="server", addresses=("198.18.0.2",))
RUN = ProgramOutcome(
    step=0,
    host="client",
    argv=("/usr/bin/curl", "server"),
    traced=True,
    began_ns=0,
    ended_ns=9,
    exit_status=0,
)
CALL = ProgramCall(
    step=0,
    host="client",
    program="curl",
    pid=7,
    tid=7,
    call="connect",
    descriptor=3,
    arguments={"addr": "198.18.0.2:80"},
    error="ETIMEDOUT",
    began_ns=0,
    ended_ns=1_500_000_000,
)
ANOTHER = replace(CALL, program="wget")
NOTICE = TraceNotice(step=0, host="client", program="curl", pid=7, subject="io_uring")
STEPS_END, END = StepsEnded(), End(time_ns=9)
CONNECT = CallPattern(("client",), "curl", call="connect")


def judged(
    *events: Event,
    pattern: CallPattern = CONNECT,
    raises: str | None = "ETIMEDOUT",
    **amount: Any,
) -> Judgement:
    step = ExpectStep(7, Condition(Calls(pattern, CallOutcome(raises=raises)), **amount))
    scenario = Scenario(Path("x.yaml"), "title", "shows", (), (step,), ("server", "client"))
    (one,) = judge(scenario, [UP, *events, END], [])
    return one


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"count": 2}, Verdict.PASS),
        ({"count": 1}, Verdict.FAIL),
        ({"count": 3}, Verdict.FAIL),
        ({"at_least": 2}, Verdict.PASS),
        ({"at_least": 3}, Verdict.FAIL),
    ],
)
def test_calls_are_counted(amount: dict[str, Any], verdict: Verdict) -> None:
    assert judged(CALL, CALL, ANOTHER, RUN, STEPS_END, **amount).verdict is verdict


def test_what_came_in_its_place_is_said() -> None:
    refused = replace(CALL, error="ECONNREFUSED")
    found = judged(refused, RUN, STEPS_END)
    assert (found.verdict, found.found) == (
        Verdict.FAIL,
        "0; not so: connect to server:80 raised ECONNREFUSED in 1.500 s",
    )
    never = replace(CALL, error=None, ended_ns=None)
    assert judged(never, RUN, STEPS_END).found == "0; not so: connect to server:80 never ended"
    too_many = judged(CALL, CALL, refused, RUN, STEPS_END, count=1).found
    assert too_many == (
        "2; connect to server:80 raised ETIMEDOUT in 1.500 s, "
        "connect to server:80 raised ETIMEDOUT in 1.500 s, "
        "not so: connect to server:80 raised ECONNREFUSED in 1.500 s"
    )
    other = replace(CALL, call="sendto")
    assert judged(other, other, RUN, STEPS_END).found == "0; its calls are 2 sendto"


def test_a_program_that_was_traced_and_made_no_call_fails() -> None:
    found = judged(RUN, STEPS_END, pattern=CallPattern(("client",)))
    assert (found.verdict, found.found) == (Verdict.FAIL, "0; it made no call")


@pytest.mark.parametrize("amount", [{"count": 0}, {"at_least": 1}])
@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([replace(RUN, traced=False)], "no program on client was traced"),
        ([], "no program on client was traced"),
        ([RUN], "no call of a program curl was seen on client; seen: none"),
        ([ANOTHER, RUN], "no call of a program curl was seen on client; seen: wget"),
        ([CALL, NOTICE, RUN], "curl on client uses io_uring, by which calls are made unseen"),
        (
            [CALL, replace(NOTICE, subject="architecture"), RUN],
            "curl on client is of another architecture",
        ),
        (
            [CALL, replace(NOTICE, subject="ptrace", program="strace"), RUN],
            "strace on client traces others, whose calls are unseen",
        ),
        (
            [CALL, replace(RUN, ended_ns=None, exit_status=None)],
            "curl on client was still under way when the run ended",
        ),
        ([CALL, replace(RUN, outputs_open=True)], "curl on client was still under way"),
        (
            [ProgramStarted(name="x", host="client", argv=("curl",), traced=True), CALL],
            "curl on client was still under way",
        ),
    ],
)
def test_what_may_not_have_been_seen_is_unknown(
    events: list[Event], why: str, amount: dict[str, Any]
) -> None:
    found = judged(*events, STEPS_END, raises="EPIPE", **amount)
    assert found.verdict is Verdict.UNKNOWN
    assert found.found.startswith(f"0; {why}")


def test_what_was_seen_may_be_enough() -> None:
    assert judged(CALL, NOTICE, RUN, STEPS_END, at_least=1).verdict is Verdict.PASS
    assert judged(CALL, NOTICE, RUN, STEPS_END, count=0).verdict is Verdict.FAIL
    assert judged(CALL, NOTICE, RUN, STEPS_END, count=1).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "event",
    [
        replace(NOTICE, program="wget"),
        replace(NOTICE, host="server"),
        replace(NOTICE, subject="unfiltered"),
        replace(NOTICE, subject="no_new_privileges"),
        replace(RUN, argv=("wget",), step=5, ended_ns=None, exit_status=None),
        replace(RUN, traced=False, step=5, ended_ns=None, exit_status=None),
    ],
)
def test_what_is_unseen_of_others_takes_nothing(event: Event) -> None:
    assert judged(CALL, RUN, event, STEPS_END, count=1).verdict is Verdict.PASS


def test_a_program_that_one_which_goes_on_has_run_may_be_run_again() -> None:
    shell = replace(RUN, argv=("sh",), ended_ns=None, exit_status=None)
    assert judged(CALL, shell, STEPS_END, count=1).verdict is Verdict.UNKNOWN


def test_calls_of_the_end_of_the_lab_are_not_of_the_scenario() -> None:
    found = judged(CALL, RUN, STEPS_END, CALL, count=1)
    assert (found.verdict, found.found) == (
        Verdict.UNKNOWN,
        "1; curl on client made calls after the last step",
    )


def test_a_host_without_addresses_may_be_any() -> None:
    peer = Peer("web:80", ("web",), port=80)
    found = judged(CALL, RUN, STEPS_END, pattern=replace(CONNECT, peer=peer), count=0)
    assert found.verdict is Verdict.UNKNOWN
    assert found.found == "0; the addresses of web were not recorded"


def test_of_one_program_alone() -> None:
    started = replace(CALL, name="fetch")
    run = replace(RUN, name="fetch")
    pattern = replace(CONNECT, of="fetch")
    events = (CALL, started, replace(NOTICE, name="other"), RUN, run, STEPS_END)
    assert judged(*events, pattern=pattern, count=1).verdict is Verdict.PASS
    found = judged(CALL, RUN, STEPS_END, pattern=pattern, count=0)
    assert found.found == "0; the program fetch on client was not traced"


ON = TraceOn(time_ns=1, host="client", program="curl", pid=7)
OFF = TraceOff(time_ns=8, host="client", program="curl", pid=7, why="released")
LATER = replace(CALL, step=None, attached=7)


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"at_least": 1}, Verdict.PASS),
        ({"at_least": 2}, Verdict.UNKNOWN),
        ({"count": 0}, Verdict.FAIL),
        ({"count": 1}, Verdict.UNKNOWN),
    ],
)
def test_what_a_program_did_before_its_trace_is_unknown(
    amount: dict[str, Any], verdict: Verdict
) -> None:
    found = judged(ON, LATER, OFF, STEPS_END, **amount)
    assert found.verdict is verdict
    if verdict is Verdict.UNKNOWN:
        assert "curl on client ran already when its trace began" in found.found


def test_another_program_that_ran_already_makes_nothing_unknown() -> None:
    other = replace(ON, program="sleep", pid=1)
    assert judged(other, CALL, RUN, STEPS_END, count=1).verdict is Verdict.PASS
    of_other = replace(LATER, attached=1)
    assert judged(other, of_other, RUN, STEPS_END, count=1).verdict is Verdict.UNKNOWN


def test_a_trace_that_others_ended_is_unknown() -> None:
    lost = replace(OFF, why="lost")
    other = replace(ON, program="sleep", pid=1)
    found = judged(other, replace(lost, program="sleep", pid=1), RUN, STEPS_END)
    assert found.verdict is Verdict.UNKNOWN
