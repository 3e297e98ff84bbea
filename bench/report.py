"""What a page costs: to make it, in bytes, and in the browser until something is seen.

Runs of 100, 1,000 and 10,000 packets are made up: data in one direction, acknowledgements in the
other, one packet in a hundred dropped, one in four hundred late.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.spread import Spread, spread
from lab.api.engine import Progress
from lab.errors import EngineError
from tests import made_evidence as made

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

_COUNTS = (100, 1_000, 10_000)
_PAINTED = """() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"""


@dataclass(frozen=True)
class Row:
    """The page of a run with so many packets. Times in seconds; `paint_s` None: no browser."""

    packets: int
    command_s: Spread
    page_s: Spread
    bytes: int
    paint_s: Spread | None


@dataclass(frozen=True)
class ReportFigures:
    """All of it; `left_out` says what could not be measured, and why."""

    rounds: int
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]


def measure(progress: Progress, *, quick: bool) -> ReportFigures:
    """Measure every count in each round."""
    rounds = 3 if quick else 9
    with TemporaryDirectory() as folder, ExitStack() as stack:
        browser = stack.enter_context(_browser())
        rows = []
        for count in _COUNTS:
            progress("report", f"{count:,} packets")
            run = _made_run(Path(folder) / str(count), count)
            rows.append(_row(run, count, rounds, browser))
    left_out = [] if browser else ["first paint: no Chromium here (apt-get install chromium)"]
    return ReportFigures(rounds, tuple(rows), tuple(left_out))


def _row(run: Path, count: int, rounds: int, browser: "Browser | None") -> Row:
    commands, pages, paints = [], [], []
    page = run / "report.html"
    for _ in range(rounds):
        commands.append(_command_s(run))
        pages.append(_page_s(run))
        if browser:
            paints.append(browser.paint_s(page))
    return Row(
        count,
        spread(commands),
        spread(pages),
        page.stat().st_size,
        spread(paints) if paints else None,
    )


def _command_s(run: Path) -> float:
    began = time.perf_counter()
    argv = [sys.executable, "-m", "lab", "report", str(run)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        text = f"lab report: {done.stderr.strip()}"
        raise EngineError(text, argv=argv, exit_status=done.returncode, stderr=done.stderr)
    return time.perf_counter() - began


def _page_s(run: Path) -> float:
    """Measure it without Python's start and imports: what each further page costs."""
    from lab import report  # noqa: PLC0415 - loaded here, as `lab report` does

    began = time.perf_counter()
    report.write(run)
    return time.perf_counter() - began


def _made_run(folder: Path, count: int) -> Path:
    """Write the evidence of a run with so many packets."""
    packets = made.handshake()[:3]
    sequence = 101
    for number in range(count - len(packets)):
        at_ms, fate = 40 + number // 8, made.DELIVERED
        if number % 3 == 2:
            data = made.tcp(made.SERVER, made.ACK, seq=501, ack=sequence)
        else:
            flags = made.PSH | made.ACK
            data = made.tcp(made.CLIENT, flags, seq=sequence, ack=501, data=b"x" * 100)
            sequence += 100
            if number % 100 == 7:
                fate = made.DROPPED
            elif number % 400 == 10:
                fate = made.late(50.1)
        packets.append((at_ms, data, fate))
    return made.write(folder, packets=packets)


class Browser:
    """Chromium, started once."""

    def __init__(self, context: "BrowserContext") -> None:
        self._context = context

    def paint_s(self, file: Path) -> float:
        """Return the time from asking for a page until something of it is seen."""
        page = self._context.new_page()
        page.goto(file.as_uri())
        milliseconds = page.wait_for_function(_PAINTED).json_value()
        page.close()
        assert isinstance(milliseconds, int | float)
        return milliseconds / 1000


@contextmanager
def _browser() -> Iterator[Browser | None]:
    program = shutil.which("chromium")
    if program is None:
        yield None
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is one

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield Browser(browser.new_context())
        browser.close()
