"""The command line: parse, measure, print. Measures nothing itself."""

import argparse
import dataclasses
import json
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NoReturn

from rich.console import Console, Group

from bench import hosts, memory, replies, report, scenarios, start, sweep, table, wire
from bench.facts import facts
from lab import screen
from lab.api.engine import Progress
from lab.errors import LabError

_EXIT_BAD_INPUT, _EXIT_INTERRUPTED, _EXIT_TERMINATED = 2, 130, 143
_DESCRIPTION = """\
Measures what the servers and the lab itself cost, in labs of its own, and prints tables.

measurements (default: all):
  memory    memory per idle client of each server, at 1, 100 and 1,000 clients
  replies   replies per second over TCP and UDP across the bridge, beside plain echoes
  start     lab up on both engines beside bare docker compose up, and their downs
  hosts     2, 20 and 100 hosts up and down, beside Mininet, and 2 with docker compose
  wire      packets, bits and round trips over a link with faults on it, and how exact they are
  scenarios an empty one beside Mininet and docker compose; the whole catalogue on each engine
  report    the page of a run with 100, 1,000 and 10,000 packets: time, size, first paint
  sweep     a sweep over forty packets, beside lab run in a loop"""
_EPILOG = """\
Progress goes to standard error. Give the machine nothing else to do meanwhile: 2 cores are few.
1,000 clients of xinetd are 1,000 processes of Python and need about 12 GiB; if they are not free,
that figure is left out.

exit status: 0 done, 2 bad input or an engine that failed, 130 Ctrl-C; nothing stays behind"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the measurements; return the exit status."""
    chosen = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        with screen.progress() as progress:
            _run(chosen, progress)
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return _EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return _EXIT_INTERRUPTED
    return 0


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(_EXIT_TERMINATED)


def _run(chosen: argparse.Namespace, progress: Progress) -> None:
    """Measure one after the other; tables appear as they are ready, JSON at the end."""
    out = Console(highlight=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=table.WIDTH)
    machine = facts()
    result: dict[str, Any] = {"machine": dataclasses.asdict(machine)}
    if not chosen.json:
        out.print(str(machine))
    for name in [name for name in _MEASURES if name in (chosen.names or _MEASURES)]:
        figures, printed = _measure(name, progress, quick=chosen.quick)
        result[name] = figures
        if not chosen.json:
            out.print()
            out.print(printed)
    if chosen.json:
        print(json.dumps(result, indent=2))


# What measures, and what makes a table of the figures.
_MEASURES: dict[str, tuple[Callable[..., Any], Callable[[Any], Group]]] = {
    "memory": (memory.measure, table.memory_table),
    "replies": (replies.measure, table.replies_table),
    "start": (start.measure, table.start_table),
    "hosts": (hosts.measure, table.hosts_table),
    "wire": (wire.measure, table.wire_table),
    "scenarios": (scenarios.measure, table.scenarios_table),
    "report": (report.measure, table.report_table),
    "sweep": (sweep.measure, table.sweep_table),
}


def _measure(name: str, progress: Progress, *, quick: bool) -> tuple[dict[str, Any], Group]:
    measure, printed = _MEASURES[name]
    figures = measure(progress, quick=quick)
    return dataclasses.asdict(figures), printed(figures)


def _name(text: str) -> str:
    # Not `choices`: in Python 3.11 argparse then refuses the empty list.
    if text not in _MEASURES:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(_MEASURES)}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench",
        usage="python -m bench [NAME ...] [--json] [--quick]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", type=_name, help=", ".join(_MEASURES))
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="fewer rounds, shorter, at most 100 clients or 20 hosts",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
