"""Tracers on hosts, as this program has them: a process of its own for each, which it ends with."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

from lab.engines.namespaces import environment

_TRACER = str(Path(__file__).parent / "host" / "tracer.py")


def begin(lab: str, host: str, pid: int) -> socket.socket:
    """Begin one on a host, whose process 1 this machine counts as `pid`; return its socket."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", _TRACER, host, str(pid)],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            env=environment.of_lab(lab),
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()
    return ours
