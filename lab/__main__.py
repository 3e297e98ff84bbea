"""The command `lab`, also `python3 -m lab`: before and after it Ctrl-C just ends the process.

While its words are parsed, and when it is done, nothing is to be cleaned up, and nobody wants to
read a traceback. `exit_status` makes it interruptible.
"""

import os
import signal
import sys
from contextlib import suppress


def main() -> int:
    """Run one command; return its exit status."""
    is_interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_interruptible:  # not a job in the background of a shell
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from lab import cli  # noqa: PLC0415
    from lab.commands import exit_status  # noqa: PLC0415

    ended = {exit_status.EXIT_INTERRUPTED, exit_status.EXIT_TERMINATED}
    try:
        status = cli.main()
    except SystemExit as error:
        if error.code in ended:
            _exit(int(error.code or 0))
        raise
    finally:
        if is_interruptible:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if status in ended:
        _exit(status)
    return status


def _exit(status: int) -> None:
    """End at once, for a command that was interrupted has cleaned up, and may hold a lock.

    The exception may have come when a `threading.Condition` was just entered; what Python does at
    its exit, such as to close pools of connections, would wait for that for ever.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
