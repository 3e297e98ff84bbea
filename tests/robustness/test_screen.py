"""No text of a file, a program or a peer moves the cursor of who looks at it, on no way there."""

import argparse
import ast
import inspect
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.table import Table
from rich.text import Text

from lab import cli, errors, printable, screen
from lab.api import lifecycle
from lab.api.fault import FaultStatus
from lab.commands import exit_status, newest, run_screen, scenario_screen
from lab.errors import LabError, ScenarioError
from lab.evidence import folders
from lab.evidence.verdict import Judgement, Verdict
from lab.model import Finding, HostStatus, LabStatus, LogLine, OutputLine
from lab.runner.run import Outcome
from lab.setup import step
from tests.plugin.conftest import Project, project

__all__ = ["project"]
pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
# A colour, a title, a line cleared, one line above overwritten, C1 controls, text from right to
# left, half of a surrogate pair, and more than anybody wants to read.
HOSTILE = "\x1b[31m\x1b]0;owned\x07\x1b[2K\r\x1b[A\b\x9b5m\u202e\u2028\udc80\0" + "x" * 20_000
OF_YAML = '"\\e[31m\\e]0;owned\\a\\e[2K\\r\\e[A\\b\\x9b5m\\u202e\\L\\0' + "x" * 30_000 + '"'
SEEN = "\\x1b[31m\\x1b]0;owned\\x07\\x1b[2K"


def assert_safe(text: str, *, most: int = 1_000, seen: bool = True) -> None:
    """Assert that a text is harmless, is no longer in any line, and shows what was there."""
    assert not [one for one in text if not one.isprintable() and one != "\n"]
    assert max(map(len, text.splitlines()), default=0) <= most
    if seen:
        assert SEEN in text


class Names:
    """A lab that somebody else has made."""

    name = HOSTILE

    def __init__(self) -> None:
        self.hosts = {HOSTILE: SimpleNamespace(name=HOSTILE, service="", pause=lambda: None)}

    def hosts_of(self, _name: str) -> list[SimpleNamespace]:
        return list(self.hosts.values())

    def syslog(self, *, follow: bool) -> Iterator[LogLine]:
        assert not follow
        time = datetime(2026, 1, 2, tzinfo=UTC)
        yield LogLine(time, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, f"{HOSTILE}\nforged", 7)

    def output(self, host: str, *, follow: bool) -> Iterator[OutputLine]:
        assert not follow
        yield OutputLine(host, HOSTILE, 7)

    def faults(self, *, over: bool) -> list[FaultStatus]:
        assert over
        counters = (True, False, True, None, 0, 0, 0)
        return [FaultStatus(HOSTILE, HOSTILE, 1, HOSTILE, {"tcp": HOSTILE}, *counters)]

    def overload_packets(self) -> int:
        return 1

    refused_packets = overload_packets

    def status(self) -> LabStatus:
        host = HostStatus(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))
        return LabStatus(HOSTILE, HOSTILE, HOSTILE, (host,))


@pytest.fixture
def lab_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "find", lambda *_: Names())
    monkeypatch.setattr(lifecycle, "statuses", lambda *_: [Names().status()])
    monkeypatch.setattr(lifecycle, "down", lambda *_, **__: [HOSTILE])
    found = Finding(HOSTILE, False, HOSTILE, HOSTILE)
    monkeypatch.setattr(lifecycle, "findings", lambda *_: [found])


