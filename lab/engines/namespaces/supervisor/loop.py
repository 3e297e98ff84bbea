"""The supervisor's loop: the descriptors that it waits for, each with its handler.

Not asyncio, which takes longer to load than two hosts to come up.
"""

import selectors
from collections.abc import Callable


class Loop:
    """Descriptors and their handlers."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, descriptor: int, handler: Callable[[], object], *, write: bool = False) -> None:
        """Call `handler` whenever the descriptor can be read (`write`: written).

        It takes the place of the handler that the descriptor has, if any.
        """
        events = selectors.EVENT_WRITE if write else selectors.EVENT_READ
        if descriptor in self._selector.get_map():
            self._selector.modify(descriptor, events, handler)
        else:
            self._selector.register(descriptor, events, handler)

    def unwatch(self, descriptor: int) -> None:
        """Undo `watch`; call it before the descriptor is closed."""
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    def highest(self) -> int:
        """Return the highest descriptor that is watched."""
        return max(key.fd for key in self._selector.get_map().values())

    def turn(self, wait_s: float | None) -> None:
        """Handle what is ready, or gets ready within this time (None: whenever)."""
        watched = self._selector.get_map()
        for key, _ in self._selector.select(wait_s):
            # One handler may change what another descriptor is watched for: readiness is for the
            # handler that was there when it was seen, and for no later one.
            if watched.get(key.fd) is key:
                key.data()
