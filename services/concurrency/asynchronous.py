"""All clients in one thread, on asyncio's event loop.

The drain works here as it does elsewhere: a socket that is shut becomes ready, and the loop
wakes whoever waits for it.
"""

import asyncio
import socket

from services.address import peer_of
from services.concurrency import AsyncService
from services.concurrency.accepting import PAUSE_S, SCARCE, complain
from services.draining import Drain


def serve(listener: socket.socket, service: AsyncService, grace_s: float) -> int:
    """See services.concurrency."""
    listener.setblocking(False)
    with Drain(listener, grace_s) as drain:
        asyncio.run(_serve(listener, service, drain))
    return drain.cut_count


async def _serve(listener: socket.socket, service: AsyncService, drain: Drain) -> None:
    async def work(conn: socket.socket, peer: str) -> None:
        with drain.connection(conn):
            await service.handle_async(conn, peer, drain)

    # The loop itself holds tasks only weakly, so the set keeps them alive.
    tasks: set[asyncio.Task[None]] = set()
    while taken := await _next_connection(listener, drain):
        task = asyncio.create_task(work(*taken))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def _next_connection(
    listener: socket.socket, drain: Drain
) -> tuple[socket.socket, str] | None:
    told = False
    while not drain.stopping:
        await _readable(listener)
        try:
            conn, address = listener.accept()
        except BlockingIOError:
            continue  # the client went away meanwhile, or a Unix listener was shut
        except OSError as error:
            if drain.stopping:
                return None
            told = complain(error, told=told)
            if error.errno in SCARCE:
                await asyncio.sleep(PAUSE_S)  # for the reason given in accepting.py
        else:
            conn.setblocking(False)
            return conn, peer_of(conn, address)
    return None


async def _readable(listener: socket.socket) -> None:
    # Not loop.sock_accept: on a Unix listener that was shut, a non-blocking accept() fails with
    # EAGAIN, never with EINVAL, and the loop would try again for ever.
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(listener, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(listener)
