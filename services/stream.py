"""The time service on a connection: which pieces come in, which replies go out, what is logged.

Owns the conversation, for blocking sockets and for asyncio alike. Does not accept connections,
and leaves closing to its caller.
"""

import contextlib
import socket
from collections.abc import Iterator
from typing import NamedTuple

from services import log
from services.draining import Drain
from services.failures import explain
from services.message import Assembler, MessageTooLongError, line_reply


class Conversation:
    """What was said with one peer so far. Pure but for the log."""

    def __init__(self, peer: str, assembler: Assembler, quiet: bool) -> None:
        self.peer = peer
        self.assembler = assembler
        self.quiet = quiet
        self.replies = 0

    def answers(self, piece: bytes) -> Iterator[bytes]:
        """Yields the reply to each message that `piece` completes, timed when it is taken.

        Raises MessageTooLongError.
        """
        for message in self.assembler.feed(piece):
            yield self._answer(message)

    def last_answers(self, *, stopping: bool) -> Iterator[bytes]:
        """The reply to what came without a newline before the end of data, if anything did.

        When this server itself ended the data, that is no message but the start of one.
        """
        rest = self.assembler.rest()
        if rest and stopping:
            log.notice(f"{self.peer}: unfinished message dropped, {len(rest)} bytes: ending")
        elif rest:
            yield self._answer(rest)

    def _answer(self, message: bytes) -> bytes:
        reply = line_reply(message)
        self.replies += 1
        if not self.quiet:
            told = f"{self.peer}: message {log.quoted(message)}"
            log.info(f"{told}, answered {len(reply)} bytes")
        return reply


@contextlib.contextmanager
def conversation(peer: str, limit: int, *, quiet: bool) -> Iterator[Conversation]:
    """Logs who came, who left, and what went wrong between; socket errors end the block."""
    talk = Conversation(peer, Assembler(limit), quiet)
    log.info(f"{peer}: connected")
    try:
        yield talk
    except MessageTooLongError as error:
        log.warning(f"{peer}: {error}; closing the connection")
    except OSError as error:
        log.warning(f"{peer}: {explain(error)}")
    log.info(f"{peer}: left after {talk.replies} replies")


class TimeService(NamedTuple):
    """Answers each line with `ctime:line`; `buffer` and `limit` in bytes."""

    buffer: int
    limit: int
    quiet: bool = False

    def handle(self, conn: socket.socket, peer: str, drain: Drain) -> None:
        """Talks until the peer's end of data, or the drain's."""
        with conversation(peer, self.limit, quiet=self.quiet) as talk:
            while piece := conn.recv(self.buffer):
                for reply in talk.answers(piece):
                    conn.sendall(reply)
            for reply in talk.last_answers(stopping=drain.stopping):
                conn.sendall(reply)

    async def handle_async(self, conn: socket.socket, peer: str, drain: Drain) -> None:
        """The same for a non-blocking socket, letting other clients in at each wait."""
        # Imported here: it would cost every process of the other models megabytes.
        from asyncio import get_running_loop  # noqa: PLC0415

        loop = get_running_loop()
        with conversation(peer, self.limit, quiet=self.quiet) as talk:
            while piece := await loop.sock_recv(conn, self.buffer):
                for reply in talk.answers(piece):
                    await loop.sock_sendall(conn, reply)
            for reply in talk.last_answers(stopping=drain.stopping):
                await loop.sock_sendall(conn, reply)
