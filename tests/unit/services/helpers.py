"""Programs under test as real processes on loopback.

Owns starting, looking and ending by process id. Knows nothing of what the programs promise.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.waiting import WITHIN_S, wait_until

ROOT = Path(__file__).parents[3]
MODELS = ("iterative", "fork", "thread", "async")
STAMP = re.compile(rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] \d\d:\d\d:\d\d \d{4}:")


class Program:
    """`python3 -m services.MODULE ARGUMENTS`, with its output in files."""

    def __init__(self, folder: Path, module: str, arguments: Sequence[str]) -> None:
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"services.{module}", *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self.pid = self._process.pid

    @property
    def output(self) -> str:
        return self._out.read_text()

    @property
    def errors(self) -> str:
        return self._err.read_text()

    def await_output(self, pattern: str) -> str:
        """The first group, or the whole, of what matches `pattern` on standard output."""
        wait_until(
            lambda: bool(re.search(pattern, self.output)) or self._process.poll() is not None,
            f"{pattern!r} in the output",
        )
        found = re.search(pattern, self.output)
        assert found, f"ended without {pattern!r}: {self.output}{self.errors}"
        return found.group(1) if found.groups() else found.group()

    @property
    def port(self) -> int:
        return int(self.await_output(r"listening on \S+:(\d+) "))

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def status(self) -> int:
        """Waits for the end and gives the exit status."""
        return self._process.wait(WITHIN_S)

    def terminate(self) -> int:
        self.signal(signal.SIGTERM)
        return self.status()

    def kill(self) -> None:
        """Leaves nothing: the program ends its own children when asked, so it is asked first."""
        if self.running:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


Start = Callable[..., Program]


def client(port: int) -> socket.socket:
    """A connection to a server on loopback."""
    return socket.create_connection(("127.0.0.1", port), WITHIN_S)


def read_line(conn: socket.socket) -> bytes:
    """One line with its newline, or less if the data ends before."""
    with conn.makefile("rb") as lines:
        return lines.readline()


def read_all(conn: socket.socket) -> bytes:
    """Everything until the end of data."""
    parts = []
    while piece := conn.recv(1 << 16):
        parts.append(piece)
    return b"".join(parts)


def unstamped(reply: bytes) -> bytes:
    """The data of a reply, after checking that it begins with a time and a colon."""
    found = STAMP.match(reply)
    assert found, f"no time at the start of {reply[:60]!r}"
    return reply[found.end() :]


def children_of(pid: int) -> list[int]:
    """Process ids of all children, zombies too."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def run_to_end(
    module: str, *arguments: str, stdin: bytes = b"", within_s: float = WITHIN_S
) -> subprocess.CompletedProcess[bytes]:
    """Runs a program that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", f"services.{module}", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        timeout=within_s,
        check=False,
    )
