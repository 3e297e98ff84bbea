"""Evidence that has lost something, or was changed, is never PASS, and says where."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import EvidenceError
from lab.evidence import event_file, events, folders
from lab.evidence.packets import packets
from lab.evidence.pcapng import blocks
from lab.evidence.verdict import Verdict
from lab.report.reading import read as read_for_page
from lab.runner import run
from tests import made_evidence as made

MADE = made.half_open()
CAPTURE = made.capture(made.handshake())
LINES = made.event_lines(MADE, CAPTURE).splitlines(keepends=True)
NUMBERS = range(1, len(LINES) + 1)


def shown(folder: Path) -> tuple[Verdict, str]:
    """Return the verdict and what was found; that of the page must be the same."""
    try:
        outcome = run.verify(folder)
    except EvidenceError as error:
        assert read_for_page(folder).verdict is not Verdict.PASS
        return Verdict.UNKNOWN, str(error)
    assert read_for_page(folder).verdict is outcome.verdict
    return outcome.verdict, "\n".join(one.found for one in outcome.judgements)


def with_lines(folder: Path, lines: list[bytes]) -> Path:
    made.write(folder)
    (folder / event_file.FILE).write_bytes(b"".join(lines))
    return folder


def test_whole_evidence_is_pass(tmp_path: Path) -> None:
    assert shown(with_lines(tmp_path, LINES))[0] is Verdict.PASS


@pytest.mark.parametrize("line", NUMBERS)
def test_a_line_that_is_missing_is_named(tmp_path: Path, line: int) -> None:
    verdict, found = shown(with_lines(tmp_path, LINES[: line - 1] + LINES[line:]))
    assert verdict is Verdict.UNKNOWN
    if line == len(LINES):
        assert "it ends early" in found
    elif line == 1:
        assert "no event `start`; line 1: " in found
        assert "event 1 is missing before it" in found
    else:
        assert f"events.jsonl, line {line}: " in found
        assert f"event {line} is missing before it" in found


@pytest.mark.parametrize("line", NUMBERS)
def test_a_line_that_is_doubled_is_named(tmp_path: Path, line: int) -> None:
    verdict, found = shown(with_lines(tmp_path, LINES[:line] + LINES[line - 1 :]))
    assert verdict is Verdict.UNKNOWN
    assert f"events.jsonl, line {line + 1}: " in found


@pytest.mark.parametrize("line", NUMBERS[:-1])
def test_lines_that_have_changed_places_are_named(tmp_path: Path, line: int) -> None:
    swapped = [LINES[line], LINES[line - 1]]
    verdict, found = shown(with_lines(tmp_path, LINES[: line - 1] + swapped + LINES[line + 1 :]))
    assert verdict is Verdict.UNKNOWN
    assert f"line {line}: " in found


@pytest.mark.parametrize("line", NUMBERS)
def test_a_line_that_was_changed_is_named(tmp_path: Path, line: int) -> None:
    fields = json.loads(LINES[line - 1])
    fields["time_ns"] += 1
    changed = f"{json.dumps(fields)}\n".encode()
    verdict, found = shown(with_lines(tmp_path, [*LINES[: line - 1], changed, *LINES[line:]]))
    assert verdict is Verdict.UNKNOWN
    assert f"line {line}: " in found
    assert "is damaged: it is not as it was written" in found
    # The lines after it are as they were.
    assert f"line {line + 1}: " not in found


@pytest.mark.parametrize("line", NUMBERS)
@pytest.mark.parametrize("inserted", [b"{}\n", b"\n", b'{"kind": "note", "time_ns": 1}\n'])
def test_a_line_that_was_added_is_named(tmp_path: Path, line: int, inserted: bytes) -> None:
    verdict, found = shown(with_lines(tmp_path, [*LINES[:line], inserted, *LINES[line:]]))
    assert verdict is Verdict.UNKNOWN
    assert f"events.jsonl, line {line + 1}: " in found


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def without(data: bytes, at: int) -> bytes:
    return data[:at] + data[at + 1 :]


def doubled(data: bytes, at: int) -> bytes:
    return data[: at + 1] + data[at:]


CHANGES = [flipped, without, doubled]


@pytest.mark.parametrize("change", CHANGES)
def test_no_byte_of_the_events_is_changed_unseen(
    tmp_path: Path, change: Callable[[bytes, int], bytes]
) -> None:
    whole = b"".join(LINES)
    folder = made.write(tmp_path)
    unseen = []
    for at in range(len(whole)):
        if (damaged := change(whole, at)) == whole:
            continue
        (folder / event_file.FILE).write_bytes(damaged)
        found = event_file.read(folder)
        is_damaged = any(isinstance(one, events.Damaged) for one in found)
        if not is_damaged and any(isinstance(one, events.End) for one in found):
            unseen.append(at)
    assert unseen == []


@pytest.mark.parametrize("change", CHANGES)
def test_no_byte_of_the_capture_is_changed_unseen(
    tmp_path: Path, change: Callable[[bytes, int], bytes]
) -> None:
    folder = made.write(tmp_path)
    written = event_file.read(folder)
    file = folder / folders.CAPTURE
    unseen = []
    for at in range(len(CAPTURE)):
        file.write_bytes(change(CAPTURE, at))
        try:
            list(packets(file, written))
        except Exception:  # noqa: S112 - `verify` has a test of its own for each kind
            continue
        unseen.append(at)
    assert unseen == []


def test_a_packet_that_is_missing_or_doubled_in_the_capture_is_seen(tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    file = folder / folders.CAPTURE
    there = [block for _, block in blocks(file)]
    for at in range(len(there)):
        for changed in (there[:at] + there[at + 1 :], there[: at + 1] + there[at:]):
            file.write_bytes(b"".join(changed))
            verdict, found = shown(folder)
            assert verdict is not Verdict.PASS
            assert folders.CAPTURE in found


def test_a_capture_that_no_event_knows_of_is_seen(tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    recorder = event_file.Recorder(folder)
    for event in MADE:
        recorder.write(event)
    recorder.close()
    verdict, found = shown(folder)
    assert verdict is Verdict.UNKNOWN
    assert "wire.pcapng: is not of this run" in found


def test_a_changed_line_that_would_fail_proves_nothing(tmp_path: Path) -> None:
    changed = [line.replace(b'"connect"', b'"accept"') for line in LINES]
    assert shown(with_lines(tmp_path, changed))[0] is Verdict.UNKNOWN


def test_a_folder_of_version_2_is_judged_as_before(tmp_path: Path) -> None:
    first, *others = MADE
    assert isinstance(first, events.Start)
    old = [replace(first, format=2), *others]
    lines = [event_file.line_of(one).encode() for one in old]
    assert shown(with_lines(tmp_path, lines))[0] is Verdict.PASS
    # It has no digests that could show this.
    removed = [line for line in lines if b"syslog" not in line]
    assert len(removed) < len(lines)
    assert shown(with_lines(tmp_path, removed))[0] is Verdict.PASS
