"""What hosts' own programs print is evidence, on every engine: whole, once, with times."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.evidence import event_file, folders
from lab.evidence.events import HostOutput, LastOutput, OutputCut
from lab.evidence.verdict import Verdict
from lab.model import PrintedLine
from lab.runner import run
from lab.scenario.reader import read
from tests import made_evidence as made
from tests.integration.command import TOPOLOGIES
from tests.integration.own_lab import own_lab, quiet
from tests.waiting import wait_until

HEAD = """\
title: A host prints
shows: its lines are evidence
compose: {file}
steps:
"""
READY = "ready to accept connections"


@pytest.fixture
def printer(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "printer.yaml") as lab:
        yield lab


class Reading:
    """What a host has printed so far, read again and again."""

    def __init__(self, lab: Lab) -> None:
        self._printed = lab.printed("printer")
        self.lines: list[PrintedLine] = []

    def wait_for(self, *expected: tuple[str, str]) -> None:
        """Wait until just these lines are there, in this order for each stream."""

        def there() -> bool:
            self.lines += self._printed.lines()
            return len(self.lines) >= len(expected)

        wait_until(there, f"{len(expected)} lines")
        for name in ("stdout", "stderr"):
            wanted = [text for stream, text in expected if stream == name]
            assert [line.text for line in self.lines if line.stream == name] == wanted


def test_lines_are_read_once_with_their_streams_and_times_through_restarts(printer: Lab) -> None:
    host, reading = printer.host("printer"), Reading(printer)
    expected = [("stderr", READY)]
    reading.wait_for(*expected)
    before_ns = time.time_ns()
    host.kill("USR1")
    expected += [("stdout", "again"), ("stdout", "and again")]
    reading.wait_for(*expected)
    assert all(line.time_ns > before_ns for line in reading.lines[1:])
    for _ in range(2):
        host.kill("USR2")
        wait_until(lambda: host.status().state == "exited", "its end")
        host.restart()
        # The half line is whole with the end of its program, and no part of the next one's first.
        expected += [("stdout", "half a line"), ("stderr", "ValueError: bad"), ("stderr", READY)]
        reading.wait_for(*expected)
    assert time.time_ns() > max(line.time_ns for line in reading.lines)
    again = Reading(printer)
    again.wait_for(*expected)


def test_what_a_program_has_printed_before_its_end_is_there_once_it_has_ended(printer: Lab) -> None:
    host = printer.host("printer")
    wait_until(lambda: bool(list(printer.printed("printer").lines())), "its first line")
    host.kill("USR2")
    wait_until(lambda: host.status().state == "exited", "its end")
    found = sorted((line.stream, line.text) for line in printer.printed("printer").lines())
    last = [("stderr", "ValueError: bad"), ("stderr", READY), ("stdout", "half a line")]
    assert found == last


def play(engine: Engine, folder: Path, *steps: str) -> run.Outcome:
    file = folder / "scenario.yaml"
    text = HEAD.format(file=TOPOLOGIES / "printer.yaml")
    file.write_text(text + "".join(f"  - {step}\n" for step in steps), encoding="utf-8")
    show = lambda _step, _judged, _took_s: None  # noqa: E731
    return run.run(engine, read(file), folder / "results", show=show, progress=quiet)


def test_scenarios_wait_for_and_expect_what_hosts_print(engine: Engine, tmp_path: Path) -> None:
    outcome = play(
        engine,
        tmp_path,
        "{wait: {output: ready to accept, of: printer}}",
        "{fault: kill, on: printer, signal: USR1}",
        "{wait: {output_matches: '^again$', of: printer}}",
        "{fault: restart, on: printer}",
        "{wait: {output: ready to accept, of: printer, count: 2}}",
        "{fault: kill, on: printer, signal: USR2}",
        "{expect: {output: '^ValueError: bad$', of: printer, count: 1}}",
        "{expect: {output: '^half a line$', of: printer, count: 1}}",
        "{expect: {output_matches: again$, of: printer, count: 2}}",
        "{expect: {output: nonsense, of: printer, count: 0}}",
    )
    assert [one for one in outcome.judgements if one.verdict is not Verdict.PASS] == []
    assert run.verify(outcome.folder).judgements == outcome.judgements
    found = event_file.read(outcome.folder)
    lines = [(one.stream, one.text) for one in found if isinstance(one, HostOutput)]
    assert sorted(lines) == [
        *(("stderr", "ValueError: bad"), ("stderr", READY), ("stderr", READY)),
        *(("stdout", "again"), ("stdout", "and again"), ("stdout", "half a line")),
    ]


def test_line_that_does_not_come_fails_and_says_what_came(engine: Engine, tmp_path: Path) -> None:
    wait = "{wait: {output: ready, of: printer, count: 2}, within: 300ms}"
    outcome = play(engine, tmp_path, wait)
    assert (outcome.verdict, outcome.judgements[0].found) == (Verdict.FAIL, "1 lines")
    expect = "{expect: {output: ready, of: printer, count: 0}}"
    outcome = play(engine, tmp_path, "{wait: {output: ready, of: printer}}", expect)
    assert (outcome.verdict, outcome.judgements[-1].found) == (Verdict.FAIL, "1")


def test_host_that_has_died_leaves_its_last_lines_in_a_run_that_fails(
    engine: Engine, tmp_path: Path
) -> None:
    outcome = play(
        engine,
        tmp_path,
        "{wait: {output: ready, of: printer}}",
        "{fault: kill, on: printer, signal: USR2}",
        "{wait: {output: never, of: printer}, within: 500ms}",
    )
    found = event_file.read(outcome.folder)
    (printed,) = [one for one in found if isinstance(one, LastOutput)]
    assert (printed.host, printed.state) == ("printer", "exited")
    assert sorted(printed.output.splitlines()) == ["ValueError: bad", "half a line", READY]


def test_evidence_that_lacks_lines_is_unknown(namespaces: Engine, tmp_path: Path) -> None:
    outcome = play(namespaces, tmp_path, "{expect: {output: again, of: printer, count: 0}}")
    assert outcome.verdict is Verdict.PASS
    file = outcome.folder / event_file.FILE
    first, *others = event_file.read(outcome.folder)
    cut = OutputCut(time_ns=1, host="printer", missing_lines=7)
    captured = (outcome.folder / folders.CAPTURE).read_bytes()
    file.write_bytes(made.event_lines([first, cut, *others], captured))
    again = run.verify(outcome.folder)
    assert again.verdict is Verdict.UNKNOWN
    assert again.judgements[-1].found == "0; 7 lines of what printer printed are not kept"
    assert (outcome.folder / folders.VERDICT).exists()
