"""Where an interactive client's lines come from, and where answers go. Knows no sockets.

A person at a terminal gets the prompt and a history, kept in memory only; a pipe gets neither,
so the client is a filter there. Lines are bytes from end to end.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

PROMPT = ">: "
BROKEN_OUTPUT_STATUS = 141  # as a shell reports a program that SIGPIPE ended


def lines() -> Iterator[bytes]:
    """Each line of standard input without its end; stops at an empty line or the end of input."""
    source = _typed() if sys.stdin.isatty() and sys.stdout.isatty() else _piped()
    for line in source:
        if not line:
            return
        yield line


def _piped() -> Iterator[bytes]:
    for line in sys.stdin.buffer:
        yield line.removesuffix(b"\n").removesuffix(b"\r")


def _typed() -> Iterator[bytes]:
    # Imported for what it does to input(): line editing and history. Python may be built without.
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401, PLC0415
    # What cannot be decoded goes through as it was typed (PEP 383).
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    while True:
        try:
            line = input(PROMPT)
        except EOFError:
            write(b"\n")
            return
        yield line.encode(sys.stdin.encoding, "surrogateescape")


def write(data: bytes) -> None:
    """Bytes to standard output at once; ends the program when nobody reads them any more."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Else the interpreter would try to flush again at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(BROKEN_OUTPUT_STATUS) from None
