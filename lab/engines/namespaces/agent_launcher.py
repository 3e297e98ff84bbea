"""The processes that begin agents (`supervisor.agents`), as this program has them: one for a lab.

One that is expected to be needed is begun beforehand, so that it loads while the hosts come up.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from threading import Lock

from lab.engines.namespaces import environment

_STARTER = str(Path(__file__).parent / "supervisor" / "agents.py")


class AgentStarter:
    """The process, which ends when this is closed, or this program ends.

    `theirs` is its end of the channel, for who begins it.
    """

    def __init__(self) -> None:
        self._channel, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = Lock()
        self._owner = os.getpid()

    @property
    def is_own(self) -> bool:
        """Is it this process's, not one that it was forked from?"""
        return self._owner == os.getpid()

    def start(self, host: int, supervisor: int, connections: int) -> str:
        """Let it begin an agent, which is there then; return why it cannot."""
        request = json.dumps({"host": host, "supervisor": supervisor}).encode()
        try:
            with self._lock:
                socket.send_fds(self._channel, [request], [connections])
                response = self._channel.recv(1 << 16)
        except OSError as error:
            return str(error.strerror)
        if not response:
            return "what begins agents has ended"
        return str(json.loads(response).get("error", ""))

    def close(self) -> None:
        """Let it end."""
        self.theirs.close()
        self._channel.close()


_prepared: dict[str, AgentStarter] = {}


def prepare(lab: str) -> None:
    """Expect that the supervisor of a lab will begin one."""
    _prepared[lab] = AgentStarter()


def prepared(lab: str) -> AgentStarter | None:
    """Return the one of a lab."""
    return _prepared.get(lab)


def forget(lab: str) -> None:
    """End the one that was prepared for a lab, if there is one."""
    if starter := _prepared.pop(lab, None):
        starter.close()


def start(lab: str, host: int, supervisor: int, connections: int) -> str:
    """Begin an agent, by the one that was prepared or by a new one; return why it cannot be."""
    there = _prepared.get(lab)
    if there and there.is_own:
        return there.start(host, supervisor, connections)
    starter = AgentStarter()
    argv = [sys.executable, "-I", "-S", _STARTER, str(starter.theirs.fileno())]
    process = subprocess.Popen(
        argv,
        pass_fds=[starter.theirs.fileno()],
        stdin=subprocess.DEVNULL,
        env=environment.of_lab(lab),
        start_new_session=True,
    )
    try:
        starter.theirs.close()  # so that its end can be received
        return starter.start(host, supervisor, connections)
    finally:
        starter.close()
        process.wait()
