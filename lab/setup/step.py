"""Runs the commands of a step: the person sees what goes on, and on failure why it failed."""

import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from lab import printable
from lab.errors import SetupError

_SHOWN_LINES = 12


def say(text: str) -> None:
    """Print one line about a step."""
    print(f"setup: {printable.line(text)}", flush=True)


def run(doing: str, argv: Sequence[str], *, stdout: Path | None = None) -> None:
    """Run a command that takes long; SetupError after the end of its output when it fails.

    On a terminal the last line of its output is shown as it moves. With `stdout` its standard
    output goes to that file, and only its standard error is shown.
    """
    say(f"{doing} ...")
    began = time.monotonic()
    kept: deque[str] = deque(maxlen=_SHOWN_LINES)
    with open(stdout or os.devnull, "wb") as file:  # noqa: PTH123
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=file if stdout else subprocess.PIPE,
            stderr=subprocess.PIPE if stdout else subprocess.STDOUT,
        )
        try:
            output = process.stderr if stdout else process.stdout
            assert output is not None
            for line in output:
                kept.append(printable.line(line.decode(errors="replace").rstrip()))
                _show(kept[-1])
        except BaseException:
            process.terminate()
            raise
        finally:
            process.wait()
            _show("")
    if process.returncode:
        print("\n".join(kept), file=sys.stderr)
        text = f"{doing}: {argv[0]} failed with status {process.returncode} (what it said is above)"
        raise SetupError(text)
    say(f"{doing}: {time.monotonic() - began:.0f} s")


def _show(line: str) -> None:
    """Show a line in place of the one before; nothing where there is no terminal."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{line[:width]}", end="", flush=True)
