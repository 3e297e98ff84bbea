"""A program on a host has no hold on the terminal of whoever runs it, and is used as ever there."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

# As a shell starts a command of its own group on a terminal, with some descriptors led elsewhere.
ON_A_TERMINAL = """\
import os, sys
os.setsid()
slave, led = int(sys.argv[1]), sys.argv[2]
os.close(os.open(os.ttyname(slave), os.O_RDWR))  # the session's own from now on
for number in range(3):
    if str(number) not in led:
        os.dup2(slave, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
# What a program has of the terminal, then a line of what is typed, and the end.
PROBE = """\
import errno, fcntl, os, sys, termios
def tried(what, *arguments):
    try:
        what(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "ok"
print("terminals", *(int(os.isatty(number)) for number in range(3)))
print("/dev/tty", tried(os.open, "/dev/tty", os.O_RDWR))
for number in range(3):
    print("type into", number, tried(fcntl.ioctl, number, termios.TIOCSTI, b"x"))
print("ready", flush=True)
print("typed", sys.stdin.readline().strip(), flush=True)
print("rest", len(sys.stdin.read()), flush=True)
sys.exit(7)
"""
FOUND = [
    *("terminals 0 0 0", "/dev/tty ENXIO"),
    *("type into 0 ENOTTY", "type into 1 ENOTTY", "type into 2 ENOTTY", "ready"),
]


@pytest.fixture
def pair(namespaces: Engine) -> Iterator[Lab]:
    with own_lab(namespaces, "pair.yaml") as lab:
        yield lab


class Person:
    """Somebody at a terminal whose command has some descriptors (`led`) led to a file."""

    def __init__(self, lab: Lab, led: str, file: Path, argv: Sequence[str]) -> None:
        self.master, slave = os.openpty()
        self._screen = b""
        self._file = file
        words = [*command.ARGV, "exec", "--lab", lab.name, "left", *argv]
        with file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", ON_A_TERMINAL, str(slave), led, *words],
                cwd=ROOT,
                pass_fds=[slave],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        os.close(slave)
        os.set_blocking(self.master, False)

    def seen(self) -> bytes:
        """Return what is in the file and on the screen."""
        with suppress(BlockingIOError, OSError):
            self._screen += os.read(self.master, 1 << 16)
        return self._file.read_bytes() + self._screen

    def sees(self, text: bytes) -> None:
        wait_until(lambda: text in self.seen(), f"{text!r} in the file or on the screen")

    def has_echoed(self, count: int) -> bool:
        return self.seen().count(b"x") >= count

    def types(self, text: bytes) -> None:
        os.write(self.master, text)


@contextmanager
def person(lab: Lab, led: str, file: Path, *argv: str) -> Iterator[Person]:
    somebody = Person(lab, led, file, argv)
    try:
        yield somebody
    finally:
        somebody.process.kill()
        somebody.process.wait()
        os.close(somebody.master)


@pytest.mark.parametrize("led", ["1", "12"])
def test_what_is_typed_reaches_the_program_and_it_reaches_no_terminal(
    pair: Lab, tmp_path: Path, led: str
) -> None:
    with person(pair, led, tmp_path / "out", "python3", "-c", PROBE) as somebody:
        somebody.sees(b"ready")
        somebody.types(b"hello\n")
        somebody.sees(b"typed hello")
        somebody.types(b"12345\n\x04")
        assert somebody.process.wait(LONGEST_S) == 7
        somebody.sees(b"rest 6")
        lines = somebody.seen().decode().replace("\r", "").splitlines()
        assert [line for line in lines if line in FOUND] == FOUND, lines


def test_output_on_the_terminal_is_whole_where_input_is_not(pair: Lab, tmp_path: Path) -> None:
    with person(pair, "0", tmp_path / "out", "seq", "20000") as somebody:
        somebody.sees(b"\n20000\r\n")
        assert somebody.process.wait(LONGEST_S) == 0
        assert somebody.seen().split() == [b"%d" % number for number in range(1, 20001)]


def test_a_program_that_does_not_read_writes_all_the_same(pair: Lab, tmp_path: Path) -> None:
    wait = "until test -e /tmp/go; do sleep 0.02; done; seq 20000; echo last"
    with person(pair, "1", tmp_path / "out", "sh", "-c", f"echo ready >&2; {wait}") as somebody:
        somebody.sees(b"ready")
        line = b"x" * 1000 + b"\n"
        with suppress(AssertionError):  # until its pipe and the terminal are full
            for number in range(100):
                somebody.types(line)
                echoed = partial(somebody.has_echoed, (number + 1) * 1000)
                wait_until(echoed, "the echo of what was typed", 1)
        assert pair.host("left").run(["touch", "/tmp/go"], timeout_s=20).exit_status == 0  # noqa: S108
        assert somebody.process.wait(LONGEST_S) == 0
        assert (tmp_path / "out").read_bytes().endswith(b"\n20000\nlast\n")


@pytest.mark.parametrize(("key", "number"), [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)])
def test_a_key_that_ends_programs_ends_this_one(
    pair: Lab, tmp_path: Path, key: bytes, number: signal.Signals
) -> None:
    argv = ("python3", "-c", "import signal; print('ready', flush=True); signal.pause()")
    if number == signal.SIGINT:
        argv = ("sh", "-c", "echo ready; exec sleep 60")
    with person(pair, "1", tmp_path / "out", *argv) as somebody:
        somebody.sees(b"ready")
        somebody.types(key)
        assert somebody.process.wait(LONGEST_S) == 128 + number
