"""Many runs side by side."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lab import report
from lab.cli import main
from lab.errors import EvidenceError
from lab.evidence.verdict import Verdict
from lab.report.overview import Entry, overview, recorded_entry
from tests import made_evidence as made

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def entry(name: str, engine: str, verdict: Verdict, took_s: float = 1.0) -> Entry:
    return Entry(name, name.title(), engine, 1, verdict, took_s, "x.html")


def test_matrix_of_scenarios_and_engines() -> None:
    found = overview(
        [
            *(entry("b", "namespaces", PASS, took_s) for took_s in (1.0, 9.0, 2.0)),
            *(entry("a", "compose", verdict) for verdict in (PASS, FAIL, UNKNOWN)),
            entry("a", "namespaces", PASS),
        ]
    )
    assert found.engines == ("compose", "namespaces")
    assert [line.name for line in found.lines] == ["a", "b"]
    one, other = found.lines[0].cells[0], found.lines[1].cells[1]
    assert one
    assert other
    assert (one.verdict, one.is_flaky, one.passed) == (FAIL, True, 1)
    assert (other.median_s, other.slowest_s, other.is_flaky) == (2.0, 9.0, False)
    assert found.lines[1].cells[0] is None
    assert (found.flaky, found.counts) == (1, {PASS: 5, FAIL: 1, UNKNOWN: 1})


def test_run_that_was_killed_is_unknown_in_it(tmp_path: Path) -> None:
    folder = made.write(tmp_path / "made" / "001")
    found = recorded_entry(folder, "")
    assert (found.name, found.engine, found.verdict) == ("made", "namespaces", UNKNOWN)


def test_index_makes_the_pages_that_are_missing(tmp_path: Path) -> None:
    for number in ("001", "002"):
        made.write(tmp_path / "made" / number)
    text = report.write_index(tmp_path).read_text(encoding="utf-8")
    assert 'href="made/001/report.html"' in text
    assert (tmp_path / "made" / "002" / "report.html").exists()


def test_folder_without_runs_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="no runs there"):
        report.write_index(tmp_path)


def test_gallery_has_a_page_for_each_run(tmp_path: Path) -> None:
    runs = [made.write(tmp_path / "made" / number) for number in ("001", "002", "003")]
    report.write_gallery(runs, tmp_path / "gallery")
    there = sorted(path.name for path in (tmp_path / "gallery").iterdir())
    assert there == [
        *("index.html", "made-namespaces-2.html", "made-namespaces.html", "made.html"),
    ]


def test_command_prints_where_the_page_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made.write(tmp_path)
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"
    assert main(["report", str(folder), "--json", "-o", str(tmp_path / "x.html")]) == 0
    assert json.loads(capsys.readouterr().out) == [str(tmp_path / "x.html")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no run is in this folder"),
        (["nowhere"], "nowhere: no evidence of a run"),
        (["a", "b", "-o", "x.html"], "--output is for the page of one run"),
        (["a", "--index", "b"], "--index takes the folder of all results"),
        (["--index", "nowhere"], "nowhere: no runs there"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_overview_says_of_a_run_what_its_page_says(tmp_path: Path) -> None:
    """The capture is deleted after the verdict was written down, and after a page was."""
    folder = made.write(tmp_path / "made" / "001")
    said = {"verdict": "PASS", "scenario": "made", "engine": "namespaces", "took_s": 9.0}
    (folder / "verdict.json").write_text(json.dumps(said), encoding="utf-8")
    assert "1 PASS" in report.write_index(tmp_path).read_text(encoding="utf-8")
    (folder / "wire.pcapng").unlink()
    for _ in range(2):  # the second time from the page itself
        text = report.write_index(tmp_path).read_text(encoding="utf-8")
        assert "1 UNKNOWN" in text
        assert "PASS" not in text
    assert "UNKNOWN</title>" in (folder / "report.html").read_text(encoding="utf-8")


def test_overview_does_not_write_a_page_anew_that_is_of_its_files(tmp_path: Path) -> None:
    folder = made.write(tmp_path / "made" / "001")
    report.write_index(tmp_path)
    before = (folder / "report.html").stat().st_mtime_ns
    first = (tmp_path / "index.html").read_bytes()
    report.write_index(tmp_path)
    assert (folder / "report.html").stat().st_mtime_ns == before
    assert (tmp_path / "index.html").read_bytes() == first


def test_run_that_no_page_can_be_made_of_is_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "001"
    folder.mkdir(parents=True)
    (folder / "events.jsonl").write_text("", encoding="utf-8")
    (folder / "verdict.json").write_text('{"verdict": "PASS", "scenario": "made"}')
    text = report.write_index(tmp_path).read_text(encoding="utf-8")
    assert "1 UNKNOWN" in text
    assert "<b>made</b>" in text


def test_name_of_a_scenario_leads_to_its_worst_run() -> None:
    runs = [replace(entry("a", "b", verdict), link=f"{verdict}.html") for verdict in (FAIL, PASS)]
    assert overview(runs).lines[0].link == "FAIL.html"
