"""What happens to a traced program: signals, stops, its end, and the end of its tracer."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.tracing.test_programs import both_modes
from tests.integration.tracing.tracing import (
    ROOT,
    WITHIN_S,
    Call,
    argv,
    code,
    end,
    python,
    read,
    state,
    trace,
)
from tests.waiting import wait_until


class Running:
    """A program that is traced now, or is not yet: what it prints is read line by line."""

    def __init__(self, process: "subprocess.Popen[str]", calls: Path) -> None:
        self.process = process
        self._calls = calls

    def line(self) -> str:
        """Wait for a line of the program."""
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")

    def calls(self) -> list[Call]:
        """Return what has been seen up to now."""
        text = self._calls.read_text(encoding="utf-8") if self._calls.exists() else ""
        whole = self._calls.with_suffix(".whole")
        whole.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")
        return read(whole)[0]

    def wait(self) -> int:
        """Wait for its end."""
        return self.process.wait(WITHIN_S)


@contextmanager
def started(argv: list[str], calls: Path) -> Iterator[Running]:
    process = subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    running = Running(process, calls)
    try:
        yield running
    finally:
        process.kill()
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.stdout.close()
        process.wait()


@contextmanager
def traced(folder: Path, program: list[str], *options: str) -> Iterator[Running]:
    calls = folder / "calls"
    with started([*argv(calls, *options), "--", *program], calls) as running:
        yield running


WAITS_IN_RECV = (
    "import os, socket; a, b = socket.socketpair(); print(os.getpid(), flush=True); a.recv(7)"
)


@both_modes
def test_a_call_that_the_program_is_killed_in_has_no_end(tmp_path: Path, filtered: bool) -> None:
    options = () if filtered else ("--unfiltered",)
    with traced(tmp_path, code(WAITS_IN_RECV), *options) as running:
        pid = int(running.line())
        wait_until(lambda: state(pid) == "S", "it waits in recv")
        os.kill(pid, signal.SIGKILL)
        assert running.wait() == 128 + signal.SIGKILL
        last = running.calls()[-1]
    assert (last["call"], last["ended_ns"], last["result"]) == ("recvfrom", None, None)
    assert last["arguments"]["len"] == 7
    assert last["socket"]["protocol"] == "unix"
    assert last["own_pid"] == pid


@both_modes
def test_a_call_that_a_signal_interrupts_fails_or_goes_on(tmp_path: Path, filtered: bool) -> None:
    text = python("interrupted")
    seen = trace(tmp_path, *text, filtered=filtered)
    assert (seen.output, seen.exit_status) == ("handled, handled\n", 0)
    failed, received = seen.of("recvfrom")[-2:]
    assert (failed["error"], failed["restarts"]) == ("EINTR", 0)
    # SA_RESTART: one call for the program, and one for who looks.
    assert (received["data"], received["restarts"]) == ({"text": "late"}, 1)
    assert received["ended_ns"] - received["began_ns"] > 40_000_000


@both_modes
def test_a_stopped_program_goes_on_when_it_is_continued(tmp_path: Path, filtered: bool) -> None:
    options = () if filtered else ("--unfiltered",)
    with traced(tmp_path, python("asked"), *options) as running:
        pid = int(running.line())
        port = int(running.line())
        with socket.create_connection(("127.0.0.1", port)) as connection:
            os.kill(pid, signal.SIGSTOP)
            wait_until(lambda: state(pid) in "tT", "it is stopped")
            connection.sendall(b"1")
            connection.settimeout(0.3)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            os.kill(pid, signal.SIGCONT)
            connection.settimeout(WITHIN_S)
            assert connection.recv(1) == b"1"
        assert running.wait() == 0
        assert [call["data"] for call in running.calls() if call["call"] == "sendto"] == [
            {"text": "1"}
        ]


def test_a_program_with_a_filter_ends_with_its_tracer(tmp_path: Path) -> None:
    """It must not go on: each of its calls that the filter stops at would fail with ENOSYS."""
    with traced(tmp_path, code(WAITS_IN_RECV)) as running:
        pid = int(running.line())
        wait_until(lambda: state(pid) == "S", "it waits in recv")
        running.process.kill()
        running.wait()
        wait_until(lambda: state(pid) in {"", "Z"}, "it has ended")


def test_a_program_without_a_filter_goes_on_without_its_tracer(tmp_path: Path) -> None:
    with traced(tmp_path, python("asked"), "--unfiltered") as running:
        pid = int(running.line())
        try:
            port = int(running.line())
            wait_until(lambda: state(pid) == "S", "it waits for a client")
            running.process.kill()
            running.wait()
            with socket.create_connection(("127.0.0.1", port), WITHIN_S) as connection:
                connection.sendall(b"1")
                assert connection.recv(1) == b"1"
            wait_until(lambda: state(pid) in {"", "Z"}, "it has ended by itself")
        finally:
            end(pid)


@both_modes
def test_a_program_that_runs_already(tmp_path: Path, filtered: bool) -> None:
    """Its sockets are known; what it waits in may have ended unseen while it was attached to."""
    mode = "filtered" if filtered else "unfiltered"
    with started(python("asked"), tmp_path / "none") as program:
        pid, port = int(program.line()), int(program.line())
        wait_until(lambda: state(pid) == "S", "it waits for a client")
        with started(python("releasing", str(pid), mode), tmp_path / "none") as tracer:
            assert tracer.line() == "attached"
            with socket.create_connection(("127.0.0.1", port), WITHIN_S) as connection:
                connection.sendall(b"1")
                assert connection.recv(1) == b"1"
            assert program.wait() == 0
            lines = []
            while (line := tracer.line()) != "end":
                lines.append(line)
    assert f"recvfrom 127.0.0.1:{port}" in lines
    assert f"sendto 127.0.0.1:{port}" in lines
    assert f"close 127.0.0.1:{port}" in lines


def test_what_is_traced_already_is_refused_in_words(tmp_path: Path) -> None:
    with traced(tmp_path, code(WAITS_IN_RECV)) as running:
        pid = int(running.line())
        other = subprocess.run(
            argv(tmp_path / "other", "--attach", str(pid)),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert f"process {pid}: traced already, by process {running.process.pid}" in other.stderr


def test_a_tracer_that_is_traced(tmp_path: Path) -> None:
    """What it traces is refused to it; that it tried is said."""
    inner = [*argv(tmp_path / "inner"), "--", sys.executable, "-c", "print('never')"]
    seen = trace(tmp_path, *inner)
    assert (seen.output, seen.exit_status != 0) == ("", True)
    assert [one["subject"] for one in seen.notices][-1:] == ["ptrace"]


def _tracer(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(text.partition("TracerPid:")[2].split()[0])


def test_a_program_that_is_let_go(tmp_path: Path) -> None:
    with started(python("echo"), tmp_path / "none") as program:
        pid, port = int(program.line()), int(program.line())
        with (
            socket.create_connection(("127.0.0.1", port), WITHIN_S) as connection,
            started(python("releasing", str(pid), "unfiltered"), tmp_path / "none") as tracer,
        ):
            assert tracer.line() == "attached"
            connection.sendall(b"seen")
            assert connection.recv(100) == b"seen"
            while not tracer.line().startswith("sendto"):
                pass
            wait_until(lambda: state(pid) == "S", "it waits for more")
            assert tracer.process.stdin
            tracer.process.stdin.write("\n")
            tracer.process.stdin.flush()
            assert tracer.line().startswith("recvfrom")  # what it waits in
            assert tracer.line() == "released"
            assert _tracer(pid) == 0
            assert tracer.line() == "end"
            assert tracer.wait() == 0
            connection.sendall(b"unseen")
            assert connection.recv(100) == b"unseen"
            connection.close()
            assert program.wait() == 0


@both_modes
def test_a_stopped_program_of_somebody_else(tmp_path: Path, filtered: bool) -> None:
    """The tracer has one right, CAP_SYS_PTRACE, and may not send SIGCONT: it continues itself."""
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("the test is not root, or has no setpriv: sudo apt-get install util-linux")
    mode = "filtered" if filtered else "unfiltered"
    other = ["setpriv", "--reuid=64321", "--regid=64321", "--clear-groups", "--no-new-privs"]
    right = ["setpriv", "--bounding-set=-all,+sys_ptrace", "--inh-caps=-all,+sys_ptrace"]
    program = [*other, "sh", "-c", "echo $$; kill -STOP $$; echo goes on"]
    with started(program, tmp_path / "none") as stopped:
        pid = int(stopped.line())
        wait_until(lambda: state(pid) == "T", "it is stopped")
        argv = ["setsid", "--wait", *right, *python("releasing", str(pid), mode, "continue")]
        with started(argv, tmp_path / "none") as tracer:
            assert stopped.line() == "goes on"
            assert stopped.wait() == 0
            assert [tracer.line(), tracer.line()] == ["attached", "end"]
