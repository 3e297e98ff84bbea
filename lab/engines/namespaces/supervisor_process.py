"""The supervisor's process as `lab up` has it: started, given a lab to build, detached or ended.

Its standard input is the control pipe: the end of that, without `detach` before, ends the lab.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from lab.api.engine import Progress
from lab.engines.namespaces import client, environment
from lab.engines.namespaces.spec import LabSpec
from lab.errors import EngineError, LocatedError

_SUPERVISOR = str(Path(__file__).parent / "supervisor" / "__main__.py")
_KILLED_WITHIN_S = 5.0


class SupervisorProcess:
    """A supervisor that ends with this process until it is detached."""

    def __init__(self, name: str, starter: int | None = None) -> None:
        """Start it; it loads, and makes namespaces, before it has a lab to build.

        With `starter`, a socket, it forks what begins agents (`supervisor.agents`).
        """
        sockets = [] if starter is None else [starter]
        self._name = name
        self._detached = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _SUPERVISOR, *map(str, sockets)],
            pass_fds=sockets,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment.of_lab(name),
            start_new_session=True,
        )

    def build(self, spec: LabSpec) -> None:
        """Let it begin to build the lab."""
        self._send(spec.to_json())

    def wait_until_up(self, progress: Progress) -> None:
        """Wait until the lab is up. EngineError with the reason when it fails.

        LocatedError when the reason is at a place of the compose file.
        """
        assert self._process.stdout
        for line in self._process.stdout:
            message = json.loads(line)
            if message.get("keys"):
                raise LocatedError(tuple(message["keys"]), message["error"])
            if message.get("taken"):
                raise EngineError(client.taken(self._name))
            if "error" in message:
                raise EngineError(f"lab {self._name}: {message['error']}{_hint()}")
            if "doing" in message:
                progress(message["doing"], message["detail"])
            if "up" in message:
                return
        text = f"lab {self._name}: its supervisor ended before the lab was up"
        raise EngineError(text)

    def detach(self) -> None:
        """Let the lab live on without this process."""
        self._detached = True
        self._send("detach")
        self._close()

    def end(self) -> None:
        """End the lab, at once; it may be detached by now, or be about to."""
        self._close()
        if self._detached:
            with suppress(EngineError, ProcessLookupError):  # it has gone by itself
                pid = client.request(self._name, "status")["pid"]
                os.kill(pid, signal.SIGKILL)
                client.wait_for_end(pid, _KILLED_WITHIN_S)

    def _close(self) -> None:
        """Close the control pipe; wait until the supervisor has closed its end."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if not self._process.stdout.closed:
            self._process.stdout.read()
            self._process.stdout.close()
        self._process.wait()  # the process that was started ended long ago, after the fork

    def _send(self, line: str) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it has sent why, or will be found gone
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()


def _hint() -> str:
    """Return the remedy for the first thing that the engine needs and does not find here."""
    from lab.engines.namespaces import diagnostics  # noqa: PLC0415 - only after a failure

    missing = [found for found in diagnostics.findings() if not found.ok and found.required]
    return f"; {missing[0].name}: {missing[0].remedy}" if missing else ""
