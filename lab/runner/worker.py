"""One run of a pool, in a process of its own: what it does, sends to its parent, and ends by.

Messages are ("doing", (DOING, DETAIL)), ("outcome", Outcome), ("error", LabError),
("internal_error", (TEXT, TRACEBACK)), and of a run that was ended ("notes", [LINE, ...]).
"""

import ctypes
import os
import signal
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lab.api.engine import Engine
from lab.errors import LabError
from lab.runner import run
from lab.scenario.model import Scenario

# What ends a run in good order: its lab is removed, its evidence kept.
ENDING = {signal.SIGINT, signal.SIGTERM}
_PR_SET_PDEATHSIG = 1


def work(
    connection: Connection, parent: int, engine: Engine, scenario: Scenario, folder: Path
) -> None:
    """Be the process: begun with the signals of ENDING blocked, it ends with its parent.

    One that a signal has ended ends by that signal.
    """
    # A session of its own: Ctrl-C on the terminal reaches it by its parent alone, and once.
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    ended_by: signal.Signals | None = None
    try:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            _run(connection, engine, scenario, folder)
        finally:
            # What comes now comes too late to change anything. Not by a mask, which is one
            # thread's: another may take a signal for this one.
            for number in (*ENDING, signal.SIGALRM):
                signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        ended_by = signal.SIGINT
    except SystemExit:
        ended_by = signal.SIGTERM
    if ended_by:  # so that its parent sees what it was
        signal.signal(ended_by, signal.SIG_DFL)
        os.kill(os.getpid(), ended_by)


def _run(connection: Connection, engine: Engine, scenario: Scenario, folder: Path) -> None:
    """Run it and send what came of it; KeyboardInterrupt and SystemExit when that was ended."""

    def send(kind: str, message: Any) -> None:
        with suppress(OSError):  # the parent is gone, and so is who wants to know
            connection.send((kind, message))

    try:
        outcome = run.run_in(
            folder,
            engine,
            scenario,
            show=lambda _step, _judged, _took_s: None,
            progress=lambda doing, detail: send("doing", (doing, detail)),
        )
        send("outcome", outcome)
    except LabError as error:
        send("error", error)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        send("internal_error", (text, "".join(traceback.format_exception(error))))
    except (KeyboardInterrupt, SystemExit) as error:
        send("notes", list(getattr(error, "__notes__", ())))
        raise
