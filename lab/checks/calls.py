"""What came of socket calls and programs, beside what was expected of them. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any

from lab.agent.call_server import encoding
from lab.checks.verdict import Judgement, Verdict
from lab.evidence.events import CallOutcome, ProgramInput, ProgramOutcome
from lab.net import constants
from lab.scenario.model import Expected


def judge(line: int, what: str, expected: Expected, event: CallOutcome) -> Iterator[Judgement]:
    """Yield a judgement for each thing that was expected of a call; at least one."""
    if expected.blocks_s is not None:
        text = f"blocks for {expected.blocks_s:g} s"
        yield _judgement(line, what, text, result(event), good=event.is_pending)
        return
    if event.ended_ns is None or event.began_ns is None:
        limit = f"returns within {expected.within_s:g} s"
        yield _judgement(line, what, limit, "has not returned", good=False)
        return
    if event.raised and event.call == "counter" and expected.raises is None:
        # No program's affair: what this kernel does not count proves nothing.
        yield Judgement(line, what, wanted(expected), result(event), Verdict.UNKNOWN)
        return
    yield from _judge_result(line, what, expected, event)
    lasted_s = (event.ended_ns - event.began_ns) / 1e9
    if expected.after_s is not None:
        good = lasted_s >= expected.after_s
        yield _judgement(
            line, what, f"lasts at least {expected.after_s:g} s", f"{lasted_s:.3f} s", good=good
        )
    good = lasted_s <= expected.within_s
    yield _judgement(line, what, f"within {expected.within_s:g} s", f"{lasted_s:.3f} s", good=good)


def _judge_result(
    line: int, what: str, expected: Expected, event: CallOutcome
) -> Iterator[Judgement]:
    raised = event.raised
    if expected.raises is not None:
        wanted_name = constants.OTHER_NAMES.get(expected.raises, expected.raises)
        good = raised is not None and wanted_name in {raised.name, raised.type}
        yield _judgement(line, what, f"raises {expected.raises}", result(event), good=good)
        return
    if raised is not None:
        yield _judgement(line, what, wanted(expected), result(event), good=False)
        return
    value = event.result
    if expected.gives_length is not None:
        good = _length(value) == expected.gives_length
        text = f"gives {expected.gives_length} bytes"
        yield _judgement(line, what, text, f"{_length(value)} bytes", good=good)
    elif expected.gives_at_least is not None:
        good = isinstance(value, int | float) and value >= expected.gives_at_least
        yield _judgement(line, what, wanted(expected), result(event), good=good)
    elif expected.gives_at_most is not None:
        good = isinstance(value, int | float) and value <= expected.gives_at_most
        yield _judgement(line, what, wanted(expected), result(event), good=good)
    elif not expected.gives_anything:
        good = encoding.same(expected.gives, value)
        yield _judgement(line, what, wanted(expected), result(event), good=good)
    else:
        yield _judgement(line, what, wanted(expected), result(event), good=True)


def judge_program(
    line: int, what: str, expected: Expected, event: ProgramOutcome
) -> Iterator[Judgement]:
    """Yield a judgement for each thing that was expected of a program; at least one."""
    limit = f"ends within {expected.within_s:g} s"
    if expected.blocks_s is not None:
        pending = event.is_pending
        found = "has not ended" if pending else f"exit status {event.exit_status}{_errors(event)}"
        yield _judgement(line, what, f"runs on for {expected.blocks_s:g} s", found, good=pending)
        yield from _judge_outputs(line, what, expected, event)
        return
    if event.ended_ns is None:
        found = "has not ended" + ("; its input is open" if event.input_open else "")
        found += _errors(event)
        yield _judgement(line, what, limit, found, good=False)
        return
    lasted_s = (event.ended_ns - event.began_ns) / 1e9
    status, output, errors = event.exit_status, event.output, event.errors
    found = f"exit status {status}" + (f"; {errors.strip()[-200:]}" if errors.strip() else "")
    good = status == expected.exit_status
    yield _judgement(line, what, f"exit status {expected.exit_status}", found, good=good)
    if expected.output is not None:
        good = output == expected.output
        found = repr(output) + ("" if good else _errors(event))
        yield _judgement(line, what, f"prints {expected.output!r}", found, good=good)
    yield from _judge_outputs(line, what, expected, event)
    if expected.after_s is not None:
        good = lasted_s >= expected.after_s
        text = f"runs at least {expected.after_s:g} s"
        yield _judgement(line, what, text, f"{lasted_s:.3f} s", good=good)
    yield _judgement(line, what, limit, f"{lasted_s:.3f} s", good=lasted_s <= expected.within_s)


def _errors(event: ProgramOutcome) -> str:
    """Return the end of what a program printed to standard error, to be read after what it did."""
    errors = event.errors.strip()
    return f"; standard error: {errors[-200:]!r}" if errors else ""


def judge_input(line: int, what: str, within_s: float, event: ProgramInput) -> Iterator[Judgement]:
    """Yield the judgement of input that a program was given."""
    size, taken = event.size_bytes, event.taken_bytes
    if event.refused:
        status = event.exit_status
        found = "it reads no more" if status is None else f"it has ended with exit status {status}"
    elif taken < size:
        found = f"took {taken:,} of {size:,} bytes"
    else:
        found = given(event)
    good = not event.refused and taken == size
    yield _judgement(line, what, f"takes it within {within_s:g} s", found, good=good)


def given(event: ProgramInput) -> str:
    """Return, for people, what input a program was given: `sent "hello", closed`."""
    words = [f"sent {shown(event.data)}"] if event.data is not None else []
    return ", ".join([*words, *(["closed"] if event.close else [])])


def _judge_outputs(
    line: int, what: str, expected: Expected, event: ProgramOutcome
) -> Iterator[Judgement]:
    output, errors = event.output, event.errors
    for pattern, text in ((expected.output_matches, output), (expected.errors_match, errors)):
        if pattern is not None:
            good = re.search(pattern, text) is not None
            found = repr(text[-500:])
            if not good and text is output:
                found += _errors(event)
            yield _judgement(line, what, f"prints /{pattern}/", found, good=good)


def wanted(expected: Expected) -> str:
    """Return, for people, what was expected of a call: `gives 5 bytes`, `raises EPIPE`."""
    if expected.blocks_s is not None:
        return f"blocks for {expected.blocks_s:g} s"
    if expected.raises is not None:
        return f"raises {expected.raises}"
    if expected.gives_length is not None:
        return f"gives {expected.gives_length} bytes"
    if expected.gives_at_least is not None:
        return f"gives at least {expected.gives_at_least}"
    if expected.gives_at_most is not None:
        return f"gives at most {expected.gives_at_most}"
    return "returns" if expected.gives_anything else f"gives {shown(expected.gives)}"


def result(event: CallOutcome) -> str:
    """Return, for people, what a call came to: `gave 5`, `raised EPIPE: Broken pipe`."""
    if event.is_pending:
        return "has not returned"
    if event.raised:
        return f"raised {event.raised.name}: {event.raised.text}".rstrip(": ")
    return "returned" if event.result is None else f"gave {shown(event.result)}"


def plain(value: Any) -> Any:
    """Reduce data to its simplest form: what is UTF-8 is its text."""
    if isinstance(value, dict) and set(value) == {"text"}:
        return value["text"]
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def shown(value: Any) -> str:
    """Show a value, shortened."""
    text = json.dumps(plain(value), ensure_ascii=False)
    return text if len(text) <= _MOST else f"{text[:_MOST]}... ({len(text)} characters)"


_MOST = 80


def _length(value: Any) -> int | None:
    return value if isinstance(value, int) else encoding.length(value)


def _judgement(line: int, what: str, expected: str, found: str, *, good: bool) -> Judgement:
    return Judgement(line, what, expected, found, Verdict.PASS if good else Verdict.FAIL)
