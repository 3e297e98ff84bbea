"""The verdict of a run in one sentence, and the call that it is about. Pure."""

from lab.agent.call_server.registry import Role
from lab.evidence.verdict import Judgement, Verdict
from lab.net.fate import DROPPED
from lab.report.call_text import counted, duration
from lab.report.model import Call, Program, Run

_LONG_NS = 150_000_000  # a retransmission takes 200 ms at least
_RECEIVING = {Role.RECEIVE, Role.ACCEPT, Role.WAIT}


def verdict_summary(run: Run) -> str:
    """Return it: `client: recv gave ECONNRESET after 1.002 s, as expected.`"""
    bad = first_bad(run)
    if any(one.what == run.name for one in run.judgements):
        return _of_test(bad)
    if run.verdict is Verdict.PASS:
        return _as_expected(run)
    if bad and bad.verdict is Verdict.FAIL:
        return _failed(run, bad)
    if run.missing:
        return f"Nothing can be said: {_small(run.missing[0])}."
    if bad is None or bad.what == "evidence":
        return f"Nothing can be said: {_small(bad.found if bad else 'there is no verdict')}."
    return f"Nothing can be said: {_plain(bad.what)}: {bad.found}; expected: {bad.expected}."


def _failed(run: Run, bad: Judgement) -> str:
    key = key_call(run)
    if not (key and key.expected and bad.what.startswith(_head(key))):
        return f"{_plain(bad.what)}: {bad.found}. Expected: {bad.expected}."
    expected = bad.expected
    if expected.startswith("returns"):  # in time; what it had to give says more
        expected = f"{key.expected}{expected.removeprefix('returns')}"
    return f"{_head(key)} {_came(key)}. Expected: {expected}."


def _head(call: Call) -> str:
    return f"{call.host}: {call.name}"


def _of_test(bad: Judgement | None) -> str:
    if bad is None:
        return "The test passed."
    return f"The test {'failed' if bad.verdict is Verdict.FAIL else 'did not end'}: {bad.found}"


def _as_expected(run: Run) -> str:
    key = key_call(run)
    if key is not None:
        return f"{key.host}: {key.name} {_came(key)}, as expected{_although(run, key)}."
    return _program_sentence(run.programs[-1]) if run.programs else "All is as expected."


def _small(sentence: str) -> str:
    """Let a sentence follow a colon."""
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".")


def first_bad(run: Run) -> Judgement | None:
    """Return the judgement that decides: of those that are FAIL, else UNKNOWN, the first."""
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        for one in run.judgements:
            if one.verdict is verdict:
                return one
    return None


def key_call(run: Run) -> Call | None:
    """Return the call that tells most of a run: one that is not as expected, or else the last that
    failed or waited in vain, the one that took long, or the last that gave what it had to."""
    for call in run.calls:
        if call.verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
            return call
    if run.verdict is not Verdict.PASS:
        return _failed_test_by(run)
    expected = [call for call in run.calls if call.expected not in {"", "returns"}]
    for chosen in (
        [call for call in run.calls if call.tells],
        [call for call in expected if call.error],
        [call for call in expected if call.ended_ns is None],
        sorted(filter(_took_long, run.calls), key=_took_ns),
        [call for call in expected if call.role in _RECEIVING],
        expected,
    ):
        if chosen:
            return chosen[-1]
    return None if run.programs else (run.calls[-1] if run.calls else None)


def _failed_test_by(run: Run) -> Call | None:
    """Return the last call that raised, if it is what a test did not survive."""
    bad = first_bad(run)
    raised = [call for call in run.calls if call.error]
    if bad is None or bad.what != run.name or not raised:
        return None
    text = raised[-1].raised.text if raised[-1].raised else ""
    is_it = raised[-1].error in bad.found or (text and text in bad.found)
    return raised[-1] if is_it else None


def _took_ns(call: Call) -> int:
    return 0 if call.ended_ns is None else call.ended_ns - call.began_ns


def _took_long(call: Call) -> bool:
    return _took_ns(call) >= _LONG_NS


def _came(call: Call) -> str:
    if call.ended_ns is None:
        waited = duration(call.looked_ns - call.began_ns)
        return f"did not return: it was still waiting when the lab stopped looking, after {waited}"
    what = "returned" if call.result == "ok" else f"gave {call.result}"
    return f"{what} after {duration(call.ended_ns - call.began_ns)}"


def _although(run: Run, key: Call) -> str:
    """Say what the call did not suffer from: a fault that can be seen nowhere but on the wire."""
    lost = sum(DROPPED in packet.fates for packet in run.packets)
    if key.error or key.ended_ns is None or not lost:
        return ""
    return f", although {counted(lost, 'packet')} {'was' if lost == 1 else 'were'} dropped"


def _program_sentence(program: Program) -> str:
    name = program.argv[0] if program.argv else "the program"
    if program.exit_status is None:
        return f"{program.host}: {name} had not ended, as expected."
    return f"{program.host}: {name} ended with exit status {program.exit_status}, as expected."


def _plain(what: str) -> str:
    """Drop the socket's name: `client: recv(c)` is `client: recv` to who has not read the file."""
    head, bracket, _ = what.partition("(")
    return head if bracket and ": " in head else what
