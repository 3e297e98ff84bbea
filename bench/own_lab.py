"""A lab for one measurement: up before it, gone after it however it ends.

Owns the lab's life, and the waiting for conditions on its hosts. Does not measure.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.api import lifecycle
from lab.api.engine import Progress
from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.program import Program
from lab.engines.compose.engine import ComposeEngine
from lab.errors import EngineError

ROOT = Path(__file__).parents[1]
_FILE = Path(__file__).with_name("compose.yaml")
_WITHIN_S = 30.0


def new_name() -> str:
    """Return a name for a lab that nobody else has."""
    return f"bench-{secrets.token_hex(3)}"


@contextmanager
def own_lab(progress: Progress) -> Iterator[Lab]:
    """Bring the bench's machines up, and remove them at the end, even after SIGKILL."""
    engine = ComposeEngine()
    name = new_name()
    with engine.guarded(name):
        lab = lifecycle.up(engine, file=_FILE, name=name, build=True, progress=progress)
        yield lab
        lab.down(progress=progress)


def wait_until(condition: Callable[[], bool], what: str, within_s: float = _WITHIN_S) -> None:
    """Return when the condition holds; EngineError after the deadline.

    Each look runs a program on a host, which takes long enough to need no pause between looks.
    """
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            text = f"{what}: not after {within_s:g} s"
            raise EngineError(text)


def sockets(host: Host, options: str, port: int) -> int:
    """Count the host's own sockets at the port, with the options of ss(8)."""
    argv = ["ss", "-Hn", *options.split(), "sport", "=", f":{port}"]
    done = host.run(argv, timeout_s=20)
    if done.exit_status:
        text = f"{host.name}: ss: {done.stderr.decode(errors='replace').strip()}"
        raise EngineError(text, argv=argv, exit_status=done.exit_status)
    return len(done.stdout.splitlines())


def start_server(host: Host, words: str, port: int, protocol: str = "tcp") -> Program:
    """Start a program of `services` on the port, as the user without rights; wait till it listens.

    What it prints goes nowhere: a pipe that nobody reads would fill up and stop it.
    """
    argv = ["python3", "-m", *f"services.{words}".split(), "--port", str(port), "--quiet"]
    program = host.start(["sh", "-c", 'exec "$@" >/dev/null', "sh", *argv], user="lab")
    return listening(program, port, protocol)


def listening(program: Program, port: int, protocol: str) -> Program:
    """Wait until the program listens there, and return it; if it never does, end it."""
    try:
        wait_listening(program.host, port, protocol)
    except BaseException:
        program.__exit__()
        raise
    return program


def wait_listening(host: Host, port: int, protocol: str = "tcp") -> None:
    """Wait until something listens there."""
    options = "-l --tcp" if protocol == "tcp" else "-l --udp"
    what = f"{host.name}: a {protocol} server on port {port}"
    wait_until(lambda: sockets(host, options, port) > 0, what)


def python_version(host: Host) -> str:
    """Return the version of the host's Python, as `3.13.5`."""
    done = host.run(["python3", "--version"], timeout_s=20)
    return done.stdout.decode().removeprefix("Python").strip()
