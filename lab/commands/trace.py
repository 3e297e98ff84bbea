"""`lab trace`: a program on a host, and its own socket calls while it makes them."""

import argparse
import os
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from lab.api import lifecycle
from lab.api.program import Program
from lab.api.trace import OnTraced
from lab.commands.trace_packets import between_calls
from lab.commands.trace_text import call_json, call_line
from lab.engines import choice
from lab.errors import InputClosedError, UsageError
from lab.evidence.events import ProgramCall, TraceNotice

_EXAMPLES = """\
examples:
  lab trace client curl -s http://server:8000/
  lab trace -o calls.txt client python3 my_client.py
  lab trace --json client ./client 2> calls.jsonl
  lab trace --packets client curl -s http://server:8000/
Its output is the program's, and so is its exit status; the calls go to standard error, as those of
strace(1) do: when a call began, its process, what it was asked, and what came of it.

With --packets a sign begins each line: > a packet that the host sent, < one that came to it, = one
to itself, ! a fault on its links (in force, added, lifted), a blank a call. A packet has the words
of `lab capture`: what became of it, and by which fault. Lines are in the order of their times, and
come 0.1 s late for that: all sources are asked first whether there is more from before. A call that
lasted longer stands where it ended, with "..."; a packet that a fault kept, where it was delivered.
A fault that was lifted has the time when that was seen. With --json their kinds are "packet" and
"fault", beside "program_call"."""
_PIECE_BYTES = 1 << 16


def fill(trace: argparse.ArgumentParser) -> None:
    """Give the parser of `lab trace` what it takes."""
    trace.epilog = _EXAMPLES
    trace.formatter_class = argparse.RawDescriptionHelpFormatter
    trace.add_argument("--user", help="who runs it (default: as `lab exec`)")
    trace.add_argument(
        "-o", "--output", metavar="FILE", help="where the calls go (default: standard error)"
    )
    trace.add_argument(
        "--packets",
        action="store_true",
        help="show the host's packets, and faults on its links, between the calls",
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

        def show_call(event: ProgramCall | TraceNotice) -> None:
            output.write((call_json(event) if arguments.json else call_line(event, names)) + "\n")
            output.flush()

        show: OnTraced = show_call
        if arguments.packets:
            between = between_calls(lab, host, output, names, as_json=arguments.json)
            show = opened.enter_context(between)
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
