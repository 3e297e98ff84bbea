"""A connection to the agent of a host: requests and answers, a JSON line each."""

import contextlib
import json
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from lab.errors import AgentEndedError, AgentError, EngineError, UsageError

_BEGIN_WITHIN_S = 20.0
_TRY_AGAIN_S = 0.02
_ANSWER_WITHIN_S = 30.0  # an agent that is well answers in milliseconds
_MOST_BYTES = 1 << 16


class AgentClient:
    """One connection; what it adds to the wire ends with it, unless it is added to stay."""

    def __init__(self, host: str, connected: socket.socket) -> None:
        self._host = host
        self._socket = connected
        self._socket.settimeout(_ANSWER_WITHIN_S)
        self._read = b""

    @classmethod
    def begin(cls, host: str, connect: Callable[[], socket.socket]) -> "AgentClient":
        """Connect to an agent that answers. EngineError if there is none however often one tries.

        An agent with nothing to do ends; one that just does so when it is connected to is tried
        again, and then is a new one.
        """
        until_s = time.monotonic() + _BEGIN_WITHIN_S
        while True:
            agent = cls(host, connect())
            if agent.answers():
                return agent
            agent.close()
            if time.monotonic() > until_s:
                text = f"{host}: the agent on its wire ends as soon as it is asked"
                raise AgentError(text)
            time.sleep(_TRY_AGAIN_S)

    def answers(self) -> bool:
        """Tell whether there is still an agent."""
        try:
            self.ask("hello")
        except EngineError:
            return False
        return True

    def ask(self, do: str, **parameters: Any) -> Any:
        """Return the agent's answer, which says that it is done.

        UsageError when it makes no sense; EngineError when the kernel refuses; AgentEndedError
        when there is no agent any more (then the wire lets everything through).
        """
        try:
            self._socket.sendall(_request(do, parameters))
            answer = _parsed(self._line())
        except TimeoutError:
            self.close()  # an answer that came yet would be taken for the next one's
            answer = {"failed": f"it has not answered for {_ANSWER_WITHIN_S:g} s"}
        except OSError:  # the connection is broken
            answer = {}
        if "done" in answer:
            return answer["done"]
        if "invalid" in answer:
            raise UsageError(str(answer["invalid"]))
        place = f"{self._host}: the agent on its wire"
        if "failed" in answer:
            text = f"{place}: {answer['failed']}{_remedy(answer.get('errno'))}"
            raise AgentError(text)
        text = f"{place}: it has ended"
        raise AgentEndedError(text)

    def post(self, do: str, **parameters: Any) -> None:
        """Request something of which no answer comes here, but perhaps in its stream."""
        with contextlib.suppress(OSError):  # it has ended
            self._socket.sendall(_request(do, parameters))

    @property
    def ended(self) -> bool:
        """Is it known already that there is no agent any more? Asks nothing."""
        if self._socket.fileno() < 0:
            return True
        readable, _, _ = select.select([self._socket], [], [], 0)
        try:
            return bool(readable) and not self._socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _line(self) -> bytes:
        while b"\n" not in self._read:
            data = self._socket.recv(_MOST_BYTES)
            if not data:
                return b""
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return line

    def stream(self) -> tuple[socket.socket, bytes]:
        """Return the socket, and what has come by it after the last answer: a stream's beginning.

        The socket is the caller's now; this client is not asked any more.
        """
        self._socket.settimeout(None)
        return self._socket, self._read

    def end(self) -> None:
        """Ask no more; a stream ends, and what had been added is lifted."""
        with contextlib.suppress(OSError):  # the agent has ended first
            self._socket.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Receive no more, either: who reads the stream finds its end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it; what it had added is lifted, soon."""
        self._socket.close()


def _request(do: str, parameters: dict[str, Any]) -> bytes:
    return json.dumps({"do": do, **parameters}).encode() + b"\n"


def _parsed(line: bytes) -> dict[str, Any]:
    """Return an answer; nothing, or words of `docker exec` to a container that has ended, is {}."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _remedy(number: int | None) -> str:
    return "; lab doctor says what the wire needs" if number else ""
