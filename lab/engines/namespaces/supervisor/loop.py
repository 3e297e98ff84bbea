"""The supervisor's loop: which descriptors it waits for, and what it does when they are ready.

Not asyncio, which takes longer to load than two hosts to come up.
"""

import select
from collections.abc import Callable


class Loop:
    """Descriptors and their handlers."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._handlers: dict[int, Callable[[], object]] = {}

    def watch(self, descriptor: int, handler: Callable[[], object], *, write: bool = False) -> None:
        """Call `handler` whenever the descriptor can be read (`write`: written)."""
        events = select.EPOLLOUT if write else select.EPOLLIN
        if descriptor in self._handlers:
            self._poll.modify(descriptor, events)
        else:
            self._poll.register(descriptor, events)
        self._handlers[descriptor] = handler

    def unwatch(self, descriptor: int) -> None:
        """Undo `watch`; call it before the descriptor is closed."""
        if self._handlers.pop(descriptor, None):
            self._poll.unregister(descriptor)

    def highest(self) -> int:
        """Return the highest descriptor that is watched."""
        return max(self._handlers)

    def turn(self, wait_s: float | None) -> None:
        """Handle what is ready, or gets ready within this time (None: whenever)."""
        # What one handler does may change what another descriptor is watched for: readiness is for
        # the handler that was there when it was seen, and for no later one.
        ready = [(one, self._handlers.get(one)) for one, _ in self._poll.poll(wait_s)]
        for descriptor, handler in ready:
            if handler and self._handlers.get(descriptor) is handler:
                handler()
