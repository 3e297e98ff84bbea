"""Evidence that has lost something, or was changed, is never PASS, and says where."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab import cli
from lab.errors import EvidenceError
from lab.evidence import event_file, events, folders, scenario_file, verdict_file
from lab.evidence.digests import content_of
from lab.evidence.packets import packets
from lab.evidence.pcapng import blocks
from lab.evidence.verdict import Verdict
from lab.report import page
from lab.report.reading import read as read_for_page
from lab.runner import run
from tests import made_evidence as made
from tests.made_many_kinds import FILES

MADE = made.half_open()
CAPTURE = made.capture(made.handshake())
LINES = made.event_lines(MADE, CAPTURE, made.SCENARIO).splitlines(keepends=True)
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


@pytest.mark.parametrize("field", ["time_ns", "began_ns", "port"])
def test_a_number_that_is_none_is_named_and_gives_a_page(tmp_path: Path, field: str) -> None:
    listed = made.as_json(MADE)
    for fields in listed[3:]:
        if field in fields:
            fields[field] = 10**400
    lines = made.event_lines(listed, CAPTURE, made.SCENARIO).splitlines(keepends=True)
    verdict, _ = shown(with_lines(tmp_path, lines))
    assert verdict is (Verdict.PASS if field == "port" else Verdict.UNKNOWN)
    assert page.render(read_for_page(tmp_path))


def test_a_packet_that_is_doubled_is_not_one_too_many(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    assert shown(tmp_path)[0] is Verdict.PASS
    file = tmp_path / folders.CAPTURE
    there = [block for _, block in blocks(file)]
    for at in range(len(there)):
        for rest in (b"", b"x"):
            file.write_bytes(b"".join(there[: at + 1] + there[at:]) + rest)
            assert shown(tmp_path)[0] is Verdict.UNKNOWN


def test_a_capture_that_no_event_knows_of_is_seen(tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    recorder = event_file.Recorder(folder)
    for event in MADE:
        if isinstance(event, events.End):
            event = replace(event, scenario=content_of(made.SCENARIO.encode()))  # noqa: PLW2901
        recorder.write(event)
    recorder.close()
    verdict, found = shown(folder)
    assert verdict is Verdict.UNKNOWN
    assert "wire.pcapng: is not of this run" in found


@pytest.mark.parametrize(
    "rest", [b"x", b"{", b"\0", b'{"kind": "note", "time_ns": 1}', LINES[-1][:-1]]
)
def test_what_follows_the_last_line_is_named(tmp_path: Path, rest: bytes) -> None:
    verdict, found = shown(with_lines(tmp_path, [*LINES, rest]))
    assert verdict is Verdict.UNKNOWN
    assert f"events.jsonl, line {len(LINES) + 1}: " in found


@pytest.mark.parametrize("change", CHANGES)
def test_no_byte_of_the_scenario_is_changed_unseen(
    tmp_path: Path, change: Callable[[bytes, int], bytes]
) -> None:
    folder = made.write(tmp_path)
    written = event_file.read(folder)
    whole = made.SCENARIO.encode()
    unseen = []
    for at in range(len(whole)):
        (folder / folders.SCENARIO).write_bytes(change(whole, at))
        try:
            scenario_file.read(folder, written)
        except EvidenceError:
            continue
        unseen.append(at)
    assert [at for at in unseen if change(whole, at) != whole] == []


@pytest.mark.parametrize("ends", ["# and more\n", " ", "\r\n"])
def test_another_scenario_proves_nothing(tmp_path: Path, ends: str) -> None:
    folder = made.write(tmp_path)
    with (folder / folders.SCENARIO).open("ab") as file:
        file.write(ends.encode())
    verdict, found = shown(folder)
    assert verdict is Verdict.UNKNOWN
    size = len(made.SCENARIO)
    expected = f"scenario.yaml: has {size + len(ends)} bytes, where {size} were written"
    assert found == str(folder / expected)
    assert any(expected in one for one in read_for_page(folder).missing)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"verdict": "FAIL"}', "says FAIL, and the evidence PASS"),
        ('{"verdict": "PASS"}', "has other judgements than the evidence gives"),
        ("{", "Expecting property name"),
        (None, ""),
    ],
)
def test_verdict_is_judged_anew_and_a_difference_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    folder = made.write(tmp_path)
    verdict_file.write(folder, run.verify(folder))
    if text:
        (folder / folders.VERDICT).write_text(text)
    assert cli.main(["verify", str(folder)]) == 0
    assert cli.main(["verify", "--json", str(folder)]) == 0
    shown, _, data = capsys.readouterr().out.partition("[")
    assert f"{folder / folders.VERDICT}: {said}" in shown if said else "note" not in shown
    (entry,) = json.loads(f"[{data}")
    assert said in entry["differs"]
    assert bool(said) == bool(entry["differs"])
    assert entry["verdict"] == "PASS"


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
