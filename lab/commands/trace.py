"""`lab trace`: programs on a host, and their own socket calls while they make them.

Here is a program that it runs; `trace_running` has those that run already.
"""

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
from lab.commands import trace_running
from lab.commands.trace_packets import between_calls
from lab.commands.trace_text import call_json, call_line
from lab.engines import choice
from lab.errors import InputClosedError, UsageError
from lab.evidence.events import TraceEvent

_EXAMPLES = """\
examples:
  lab trace client curl -s http://server:8000/
  lab trace -o calls.txt client python3 my_client.py
  lab trace --json client ./client 2> calls.jsonl
  lab trace --packets client curl -s http://server:8000/
  lab trace server                             what runs there already, until Ctrl-C
  lab trace server --pid 7 --json
Its output is the program's, and so is its exit status; the calls go to standard error, as those of
strace(1) do: when a call began, its process, what it was asked, and what came of it.

Without a program, what runs on the host already is traced, and what that starts: the calls go to
standard output, until Ctrl-C or until all have ended. The programs are let go then, and go on
unharmed, also when this command is killed; meanwhile each system call of them is slower. What was
before is not known: a call that was being made then is seen from then on, or not at all.

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
        "-o",
        "--output",
        metavar="FILE",
        help="where the calls go (default: standard error; standard output without a program)",
    )
    trace.add_argument(
        "--packets",
        action="store_true",
        help="show the host's packets, and faults on its links, between the calls",
    )
    trace.add_argument(
        "--pid", type=int, metavar="N", help="without a program: trace this process alone"
    )
    trace.add_argument("host", metavar="HOST")
    trace.add_argument(
        "program", nargs="?", metavar="PROGRAM", help="what to run (default: trace what runs)"
    )
    trace.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    trace.set_defaults(run=_trace, parser=trace)


def _trace(arguments: argparse.Namespace) -> int:
    if arguments.program is None:
        trace_running.read_options_after_host(arguments)
    if arguments.program is not None and arguments.pid is not None:
        raise UsageError(f"--pid {arguments.pid}: cannot stand beside a program; leave one out")
    if arguments.program is None and arguments.user is not None:
        raise UsageError(f"--user {arguments.user}: is of a program to run; name one")
    lab = lifecycle.find(choice.Usable(), arguments.lab)
    host = lab.host(arguments.host)
    names = {address: name for name, addresses in lab.addresses().items() for address in addresses}
    is_over = threading.Event()
    with ExitStack() as opened:
        output: IO[str] = sys.stdout if arguments.program is None else sys.stderr
        if arguments.output:
            output = opened.enter_context(_created(Path(arguments.output)))

        def show_call(event: TraceEvent) -> None:
            output.write((call_json(event) if arguments.json else call_line(event, names)) + "\n")
            output.flush()

        show: OnTraced = show_call
        if arguments.packets:
            between = between_calls(
                lab, host, output, names, as_json=arguments.json, on_failure=is_over.set
            )
            show = opened.enter_context(between)
        opened.callback(host.close)
        if arguments.program is None:
            return trace_running.trace(host, arguments.pid, show, is_over)
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
