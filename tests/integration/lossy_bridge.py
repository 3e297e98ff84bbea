"""Losses on the way between hosts that are real: on the bridge of a lab without Docker."""

import os
import subprocess
import sys

from lab.api.lab import Lab
from lab.engines.namespaces import client
from tests.integration.helpers import PROGRAMS, ROOT
from tests.waiting import wait_until


class LossyBridge:
    """Drops packets of a host on the bridge of a lab without Docker, for a `with` block."""

    _program: subprocess.Popen[str]

    def __init__(self, lab: Lab, source: str, protocol: int, flags: int = 0) -> None:
        pid = client.request(lab.name, "status")["pid"]
        enter = ["nsenter", f"--net=/proc/{pid}/ns/net"]
        if os.geteuid():
            enter += [f"--user=/proc/{pid}/ns/user", "--preserve-credentials"]
        program = [sys.executable, str(PROGRAMS / "lossy_bridge.py"), str(ROOT)]
        self._argv = [*enter, *program, source, str(protocol), str(flags)]
        self._last: int | None = None

    def __enter__(self) -> "LossyBridge":
        pipe = subprocess.PIPE
        self._program = subprocess.Popen(self._argv, stdin=pipe, stdout=pipe, text=True)
        try:
            self._line()  # it is ready
        except BaseException:
            with self._program:
                self._program.kill()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        assert self._program.stdin
        with self._program:
            self._program.stdin.close()
            self._last = int(self._line())

    @property
    def dropped(self) -> int:
        """How many packets it has dropped; after the block, in all."""
        if self._last is not None:
            return self._last
        assert self._program.stdin
        self._program.stdin.write("\n")
        self._program.stdin.flush()
        return int(self._line())

    def wait_for(self, count: int) -> None:
        """Return when it has dropped so many packets, or more; AssertionError if it does not."""
        wait_until(lambda: self.dropped >= count, f"{count} packets to be dropped")

    def _line(self) -> str:
        assert self._program.stdout
        line = self._program.stdout.readline()
        assert line, "the program has ended"
        return line
