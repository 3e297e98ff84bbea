"""What programs, agents and call servers send, as the lab reads it."""

import json
import socket
import threading
from random import Random
from types import TracebackType
from typing import Any, Self

from lab import printable
from lab.api.agent_client import AgentClient
from lab.api.call_client import CallConnection
from lab.api.outputs import STREAMS, Piece, Printed, lines
from lab.errors import EngineError, EvidenceError, UsageError
from lab.evidence import syslog
from lab.model import LogLine
from lab.net.packet import parse
from tests import made_evidence as made
from tests.robustness.fuzz.bounds import assert_plain
from tests.robustness.fuzz.kinds import Kind
from tests.robustness.fuzz.mutation import mutated, mutated_value

WITHIN_S = 20.0
LINE = {
    **{"time": "2026-01-02T03:04:05.000006+00:00", "host": "server", "facility": "daemon"},
    **{"severity": "info", "ident": "tcp", "pid": "7", "message": "hello"},
}
STATUS = {"number": 1, "source": "left", "impairment": "drop", "asked": {}, "active": True}
ANSWERS: tuple[dict[str, Any], ...] = (
    {"done": STATUS},
    {"done": {}},
    {"invalid": "x"},
    {"failed": "x", "errno": 1},
)
CALL_ANSWERS = (
    {"id": 1, "begun_ns": 5},
    {"id": 1, "began_ns": 5, "ended_ns": 6, "returned": {"hex": "00ff"}},
    {"id": 1, "began_ns": 5, "ended_ns": 6, "raised": {"name": "OSError", "errno": 2}},
    {"id": 1, "began_ns": 5, "ended_ns": 6, "returned": 1, "addresses": {"local": "a"}},
    {"failed": "it cannot begin"},
)
PRINTED = (b"one\ntwo\n", b"\x1b[31mred\n" * 3, b"half", b"x" * 70_000 + b"\n", b"\n\n\r\n")


def _json_or_bytes(rng: Random, value: object) -> bytes:
    if rng.random() < 0.5:
        return json.dumps(mutated_value(rng, value)).encode()
    return mutated(rng, json.dumps(value).encode())


class Syslog(Kind):
    """A line of the syslog host is one, or is refused in a line."""

    NAME = "syslog line"

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        return _json_or_bytes(rng, LINE)

    def check(self, mutant: bytes) -> None:
        """See above."""
        try:
            found = syslog.parse(mutant.decode(errors="replace"))
        except EvidenceError as error:
            assert_plain(str(error))
        else:
            assert isinstance(found, LogLine)
            for text in (found.host, found.ident, found.message):
                assert isinstance(text, str)


class Output(Kind):
    """What a program prints, in pieces: all of it comes out as lines, and is shown harmlessly."""

    NAME = "output"
    SHARE = 4

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        return mutated(rng, b"".join(rng.choices(PRINTED, k=3)), PRINTED)

    def check(self, mutant: bytes) -> None:
        """See above."""
        size = 1 + len(mutant) % 997
        pieces = [
            Piece(mutant[at : at + size], at % 3 == 2, at, STREAMS[at % 2])
            for at in range(0, len(mutant), size)
        ]
        for line in Printed("host", lambda: pieces).lines():
            assert len(printable.line(line.text)) <= printable.MOST_LINE
        whole = [Piece(piece.data) for piece in pieces]
        assert b"\n".join(line.data for line in lines(whole)) == mutant.removesuffix(b"\n")


class Packets(Kind):
    """Bytes on a wire are a packet; its parts are within it."""

    NAME = "packet"

    def __enter__(self) -> Self:
        super().__enter__()
        self._packets = [packet for _, packet, _ in made.handshake()]
        return self

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        return mutated(rng, rng.choice(self._packets), self._packets)

    def check(self, mutant: bytes) -> None:
        """See above."""
        found = parse(mutant)
        assert 0 <= found.transport_at <= found.payload_at <= found.length <= len(mutant)
        assert found.summary().isprintable()


class _Answers(Kind):
    """A peer that sends something, and then no more."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._of_threads: list[threading.ExceptHookArgs] = []
        self._before = threading.excepthook
        threading.excepthook = self._of_threads.append
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        threading.excepthook = self._before
        super().__exit__(kind, error, traceback)

    def assert_no_thread_failed(self) -> None:
        """Assert that no thread has ended with a traceback."""
        failed, self._of_threads[:] = list(self._of_threads), []
        assert not failed, repr(failed[0].exc_value)


class AgentAnswer(_Answers):
    """An agent's answer: a value, or an error of one line."""

    NAME = "agent's answer"
    SHARE = 6

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        return _json_or_bytes(rng, rng.choice(ANSWERS)) + b"\n"

    def check(self, mutant: bytes) -> None:
        """See above."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(mutant)
            theirs.shutdown(socket.SHUT_WR)
            client = AgentClient("server", ours)
            try:
                client.ask("status", fault=1)
            except (EngineError, UsageError) as error:
                assert_plain(f"agent: {error}")


class CallAnswer(_Answers):
    """A call server's answers: a result, or an error; whoever waits is told."""

    NAME = "call server's answer"
    SHARE = 5

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        return b"".join(
            _json_or_bytes(rng, rng.choice(CALL_ANSWERS)) + b"\n" for _ in range(rng.randint(1, 3))
        )

    def check(self, mutant: bytes) -> None:
        """See above."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            connection = CallConnection("server", lambda: ours)
            pending = connection.request("recv", {"socket": "c"}, confirm=True)
            theirs.sendall(mutant)
            theirs.shutdown(socket.SHUT_WR)
            try:
                pending.wait_for_begin()
                assert pending.result(WITHIN_S) is not None, "nobody is told"
            except EngineError as error:
                assert_plain(str(error))
            connection.close(WITHIN_S)
        self.assert_no_thread_failed()
