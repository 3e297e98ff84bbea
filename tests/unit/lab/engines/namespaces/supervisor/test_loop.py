"""The supervisor's loop: readiness is for the handler that was there when it was seen."""

import os
import select
import socket
from contextlib import ExitStack, suppress

from lab.engines.namespaces.supervisor.loop import Loop


def test_handler_that_was_put_there_meanwhile_is_not_called_for_what_was_ready_before() -> None:
    loop = Loop()
    with ExitStack() as cleanup:
        ours, theirs = (cleanup.enter_context(one) for one in socket.socketpair())
        read, write = os.pipe()
        for descriptor in (read, write):
            cleanup.callback(os.close, descriptor)
        ours.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                ours.send(bytes(1 << 16))
        called: list[str] = []

        def piece_came() -> None:
            called.append("piece")
            os.read(read, 10)
            # All is sent: from now on the client is to be heard, not written to.
            loop.watch(ours.fileno(), lambda: called.append(f"heard {ours.recv(10)!r}"))

        loop.watch(read, piece_came)
        loop.watch(ours.fileno(), lambda: called.append("can write"), write=True)
        # The pipe is ready before the client reads and can be written to.
        os.write(write, b"x")
        while not _can_write(ours):
            theirs.recv(1 << 20)
        loop.turn(10)
        assert called == ["piece"]
        theirs.send(b"bye")
        loop.turn(10)
        assert called[-1] == "heard b'bye'"


def _can_write(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    return bool(poll.poll(0))
