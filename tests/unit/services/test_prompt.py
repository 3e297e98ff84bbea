"""The client as a person uses it: a terminal (a pty), a prompt, a history, Ctrl-C, Ctrl-D."""

import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from tests.unit.services.helpers import ROOT, Program, Start
from tests.waiting import WITHIN_S, wait_until


class Terminal:
    """A client in a terminal of its own; `seen` is all that appeared on the screen."""

    def __init__(self, *arguments: str) -> None:
        self._mine, theirs = pty.openpty()
        os.set_blocking(self._mine, False)
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.client", *arguments],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "dumb", "PYTHONUTF8": "1"},
            start_new_session=True,
            preexec_fn=lambda: _make_controlling(theirs),  # noqa: PLW1509 - no threads here
        )
        os.close(theirs)

    def type(self, keys: str) -> None:
        os.write(self._mine, keys.encode())

    def await_screen(self, pattern: str) -> None:
        """Waits until `pattern` appeared, and forgets the screen up to there."""
        wait_until(lambda: self._look(pattern), f"{pattern!r} on the screen")
        found = re.search(pattern, self.seen)
        assert found
        self.seen = self.seen[found.end() :]

    def _look(self, pattern: str) -> bool:
        try:
            self.seen += os.read(self._mine, 65536).decode(errors="replace")
        except BlockingIOError:
            pass
        except OSError:  # EIO: the client closed its end
            return True
        return re.search(pattern, self.seen) is not None

    def status(self) -> int:
        return self.process.wait(WITHIN_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._mine)


def _make_controlling(fd: int) -> None:
    import fcntl

    fcntl.ioctl(fd, termios.TIOCSCTTY, 0)  # so that Ctrl-C becomes SIGINT


@pytest.fixture
def server(start: Start) -> Program:
    return start("tcp_time_server", "--port", "0")


@pytest.fixture
def terminal(server: Program) -> Iterator[Terminal]:
    opened = Terminal("127.0.0.1", "--port", str(server.port))
    opened.await_screen(">: ")
    yield opened
    opened.close()


def test_a_line_is_answered_and_the_prompt_comes_again(terminal: Terminal) -> None:
    terminal.type("hello wörld\n")
    terminal.await_screen(r"\d{4}:hello wörld\r\n")
    terminal.await_screen(">: ")
    terminal.type("\n")
    assert terminal.status() == 0


def test_the_arrow_up_brings_the_last_line_back(terminal: Terminal) -> None:
    pytest.importorskip("readline")
    terminal.type("remember me\n")
    terminal.await_screen(r"\d{4}:remember me\r\n>: ")
    terminal.type("\x1b[A")
    terminal.await_screen("remember me")
    terminal.type("!\n")
    terminal.await_screen(r"\d{4}:remember me!\r\n")


def test_the_end_of_input_ends_it(terminal: Terminal) -> None:
    terminal.type("\x04")
    assert terminal.status() == 0


def test_ctrl_c_ends_it_without_a_traceback(terminal: Terminal) -> None:
    terminal.type("\x03")
    assert terminal.status() == 130
    terminal._look("$^")
    assert "Traceback" not in terminal.seen


def test_a_server_that_is_gone_ends_it_with_its_status(terminal: Terminal, server: Program) -> None:
    assert server.terminate() == 0
    terminal.type("anyone?\n")
    terminal.await_screen(r"client: 127\.0\.0\.1:\d+: (closed by the server|reset|broken pipe)")
    assert terminal.status() in {7, 9, 10}
