"""Sockets on a host of the lab, used from the test as if they were here.

A program on the host (`programs/calls.py`) makes the calls; an error there is raised here, as the
same class with the same errno. So a test says in which order two hosts do what.
"""

import errno
import itertools
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lab.api.host import Host
from lab.api.program import Program
from tests.integration.helpers import start_program


class Call:
    """A call that has been asked for, and may still be going on."""

    def __init__(self, sockets: "Sockets", identity: int) -> None:
        self._sockets = sockets
        self._identity = identity
        # When it began and ended, in seconds of the clock that all hosts share.
        self.began_s = self.ended_s = 0.0

    def result(self) -> Any:
        """Wait for its end; return what it returned, or raise what it raised."""
        status, result, self.began_s, self.ended_s = self._sockets.answer(self._identity)
        if status == "done":
            return self._decoded(result)
        number, text = result
        if number is None:
            raise TimeoutError(text)
        raise OSError(number, errno.errorcode[number])

    @property
    def took_s(self) -> float:
        return self.ended_s - self.began_s

    def _decoded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._decoded(one) for one in value]
        if isinstance(value, dict) and "bytes" in value:
            return value["bytes"].encode("latin-1")
        if isinstance(value, dict):
            return Socket(self._sockets, value["socket"])
        return value


class Sockets:
    """The sockets of one host; `with` ends the program that holds them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._numbers = itertools.count()
        self._answers: dict[int, list[Any]] = {}

    def ask(self, number: int | None, call: str, *arguments: Any) -> Call:
        identity = next(self._numbers)
        line = json.dumps([identity, number, call, _encoded(list(arguments))])
        assert self._program.process.stdin
        self._program.process.stdin.write(line.encode() + b"\n")
        self._program.process.stdin.flush()
        return Call(self, identity)

    def answer(self, identity: int) -> list[Any]:
        assert self._program.process.stdout
        while identity not in self._answers:
            line = self._program.process.stdout.readline()
            assert line, self._last_words()
            other, *answer = json.loads(line)
            self._answers[other] = answer
        return self._answers.pop(identity)

    def _last_words(self) -> str:
        assert self._program.process.stderr
        return f"the program has ended: {self._program.process.stderr.read().decode()}"

    def open(self, address: str, kind: int) -> "Socket":
        """Open a socket for the address's family."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        opened: Socket = self.ask(None, "open", family, kind).result()
        return opened

    def close_all(self) -> None:
        self.ask(None, "close_all").result()


class Socket:
    """A socket there. Its methods are those of `socket.socket`, and those of `programs/calls.py`.

    `send_each(messages)`, `receive(count)` and `read(count)` make several calls; `drain()` takes
    what is there, and never waits.
    """

    def __init__(self, sockets: Sockets, number: int) -> None:
        self._sockets = sockets
        self._number = number
        self.last = Call(sockets, -1)

    def __getattr__(self, call: str) -> Callable[..., Any]:
        if call.startswith("_"):
            raise AttributeError(call)

        def ask(*arguments: Any) -> Any:
            self.last = self.begin(call, *arguments)
            return self.last.result()

        return ask

    def begin(self, call: str, *arguments: Any) -> Call:
        """Ask for a call, and do not wait for its end."""
        return self._sockets.ask(self._number, call, *arguments)

    @property
    def port(self) -> int:
        number: int = self.getsockname()[1]
        return number

    def retransmissions(self) -> int:
        """Return how many segments of this connection the kernel has sent again (tcp_info)."""
        info = self.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        return int.from_bytes(info[100:104], "little")  # tcpi_total_retrans


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, tuple):
        return {"tuple": list(value)}
    if isinstance(value, list):
        return [_encoded(one) for one in value]
    return value


@contextmanager
def sockets_of(host: Host) -> Iterator[Sockets]:
    """Start the program on the host."""
    with start_program(host, "calls.py") as program:
        yield Sockets(program)
