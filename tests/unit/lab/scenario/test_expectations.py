"""What a call was to give beside what it gave: data in every form, names with a second name."""

from dataclasses import replace
from typing import Any

import pytest

from lab.evidence.events import CallOutcome, ProgramOutcome, Raised
from lab.evidence.verdict import Judgement, Verdict
from lab.scenario.call_expectation import CallExpectation
from lab.scenario.program_expectation import ProgramExpectation
from lab.scenario.steps.call import CallStep
from lab.scenario.steps.run import RunStep

CALL = CallOutcome(host="client", call="recv", began_ns=1_000, ended_ns=2_000)


def judge_call(expected: CallExpectation, event: CallOutcome) -> list[Judgement]:
    return list(CallStep(1, "client", "recv", {}, expected).judge(event))


def judge_program(expected: ProgramExpectation, event: ProgramOutcome) -> list[Judgement]:
    return list(RunStep(1, "client", ("x",), expected).judge(event))


DATAGRAM = {"data": {"text": "too"}, "from": "198.18.0.2:9", "flags": ["MSG_TRUNC"]}


@pytest.mark.parametrize(
    ("gives", "gave", "verdict"),
    [
        ("hello", {"text": "hello"}, Verdict.PASS),
        ("hello", {"text": "hell"}, Verdict.FAIL),
        ({"hex": "68 69"}, {"text": "hi"}, Verdict.PASS),
        ({"repeat": "x", "times": 3}, {"text": "xxx"}, Verdict.PASS),
        ({"repeat": "x", "times": 3}, {"text": "xx"}, Verdict.FAIL),
        ("too", DATAGRAM, Verdict.PASS),
        ("two", DATAGRAM, Verdict.FAIL),
        ({"data": "too", "flags": ["MSG_TRUNC"]}, DATAGRAM, Verdict.PASS),
        ({"data": "too", "flags": []}, DATAGRAM, Verdict.FAIL),
        (0, 0, Verdict.PASS),
        (0, "ECONNREFUSED", Verdict.FAIL),
        (None, None, Verdict.PASS),
    ],
)
def test_a_value_is_judged(gives: Any, gave: Any, verdict: Verdict) -> None:
    expected = CallExpectation(gives=gives, gives_anything=False)
    judged = judge_call(expected, replace(CALL, result=gave))
    assert judged[0].verdict is verdict


@pytest.mark.parametrize(
    ("gave", "length"),
    [({"text": "größer"}, 8), ({"hex": "ff00"}, 2), ({"length": 70_000}, 70_000), (5, 5)],
)
def test_a_length_is_of_bytes(gave: Any, length: int) -> None:
    for asked, verdict in ((length, Verdict.PASS), (length + 1, Verdict.FAIL)):
        expected = CallExpectation(gives_length=asked)
        judged = judge_call(expected, replace(CALL, result=gave))
        assert judged[0].verdict is verdict


@pytest.mark.parametrize(
    ("raises", "name", "verdict"),
    [
        ("ECONNRESET", "ECONNRESET", Verdict.PASS),
        ("EWOULDBLOCK", "EAGAIN", Verdict.PASS),
        ("ENOTSUP", "EOPNOTSUPP", Verdict.PASS),
        ("EPIPE", "ECONNRESET", Verdict.FAIL),
    ],
)
def test_an_error_is_judged_by_either_of_its_names(
    raises: str, name: str, verdict: Verdict
) -> None:
    raised = Raised(name=name, errno=1, type="OSError", text="text")
    judged = judge_call(CallExpectation(raises=raises), replace(CALL, raised=raised))
    assert judged[0].verdict is verdict


@pytest.mark.parametrize(
    ("call", "expected", "verdict"),
    [
        ("counter", CallExpectation(gives=0, gives_anything=False), Verdict.UNKNOWN),
        ("counter", CallExpectation(), Verdict.UNKNOWN),
        ("counter", CallExpectation(raises="ParameterError"), Verdict.PASS),
        ("counter", CallExpectation(raises="EPIPE"), Verdict.FAIL),
        ("recv", CallExpectation(), Verdict.FAIL),
    ],
)
def test_a_counter_that_cannot_be_read_proves_nothing(
    call: str, expected: CallExpectation, verdict: Verdict
) -> None:
    raised = Raised(name="ParameterError", type="ParameterError", text="none")
    judged = judge_call(expected, replace(CALL, call=call, raised=raised))
    assert judged[0].verdict is verdict


ENDED = ProgramOutcome(
    host="client",
    argv=("x",),
    began_ns=1_000,
    ended_ns=2_000,
    exit_status=0,
    output="so\n",
    errors="oops\nKeyError: 1\n",
)
PENDING = replace(ENDED, ended_ns=None, exit_status=None)
WHY = "; standard error: 'oops\\nKeyError: 1'"


@pytest.mark.parametrize(
    ("expected", "event", "found"),
    [
        (ProgramExpectation(output="else\n"), ENDED, f"'so\\n'{WHY}"),
        (ProgramExpectation(output_matches="else"), ENDED, f"'so\\n'{WHY}"),
        (ProgramExpectation(blocks_s=1.0), replace(ENDED, exit_status=1), f"exit status 1{WHY}"),
        (ProgramExpectation(within_s=1.0), PENDING, f"has not ended{WHY}"),
        (ProgramExpectation(output="else\n"), replace(ENDED, errors=" \n"), "'so\\n'"),
    ],
)
def test_what_is_not_as_expected_is_shown_with_standard_error(
    expected: ProgramExpectation, event: ProgramOutcome, found: str
) -> None:
    judged = judge_program(expected, event)
    (bad,) = [one for one in judged if one.verdict is Verdict.FAIL]
    assert bad.found == found


def test_standard_error_of_what_is_as_expected_is_not_shown() -> None:
    expected = ProgramExpectation(output="so\n", output_matches="so")
    judged = judge_program(expected, ENDED)
    assert [one.found for one in judged if one.expected.startswith("prints")] == ["'so\\n'"] * 2
