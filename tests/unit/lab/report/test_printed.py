"""What hosts print is on the page: a row at its moment, every line in full, and who has ended."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from lab import report
from lab.evidence.events import End, Event, HostOutput, LastOutput, OutputCut
from lab.report import printed
from lab.report.entries import Kind
from lab.report.facts import facts
from lab.report.payload import payload
from lab.report.picture import draw
from lab.report.reading import read
from tests import made_evidence as made

TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/app/server.py", line 7, in <module>',
    "ValueError: <bad>",
)


def line(at_ms: float, text: str, *, stream: str = "stdout", host: str = "server") -> Event:
    return made.at(at_ms, HostOutput(host=host, stream=stream, text=text))


def evidence(*events: Event) -> Sequence[Event]:
    return [*made.half_open()[:-1], *events, made.at(1050, End())]


CRASH = evidence(
    line(-3, "ready to accept"),
    line(12, "hello from client"),
    *(line(500 + n / 10, text, stream="stderr") for n, text in enumerate(TRACEBACK)),
    made.at(1045, LastOutput(host="server", state="exited", output="\n".join(TRACEBACK))),
)


def test_lines_have_rows_at_their_moments_and_a_traceback_is_one(tmp_path: Path) -> None:
    rows = [row for row in draw(read(made.write(tmp_path, CRASH))).rows if row.kind is Kind.PRINTED]
    assert [(row.time, row.hosts) for row in rows] == [
        ("0.012", ("server",)),
        ("0.500", ("server",)),
    ]
    assert [[word for _, word in row.text.parts] for row in rows if row.text] == [
        ["stdout:", "hello from client"],
        ["stderr:", "ValueError: <bad>", "(and 2 lines)"],
    ]


def test_a_chosen_row_and_the_table_have_every_line(tmp_path: Path) -> None:
    run = read(made.write(tmp_path, CRASH))
    there = payload(run, draw(run))["details"]
    (key,) = [row.key for row in draw(run).rows if row.spoken.endswith("ValueError: <bad>")]
    assert there[key][:3] == [
        *(("Printed", "\n".join(TRACEBACK)), ("Host", "server"), ("Output", "stderr")),
    ]
    assert ("printed, stderr", "\n".join(TRACEBACK)) in {(one.kind, one.what) for one in facts(run)}
    assert "ready to accept" in {one.what for one in facts(run)}


def test_page_has_what_was_printed_before_the_first_step_and_who_has_ended(tmp_path: Path) -> None:
    text = report.write(made.write(tmp_path, CRASH)).read_text(encoding="utf-8")
    section = text.partition("What programs printed</h2>")[2].partition("</section>")[0]
    assert "<figcaption>server (exited)</figcaption>" in section
    whole = "\n".join(["ready to accept", "hello from client", *TRACEBACK[:2]])
    assert (
        f"<pre>{whole.replace('<', '&lt;').replace('>', '&gt;').replace(chr(34), '&#34;')}"
        in section
    )
    assert "ValueError: &lt;bad&gt;" in section
    assert "server has ended (exited)" in text


def test_of_a_host_that_printed_nothing_in_the_run_the_last_lines_are_there(tmp_path: Path) -> None:
    ended = made.at(1045, LastOutput(host="server", state="running", output="ready"))
    silent = made.at(1045, LastOutput(host="client", state="running"))
    run = read(made.write(tmp_path, evidence(ended, silent)))
    assert printed.by_hosts(run) == [("server (running)", "ready")]


def test_what_is_not_kept_is_said(tmp_path: Path) -> None:
    cut = made.at(1045, OutputCut(host="server", missing_lines=7))
    run = read(made.write(tmp_path, evidence(cut)))
    assert "7 lines of what server printed are not kept" in {one.text for one in run.notes}


def test_streams_and_hosts_are_not_put_together(tmp_path: Path) -> None:
    lines = [line(10, "a"), line(10.1, "b", stream="stderr"), line(10.2, "c", host="client")]
    run = read(made.write(tmp_path, evidence(*lines, line(10.1, "d"), line(15, "e"))))
    assert [one.lines for one in run.printed] == [("a", "d"), ("b",), ("c",), ("e",)]


def test_very_many_lines_are_few_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "_MOST", 20)
    lines = [line(10 * n, str(n)) for n in range(100)]
    run = read(made.write(tmp_path, evidence(*lines)))
    assert len(run.printed) <= 20
    assert sorted(int(text) for one in run.printed for text in one.lines) == [*range(100)]


def test_damaged_line_is_left_out(tmp_path: Path) -> None:
    damaged, *rest = made.as_json([line(10, "no host"), *evidence(line(11, "whole"))])
    del damaged["host"]
    start, *rest = rest
    run = read(made.write(tmp_path, [start, damaged, *rest]))
    assert [one.lines for one in run.printed] == [("whole",)]
    assert run.missing
