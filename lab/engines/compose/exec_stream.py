"""The standard streams of a process in a container, as a socket: a `docker` command passes them on.

Not the SDK, whose own streams keep their connection to Docker when their socket is closed, and so
the process that is at their other end.
"""

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence

from docker.errors import DockerException
from docker.models.containers import Container
from requests import RequestException

from lab.errors import EngineError


def connect(argv: Sequence[str], *, ends_with: Container | None = None) -> socket.socket:
    """Run `docker` with these words; return a socket for its standard streams.

    It ends with the socket, with this program, however that ends, and with the container.
    """
    if shutil.which("docker") is None:
        text = "docker: not found; see lab doctor"
        raise EngineError(text)
    ours, theirs = socket.socketpair()
    threading.Thread(target=_run, args=(argv, theirs, ends_with), daemon=True).start()
    return ours


def _run(argv: Sequence[str], theirs: socket.socket, ends_with: Container | None) -> None:
    # This thread waits for it as its parent: with a parent that ends, it would be killed.
    dies_with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    with theirs:
        # A session of its own: Ctrl-C must not take it from a program that still lifts its faults.
        process = subprocess.Popen(
            [*dies_with_us, "docker", *argv],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    if ends_with:
        threading.Thread(target=_end_with, args=(ends_with, process), daemon=True).start()
    process.wait()


def _end_with(container: Container, process: subprocess.Popen[bytes]) -> None:
    try:
        with contextlib.suppress(DockerException, RequestException):
            container.wait(timeout=None)
    finally:
        process.kill()
