"""`lab capture`: what comes to the hosts' wires, and what becomes of it, into a pcapng file."""

import argparse
import contextlib
import sys
from pathlib import Path
from typing import BinaryIO

from lab import screen
from lab.api import lifecycle
from lab.commands import durations
from lab.engines import choice
from lab.errors import UsageError
from lab.evidence import outside
from lab.evidence.capture_writer import Captured
from lab.model import ANY_HOST
from lab.net.pcapng import MOST_SNAP_BYTES, SNAP_BYTES

EXIT_INCOMPLETE = 2
_EXAMPLES = """\
examples:
  lab capture -w wire.pcapng                 everything, until Ctrl-C
  lab capture server -w wire.pcapng --for 10s
  lab capture -w - | wireshark -k -i -       as it happens
Every packet is there as it arrived at the wire, and as it was delivered; its comment says what
has become of it, and by which fault. In Wireshark: frame.interface_name == "delivered"."""


def fill(capture: argparse.ArgumentParser) -> None:
    """Give the parser of `lab capture` what it takes."""
    capture.epilog = _EXAMPLES
    capture.formatter_class = argparse.RawDescriptionHelpFormatter
    capture.add_argument(
        "hosts", nargs="*", metavar="HOST", help="what comes to these (default: all)"
    )
    capture.add_argument(
        "-w", "--write", required=True, metavar="FILE", help="the pcapng file (-: standard output)"
    )
    capture.add_argument(
        "--for",
        dest="for_s",
        type=durations.seconds,
        metavar="TIME",
        help="end it after 10, 500ms, 30s, 2m, ... (default: until Ctrl-C)",
    )
    capture.add_argument(
        "--snap-bytes",
        type=int,
        default=SNAP_BYTES,
        metavar="N",
        help=f"keep so many bytes of each packet, at most (default: {SNAP_BYTES}, the headers and "
        f"the first of its data; {MOST_SNAP_BYTES}: all)",
    )
    capture.add_argument(
        "--loopback",
        action="store_true",
        help="also what the hosts send to themselves (default: while a fault is about that)",
    )
    capture.set_defaults(run=_capture)


def _capture(arguments: argparse.Namespace) -> int:
    lab = lifecycle.find(choice.Usable(), arguments.lab)
    if arguments.write != "-":
        to: Path | BinaryIO = Path(arguments.write)
    elif sys.stdout.isatty():
        raise UsageError(
            "-w -: standard output is a terminal; join a program to it, or name a file"
        )
    else:
        to = sys.stdout.buffer
    capture = lab.capture(
        to,
        hosts=arguments.hosts,
        loopback=[ANY_HOST] if arguments.loopback else [],
        snap_bytes=arguments.snap_bytes,
        begin=False,
    )
    with capture, contextlib.suppress(KeyboardInterrupt):
        until = "" if arguments.for_s else "; Ctrl-C ends it"
        screen.err.print(f"capturing at {', '.join(capture.hosts)}{until}", markup=False)
        capture.wait(arguments.for_s)
    captured = capture.captured
    screen.err.print(_line(arguments.write, captured), markup=False)
    return EXIT_INCOMPLETE if captured.cut_short else 0


def _line(file: str, captured: Captured) -> str:
    line = (
        f"{'standard output' if file == '-' else file}: "
        f"{captured.arrived_packets} packets arrived, {captured.delivered_packets} were delivered; "
        f"{captured.dropped_packets} records dropped"
    )
    if captured.lost_packets:
        line += f"; {captured.lost_packets} packets were lost: the wire could not keep up"
    if captured.slowed_ms:
        line += f"; packets waited for this program for {captured.slowed_ms / 1000:.3f} s"
    if captured.ended_early:
        line += f"; ended meanwhile: {', '.join(captured.ended_early)}"
    if captured.lost_outside:
        texts = "; ".join(one.text for one in captured.lost_outside)
        line += f"; {outside.with_remedy(texts)}"
    if captured.uncounted:
        line += f"; what was lost outside is not known of: {'; '.join(captured.uncounted)}"
    if captured.cut_short:
        line += f"; cut short: {', '.join(captured.cut_short)}"
    return line
