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
    drain = Drain(listener, grace_s)
    drain.start()
    listener.setblocking(False)
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
    loop = asyncio.get_running_loop()
    told = False
    while not drain.stopping:
        try:
            conn, address = await loop.sock_accept(listener)
        except OSError as error:
            if drain.stopping:
                return None
            told = complain(error, told=told)
            if error.errno in SCARCE:
                await asyncio.sleep(PAUSE_S)  # for the reason given in accepting.py
        else:
            return conn, peer_of(conn, address)
    return None
