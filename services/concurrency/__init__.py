"""How many clients a server serves at once, and with what: one file for each model.

Each has `serve(listener, service, grace_s)`, which returns after a drain with the number of
connections it had to cut. All keep the same promises; one test holds them to it.
"""

import importlib
import socket
from collections.abc import Awaitable
from typing import Protocol

from services.draining import Drain

# asyncio alone costs megabytes: a model is imported only when it is chosen.
_MODULES = {
    "iterative": "services.concurrency.iterative",
    "fork": "services.concurrency.fork",
    "thread": "services.concurrency.thread",
    "async": "services.concurrency.asynchronous",
}


class Service(Protocol):
    """What is done with one connection: until the peer or the drain ends it, then return."""

    def handle(self, conn: socket.socket, peer: str, drain: Drain) -> None: ...


class AsyncService(Service, Protocol):
    """A service that also knows how to share one thread."""

    def handle_async(self, conn: socket.socket, peer: str, drain: Drain) -> Awaitable[None]: ...


def serve(model: str, listener: socket.socket, service: Service, grace_s: float) -> int:
    """Serves until a signal ends it; returns how many connections were cut."""
    cut: int = importlib.import_module(_MODULES[model]).serve(listener, service, grace_s)
    return cut
