"""How a command ends: its exit status, and the line that says why where it is not its own."""

import argparse
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from lab import printable
from lab.errors import LabError, UnsupportedError

EXIT_BAD_INPUT = 2
EXIT_CANNOT = 4
EXIT_SOFTWARE = 70  # sysexits.h; 1 is a verdict
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
_AGAIN_S = 0.001
_LOOK_S = 0.2
_DEBUG = "SOCKET_LAB_DEBUG"


def status_of(arguments: argparse.Namespace) -> int:
    """Run `arguments.run` and return its status, or that of what ended it.

    `arguments.unread`, if it is there by then, is the status where nobody reads what it prints.
    """
    signal.signal(signal.SIGTERM, _terminated)
    sys.unraisablehook = _come_again
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see `lab.__main__`
            signal.signal(signal.SIGINT, signal.default_int_handler)
        status: int = arguments.run(arguments)
        if sys.stdout:
            sys.stdout.flush()
    except LabError as error:
        _say(f"lab {arguments.command}: {error}")
        return EXIT_CANNOT if isinstance(error, UnsupportedError) else EXIT_BAD_INPUT
    except KeyboardInterrupt as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is at its end
        _say(f"\nlab {arguments.command}: interrupted")
        for note in getattr(error, "__notes__", ()):
            _say(f"lab {arguments.command}: {note}")
        # CPython remembers one that left an exec(), such as that of a dataclass being made, and
        # `python3 -m lab` would then end by the signal, whatever it returns. This makes it forget.
        exec("")  # noqa: S102
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `lab logs | head`
        assert sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(getattr(arguments, "unread", 0))
    except OSError as error:  # a full disk, a folder that is gone
        _say(f"lab {arguments.command}: {error}")
        return EXIT_BAD_INPUT
    except Exception as error:
        return _mistake(arguments.command, error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # it ends now
    return status


def _say(text: str) -> None:
    print(printable.lines(text), file=sys.stderr)


def _mistake(command: str, error: Exception) -> int:
    if os.environ.get(_DEBUG):
        import traceback

        traceback.print_exception(error)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    asks = f"please report it: {text} ({_DEBUG}=1 shows where)"
    _say(f"lab {command}: a mistake in the lab itself, {asks}")
    return EXIT_SOFTWARE


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGALRM, _look_again)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_S)
    sys.exit(EXIT_TERMINATED)


def _look_again(number: int, frame: FrameType | None) -> None:
    """Terminate once more if what the first time raised is nowhere being handled any more.

    CPython clears it where it is raised within some of its own code, without a word to anybody.
    """
    handled = sys.exc_info()[1]
    while handled is not None:
        if isinstance(handled, SystemExit):
            return
        handled = handled.__context__
    _terminated(number, frame)


def _come_again(ignored: "sys.UnraisableHookArgs") -> None:
    """Let Ctrl-C and SIGTERM end the command also where Python ignores what they raise.

    In a callback of a weak reference, say, of which each import has one. It comes again shortly.
    """
    ends = {KeyboardInterrupt: signal.default_int_handler, SystemExit: _terminated}
    if again := ends.get(ignored.exc_type):
        signal.signal(signal.SIGALRM, again)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
    else:
        sys.__unraisablehook__(ignored)
