"""`lab trace`: a program on a host, and its own socket calls while it makes them."""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from lab import printable
from lab.api import lifecycle
from lab.api.program import Program
from lab.engines import choice
from lab.errors import InputClosedError, UsageError
from lab.evidence import program_call_text
from lab.evidence.events import ProgramCall, TraceNotice

_EXAMPLES = """\
examples:
  lab trace client curl -s http://server:8000/
  lab trace -o calls.txt client python3 my_client.py
  lab trace --json client ./client 2> calls.jsonl
Its output is the program's, and so is its exit status; the calls go to standard error, as those of
strace(1) do: when a call began, its process, what it was asked, and what came of it."""
_PIECE_BYTES = 1 << 16


def fill(trace: argparse.ArgumentParser) -> None:
    """Give the parser of `lab trace` what it takes."""
    trace.epilog = _EXAMPLES
    trace.formatter_class = argparse.RawDescriptionHelpFormatter
    trace.add_argument("--user", help="who runs it (default: as `lab exec`)")
    trace.add_argument(
        "-o", "--output", metavar="FILE", help="where the calls go (default: standard error)"
    )
    trace.add_argument("host", metavar="HOST")
    trace.add_argument("program", metavar="PROGRAM")
    trace.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    trace.set_defaults(run=_trace)


def _trace(arguments: argparse.Namespace) -> int:
    lab = lifecycle.find(choice.Usable(), arguments.lab)
    host = lab.host(arguments.host)
    names = {address: name for name, addresses in lab.addresses().items() for address in addresses}
    with ExitStack() as opened:
        output: IO[str] = sys.stderr
        if arguments.output:
            output = opened.enter_context(_created(Path(arguments.output)))
        line = _as_json if arguments.json else _in_words(names)

        def show(event: ProgramCall | TraceNotice) -> None:
            output.write(line(event) + "\n")
            output.flush()

        opened.callback(host.close)
        program = host.start(
            [arguments.program, *arguments.arguments],
            user=arguments.user or host.ordinary_user,
            trace=True,
            on_traced=show,
        )
        opened.enter_context(program)
        return _relay(program)


def _created(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"-o {path}: {error.strerror}") from None


def _relay(program: Program) -> int:
    """Join its standard streams to this program's, until its end; return its exit status."""
    process = program.process
    assert process.stdout
    assert process.stderr
    threading.Thread(target=_feed, args=(program,), daemon=True).start()
    outputs = [
        threading.Thread(target=_copy, args=(source, target), daemon=True)
        for source, target in ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
    ]
    for one in outputs:
        one.start()
    status = process.wait()
    for one in outputs:
        one.join()
    _ = program.calls  # the last of them are there, and shown
    return status


def _feed(program: Program) -> None:
    # What is read ends with it, or with this program.
    with suppress(InputClosedError, OSError, ValueError):
        while piece := os.read(sys.stdin.fileno(), _PIECE_BYTES):
            program.write(piece)
        program.close_stdin()


def _copy(source: IO[bytes], target: IO[str]) -> None:
    with suppress(OSError, ValueError):
        while piece := source.read1(_PIECE_BYTES):  # type: ignore[attr-defined]
            target.buffer.write(piece)  # type: ignore[attr-defined]
            target.flush()


def _as_json(event: ProgramCall | TraceNotice) -> str:
    fields = {"kind": event.KIND, **asdict(event), "time_ns": event.time_ns or time.time_ns()}
    return json.dumps(fields)


def _in_words(names: dict[str, str]) -> Callable[[ProgramCall | TraceNotice], str]:
    def line(event: ProgramCall | TraceNotice) -> str:
        if isinstance(event, TraceNotice):
            text = f"{event.program}[{event.pid}]  note: {event.subject} {event.detail}".rstrip()
            return printable.line(text)
        clock = datetime.fromtimestamp(event.began_ns / 1e9, tz=UTC).strftime("%H:%M:%S.%f")
        took = (
            "" if event.ended_ns is None else f"  {(event.ended_ns - event.began_ns) / 1e9:.6f} s"
        )
        by = "" if event.fault is None else f"  by {event.fault}"
        what = program_call_text.of(event, names)
        return printable.line(f"{clock} {event.program}[{event.tid}]  {what}{took}{by}")

    return line
