"""Which hosts are at work: as `docker top` and /proc show them while a program dies of a reset."""

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from lab.engines.compose import threads as container_threads
from lab.engines.namespaces.host import processes
from tests.waiting import wait_until

INIT = ("100", "7", "Ss", "do_sigtimedwait.isra.0")
WAITS = ("101", "100", "Ss", "inet_csk_accept")


@pytest.mark.parametrize(
    ("threads", "busy"),
    [
        ([INIT, WAITS], False),
        ([INIT, ("101", "100", "Rs", "-")], True),
        ([INIT, ("101", "100", "D", "folio_wait_bit_common")], True),
        # It reads its own source for the traceback, from a file system in user space.
        ([INIT, ("101", "100", "Ss", "request_wait_answer")], True),
        # One of several threads; one that another has started.
        ([INIT, WAITS, ("101", "100", "Rsl", "-")], True),
        ([INIT, WAITS, ("102", "101", "R", "-")], True),
        # A health check, or a command of somebody: its parent is not in the container.
        ([INIT, WAITS, ("200", "9", "Rs", "-"), ("201", "200", "R", "-")], False),
        # What nobody reaps is at work no more.
        ([INIT, WAITS, ("102", "101", "Z", "-")], False),
        # The container is about to end, and Docker does not say so yet.
        ([("100", "7", "Ss", "zap_pid_ns_processes")], True),
        ([("100", "7", "Zs", "-")], True),
        ([], True),
    ],
)
def test_a_container_is_busy_until_its_programs_wait(
    threads: Sequence[Sequence[str]], busy: bool
) -> None:
    assert container_threads.are_busy("100", threads) is busy


def test_a_process_is_busy_until_it_waits_and_while_nobody_has_reaped_it() -> None:
    text = "import sys\nsys.stdin.readline()\nwhile True: pass\n"
    argv = [sys.executable, "-I", "-S", "-c", text]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin
            wait_until(lambda: not processes.is_busy(process.pid), "it waits for input")
            process.stdin.write("go\n")
            process.stdin.flush()
            wait_until(lambda: processes.is_busy(process.pid), "it is at work")
            process.kill()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            assert processes.is_busy(process.pid)
            process.wait()
            assert not processes.is_busy(process.pid)
        finally:
            process.kill()
