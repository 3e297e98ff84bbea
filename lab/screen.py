"""What a person sees: progress, tables, log lines. Colours only on a terminal (rich decides).

To load it takes longer than two hosts take to come up.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from lab import printable
from lab.api.engine import Progress
from lab.model import Finding, LabStatus, LogLine, OutputLine

if TYPE_CHECKING:
    from lab.api.fault import FaultStatus

_SEVERITY_STYLES = {"emerg": "bold red", "alert": "bold red", "crit": "bold red", "err": "red"}
_SEVERITY_STYLES |= {"warning": "yellow", "debug": "dim"}
_MOST_LINE = 10_000  # characters of a line that a program printed; --json has it all
_STATE_STYLES = {"healthy": "green", "running": "green", "unhealthy": "red", "paused": "yellow"}


class SafeConsole(Console):
    """A console on which no text moves the cursor: what does not print is escaped.

    Whatever is shown, by whichever way; only rich's own controls (a moving line) stay.
    """

    def print(self, *objects: Any, **how: Any) -> None:
        """As any Console; of a string that is too long the middle is left out."""
        shown = (printable.lines(one) if isinstance(one, str) else one for one in objects)
        try:
            super().print(*shown, **how)
        except KeyboardInterrupt:
            self._buffer.clear()  # it may be written already: the next print would write it again
            raise

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield the segments of a thing."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(printable.escaped(segment.text, keep="\n"), segment.style)


class _Console(SafeConsole):
    def on_broken_pipe(self) -> None:
        """Leave it to the command, which knows that `lab logs | head` is no failure."""
        raise BrokenPipeError


# A program that reads a table wants each row on a line, whatever it holds.
_WIDTH = None if sys.stdout and sys.stdout.isatty() else 100_000
out = _Console(highlight=False, soft_wrap=True, emoji=False, width=_WIDTH)
err = SafeConsole(highlight=False, soft_wrap=True, emoji=False, stderr=True)


def note(text: str) -> None:
    """Tell the person something beside what was asked for."""
    err.print(printable.line(f"note: {text}"), markup=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show what goes on: a moving line on a terminal, else one line for each new thing."""
    began = time.monotonic()
    current = ""
    with err.status("...") as status:

        def show(doing: str, detail: str) -> None:
            nonlocal current
            if doing == "note":
                note(detail)
                return
            if doing != current and not err.is_terminal:
                err.print(escape(f"{time.monotonic() - began:5.1f} s  {doing}"))
            current = doing
            width = max(20, err.width - len(doing) - 12)
            status.update(f"{escape(doing)} [dim]{escape(printable.escaped(detail)[:width])}[/dim]")

        yield show


def status_table(status: LabStatus) -> Table:
    """Make the table of a lab's hosts."""
    title = f"lab {status.name} ({status.engine}, {status.topology})"
    table = Table(
        title=escape(printable.line(title)), title_justify="left", box=None, pad_edge=False
    )
    for column in ("HOST", "STATE", "HEALTH", "ADDRESSES"):
        table.add_column(column)
    for host in status.hosts:
        health = host.health or "-"
        table.add_row(
            escape(printable.line(host.name)),
            Text(printable.line(host.state), style=_STATE_STYLES.get(host.state, "red")),
            Text(printable.line(health), style=_STATE_STYLES.get(health, "")),
            escape(printable.line(" ".join(host.addresses))) or "-",
        )
    return table


def fault_table(faults: "Sequence[FaultStatus]") -> Table:
    """Make the table of the faults on a lab's links."""
    table = Table(box=None, pad_edge=False)
    # As wide as what is in them: a line that a narrow terminal breaks can still be searched.
    links = [printable.line(f"{fault.source} -> {fault.target}") for fault in faults]
    ids = [printable.line(fault.id) for fault in faults]
    texts = [printable.line(fault.text) for fault in faults]
    table.add_column("FAULT", no_wrap=True, min_width=max(map(len, ids)))
    table.add_column("LINK", no_wrap=True, min_width=max(map(len, links)))
    table.add_column("WHAT", no_wrap=True, min_width=max(map(len, texts)))
    table.add_column("LEFT", no_wrap=True, min_width=len("until cleared"))
    for column in ("MATCHED", "ACTED", "BYTES"):
        table.add_column(column, justify="right", no_wrap=True, min_width=len(column))
    for fault, name, link, what in zip(faults, ids, links, texts, strict=True):
        left = "exhausted" if fault.exhausted else "until cleared" if fault.stays else "guard"
        left = left if fault.active else "over"
        table.add_row(
            escape(name),
            escape(link),
            escape(what),
            left if fault.left_ms is None else f"{fault.left_ms / 1000:.1f} s",
            str(fault.matched_packets),
            Text(str(fault.acted_packets), style="" if fault.acted_packets else "yellow"),
            str(fault.acted_bytes),
        )
    return table


def log_line(line: LogLine) -> Text:
    """Make a syslog line: time, host, facility.severity, ident[pid], message."""
    pid = f"[{line.pid}]" if line.pid is not None else ""
    text = Text(f"{line.time:%H:%M:%S.%f} ", style="dim")
    text.append(f"{printable.line(line.host):<7}", style="cyan")
    text.append(f" {line.facility}.{line.severity}", style=_SEVERITY_STYLES.get(line.severity, ""))
    message = printable.line(f" {line.ident}{pid}: {line.message}", _MOST_LINE)
    text.append(message, style="default")
    return text


def output_line(line: OutputLine) -> Text:
    """Make a line that a program of a host printed: host, a bar, its text."""
    return Text(printable.line(f"{line.host} | {line.text}", _MOST_LINE))


def findings(found: Sequence[Finding]) -> Iterator[Text]:
    """Make the lines of `lab doctor`."""
    width = min(40, max(len(finding.name) for finding in found))
    engine = ""
    for finding in found:
        if finding.engine != engine:
            engine = finding.engine
            yield Text(f"engine {engine}", style="bold")
        mark = Text("ok  ", style="green") if finding.ok else Text("MISS", style="bold red")
        if not finding.ok and not finding.required:
            mark = Text("none", style="yellow")
        seen = printable.line(f"  {finding.name:<{width}}  {finding.seen}")
        yield Text.assemble(mark, seen)
        if not finding.ok:
            remedy = printable.line(f"      {'':<{width}}  -> {finding.remedy}")
            yield Text(remedy, style="yellow")
