"""The agent's loop: who is let in, and how long it sleeps."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.agent.server import Server

ROOT = Path(__file__).parents[4]
# An agent that takes whoever runs these tests for another user.
FOR_ANOTHER = """
import os, socket, sys
os.geteuid = lambda: -1
from lab.agent.server import Server
Server(socket.socket(fileno=int(sys.argv[1]))).run()
"""


def test_somebody_elses_connection_is_closed_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "agent")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as asker:
        listener.bind(path)
        listener.listen()
        argv = [sys.executable, "-c", FOR_ANOTHER, str(listener.fileno())]
        agent = subprocess.Popen(
            argv, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}, pass_fds=[listener.fileno()]
        )
        try:
            asker.settimeout(5)
            asker.connect(path)
            assert asker.recv(1) == b""
        finally:
            agent.kill()
            agent.wait()


def test_it_never_sleeps_longer_than_the_kernel_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        server = Server(listener)
        server._end_at_s = None
        assert server._wait_s() is None
        due_ns = time.monotonic_ns() + 10**21
        monkeypatch.setattr(server._handler, "next_due_ns", lambda: due_ns)
        assert server._wait_s() == 3600
