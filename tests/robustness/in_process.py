"""The command `lab` in this process: as `python -m lab`, and a hundred times as fast."""

import contextlib
import io
import signal
import subprocess
import sys
from collections.abc import Iterator

from lab import cli
from tests.robustness.fuzz.bounds import bounded


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Run `lab WORDS` to its end, with bounded time and memory."""
    argv = [str(word) for word in words]
    out, errors = io.StringIO(), io.StringIO()
    with (
        bounded(),
        _restored_signals(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        try:
            status = cli.main(argv)
        except SystemExit as end:
            status = int(str(end.code))
    return subprocess.CompletedProcess(argv, status, out.getvalue(), errors.getvalue())


@contextlib.contextmanager
def _restored_signals() -> Iterator[None]:
    """Undo what a command sets for the process that it is."""
    before = signal.getsignal(signal.SIGTERM), sys.unraisablehook
    timer = signal.getitimer(signal.ITIMER_REAL)  # of pytest-timeout
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before[0])
        sys.unraisablehook = before[1]
        signal.setitimer(signal.ITIMER_REAL, *timer)
