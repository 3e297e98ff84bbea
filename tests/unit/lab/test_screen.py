"""What a person sees is plain text where there is no terminal, and data is never markup."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from lab import screen
from lab.model import Finding, HostStatus, LabStatus, LogLine, OutputLine

HOSTILE = "[bold]x[/bold] [/red] :smile:"


def shown(*things: object, terminal: bool = False) -> str:
    console = Console(
        file=io.StringIO(), force_terminal=terminal, width=100, highlight=False, soft_wrap=True
    )
    for thing in things:
        console.print(thing)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_log_line_is_one_line_and_its_message_is_text() -> None:
    time = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    line = LogLine(time, "server", "daemon", "err", "tcp", 7, HOSTILE)
    assert shown(screen.log_line(line)) == (
        f"03:04:05.000006 server  daemon.err tcp[7]: {HOSTILE}\n"
    )


def test_line_of_a_program_is_text_as_it_is() -> None:
    assert shown(screen.output_line(OutputLine("a", HOSTILE))) == f"a | {HOSTILE}\n"


def test_status_shows_every_host_and_address() -> None:
    hosts = (
        HostStatus("client", "running", "healthy", ("198.18.0.2", "fd00::2")),
        HostStatus("[b]", "exited", None, ()),
    )
    text = shown(screen.status_table(LabStatus("x", "compose", "/a/[b]/compose.yaml", hosts)))
    assert "lab x (compose, /a/[b]/compose.yaml)" in text
    rows = [line.split() for line in text.splitlines()[2:]]
    assert rows == [
        ["client", "running", "healthy", "198.18.0.2", "fd00::2"],
        ["[b]", "exited", "-", "-"],
    ]


def test_finding_that_is_missing_has_its_remedy() -> None:
    found = [Finding("Python", True, "3.13"), Finding("engine", False, "no answer", "start it")]
    assert shown(*screen.findings(found)).splitlines() == [
        "ok    Python  3.13",
        "MISS  engine  no answer",
        "              -> start it",
    ]


def test_colours_only_on_a_terminal() -> None:
    (line,) = screen.findings([Finding("Python", True, "3.13")])
    assert "\x1b" not in shown(line)
    assert "\x1b" in shown(line, terminal=True)


class InterruptedFile(io.StringIO):
    """Takes a line, and then Ctrl-C comes, once."""

    is_interrupted = False

    def flush(self) -> None:
        if not self.is_interrupted:
            self.is_interrupted = True
            raise KeyboardInterrupt


def test_a_line_during_which_ctrl_c_comes_is_shown_once() -> None:
    file = InterruptedFile()
    console = screen.SafeConsole(file=file)
    with pytest.raises(KeyboardInterrupt):
        console.print("capturing")
    console.print("captured")
    assert file.getvalue() == "capturing\ncaptured\n"
