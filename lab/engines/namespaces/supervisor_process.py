"""The supervisor's process as `lab up` has it: started, told what to build, held, let go.

Its standard input is the lab's lifeline: that it ends without a word is the end of the lab.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from lab.api.engine import Progress
from lab.compose.errors import LocatedError
from lab.engines.namespaces import MARK, checks
from lab.engines.namespaces.spec import LabSpec
from lab.errors import EngineError

_SUPERVISOR = str(Path(__file__).parent / "supervisor" / "__main__.py")


class SupervisorProcess:
    """A supervisor that hangs on this process."""

    def __init__(self, name: str, starter: int | None = None) -> None:
        """Start it; it loads, and makes namespaces, while nothing is asked of it yet.

        With `starter` it forks what begins agents, which is asked over that socket.
        """
        given = [] if starter is None else [starter]
        self._name = name
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _SUPERVISOR, *map(str, given)],
            pass_fds=given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, MARK: name},
            start_new_session=True,
        )

    def build(self, spec: LabSpec) -> None:
        """Let it begin to build the lab."""
        self._say(spec.to_json())

    def wait_until_up(self, progress: Progress) -> None:
        """Wait until the lab is up. EngineError with the reason when it fails.

        LocatedError when the reason is at a place of the compose file.
        """
        assert self._process.stdout
        for line in self._process.stdout:
            said = json.loads(line)
            if said.get("keys"):
                raise LocatedError(tuple(said["keys"]), said["failed"])
            if "failed" in said:
                missing = [found for found in checks.findings() if not found.ok and found.required]
                hint = f"; {missing[0].name}: {missing[0].remedy}" if missing else ""
                raise EngineError(f"lab {self._name}: {said['failed']}{hint}")
            if "doing" in said:
                progress(said["doing"], said["detail"])
            if "up" in said:
                return
        text = f"lab {self._name}: its supervisor ended before the lab was up"
        raise EngineError(text)

    def release(self) -> None:
        """Let the lab live on without this process."""
        self._say("release")
        self.cut()

    def cut(self) -> None:
        """End the lab, unless it has been released; wait until the supervisor has heard."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.read()  # it closes it
        self._process.stdout.close()
        self._process.wait()  # the process that was started ended long ago, after the fork

    def _say(self, line: str) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it has said why, or will be found gone
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