@pytest.mark.parametrize(
    "words", ["status", "logs", "logs --output", "fault list", "down", "doctor", "pause a"]
)
@pytest.mark.usefixtures("lab_of_others")
def test_command_shows_what_others_say_escaped(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    cli.main(words.split())
    seen = capsys.readouterr()
    # A row of a table has several of them.
    assert_safe(seen.out, most=60_000)
    assert_safe(seen.err, seen=False)
    assert "\nforged" not in seen.out


@pytest.mark.parametrize("words", ["status", "logs", "logs --output", "fault list", "down"])
@pytest.mark.usefixtures("lab_of_others")
def test_data_for_programs_is_whole(capsys: pytest.CaptureFixture[str], words: str) -> None:
    cli.main([*words.split(), "--json"])
    assert json.dumps(HOSTILE)[1:-1] in capsys.readouterr().out


def errors_of_the_lab() -> Iterator[type[LabError]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, LabError):
            yield kind


@pytest.mark.parametrize("kind", list(errors_of_the_lab()))
def test_error_is_one_line(capsys: pytest.CaptureFixture[str], kind: type[LabError]) -> None:
    given: dict[str, Any] = {"line": 1, "keys": (), "argv": (), "output": b"", "errors": b""}
    given["killed"] = False
    needed = inspect.signature(kind).parameters
    more = {key: value for key, value in given.items() if key in needed}
    error = kind(text=f"{HOSTILE}\nforged", **more)

    def refuse(_: argparse.Namespace) -> int:
        raise error

    exit_status.status_of(argparse.Namespace(command="run", run=refuse))
    seen = capsys.readouterr().err
    assert_safe(seen)
    assert ("\nforged" in seen) == (kind is ScenarioError)  # which has a line for each error


@pytest.mark.parametrize("error", [OSError(2, HOSTILE, HOSTILE), ValueError(HOSTILE)])
def test_error_that_is_not_the_labs_own_is_escaped(
    capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(_: argparse.Namespace) -> int:
        raise error

    exit_status.status_of(argparse.Namespace(command="run", run=fail))
    assert_safe(capsys.readouterr().err)


@pytest.mark.parametrize(
    "words", [[HOSTILE], ["run", f"--{HOSTILE}"], ["status", "a", "-x", HOSTILE]]
)
def test_words_of_a_command_are_escaped(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(words)
    assert_safe(capsys.readouterr().err, most=1_100, seen=False)


@pytest.mark.parametrize("terminal", [False, True])
def test_console_escapes_whatever_it_shows(terminal: bool) -> None:
    table = Table("a", title=HOSTILE)
    table.add_row(HOSTILE)
    for thing in (HOSTILE, Text(HOSTILE, style="red"), table):
        console = screen.SafeConsole(
            file=io.StringIO(), force_terminal=terminal, highlight=False, markup=False
        )
        console.print(thing, style="bold")
        file = console.file
        assert isinstance(file, io.StringIO)
        text = file.getvalue()
        assert "\x1b]" not in text
        assert "\x1b[2K" not in text
        assert not set(text) & set("\x07\r\b\x9b\u202e\0")
        assert ("\x1b[" in text) == terminal  # its own colours


def test_progress_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    with screen.progress() as progress:
        progress(HOSTILE[:40], HOSTILE)
        progress("note", HOSTILE)
    assert_safe(capsys.readouterr().err)


def test_run_is_shown_escaped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = Judgement(1, HOSTILE, HOSTILE, HOSTILE, Verdict.FAIL)
    outcome = Outcome(
        folder=tmp_path / "\x1b[31m",
        scenario=HOSTILE,
        title=HOSTILE,
        engine=HOSTILE,
        verdict=Verdict.FAIL,
        judgements=(bad,),
        file=HOSTILE,
        lacking=(HOSTILE,),
        lost_outside=(HOSTILE,),
    )
    scenario: Any = SimpleNamespace(name=HOSTILE, title=HOSTILE, shows=HOSTILE, path=tmp_path)
    scenario.describe, scenario.reproduces = (lambda: HOSTILE), (HOSTILE,)
    shown = run_screen.RunScreen(2, steps=True, quiet=False)
    with shown:
        shown.began(1, scenario)
        shown.doing(1, "note", HOSTILE)
        shown.step(1, scenario, [bad], 0.1)
        shown.ended(1, outcome)
    for line in run_screen.summary_lines([outcome, outcome]):
        screen.out.print(line)
    screen.out.print(scenario_screen.scenario_table([scenario]), soft_wrap=False)
    seen = capsys.readouterr()
    assert_safe(seen.out, most=4_000)
    assert_safe(seen.err)
    assert seen.out.count(SEEN) > 5


def test_newest_run_is_named_escaped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "newest_run", lambda _: Path(HOSTILE))
    newest.run()
    assert_safe(capsys.readouterr().err)


def test_setup_shows_what_programs_print_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    text = HOSTILE.replace("\0", "").replace("\udc80", "")[:5_000]
    with pytest.raises(errors.SetupError):
        step.run("it", ["sh", "-c", 'printf "%s" "$1"; exit 1', "sh", text])
    assert_safe(capsys.readouterr().err)


SCENARIO = f"""\
title: {OF_YAML.replace(chr(92) + "0", "")}
shows: {OF_YAML}
hosts: [server, client]
steps:
  - {{run: [printf, '\\033[31m\\033]0;owned\\007\\033[2K%05000d', '1'], on: client, output: y}}
"""


def test_refused_scenario_is_shown_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a\x1b[31m.yaml"
    path.write_text(f"? {OF_YAML}\n: 1\n")
    assert cli.main(["run", str(path)]) == exit_status.EXIT_BAD_INPUT
    seen = capsys.readouterr().err
    assert_safe(seen)
    assert seen.startswith(f"lab run: {printable.escaped(str(path))}:1: {SEEN}")


def test_reports_of_tests_are_escaped(project: Project) -> None:
    project.write("scenarios/bad.yaml", f"? {OF_YAML}\n: 1\n")
    project.write("scenarios/hostile.yaml", SCENARIO)
    project.write("pytest.ini", "[pytest]\nlab_scenarios = scenarios\n")
    project.tests(
        "def test_hostile(lab):\n"
        "    lab.host('client').run(['printf', '\\\\033[31m\\\\033]0;owned\\\\007\\\\033[2K'])\n"
        "    assert 0\n"
    )
    result = project.run("--continue-on-collection-errors")
    result.assert_outcomes(failed=2, errors=1)
    text = result.stdout.str() + result.stderr.str()
    assert "\x1b" not in text
    assert text.count(SEEN) >= 3


def printed_as_it_is() -> Iterator[str]:
    """Yield each call of `print` in the lab whose text is neither escaped nor data."""
    safe = ("json.dumps", "printable.", "print(place)", "_json(", "catalogue_page.page(")
    for path in [*ROOT.glob("lab/commands/*.py"), *ROOT.glob("lab/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.unparse(node) if isinstance(node, ast.Call) else ""
            if text.startswith("print(") and not any(one in text for one in safe):
                yield f"{path.name}: {text}"
            if text.startswith(("sys.stdout.write(", "sys.stderr.write(", "Console(")):
                yield f"{path.name}: {text}"


def test_nothing_is_printed_as_it_is() -> None:
    assert list(printed_as_it_is()) == []
