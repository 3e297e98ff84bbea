"""Several streams become one, in the order in which their items come."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")
# So many items may be on their way; then the streams wait.
_MOST_ON_THE_WAY = 1000


class _Ended:
    """The last word of a stream."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def merged(streams: Iterable[Iterable[_Item]]) -> Iterator[_Item]:
    """Yield the items of all streams, each read by a thread, until all have ended.

    What a stream raises is raised here, after what it gave before.
    """
    items: queue.Queue[_Item | _Ended] = queue.Queue(_MOST_ON_THE_WAY)
    left = 0
    for stream in streams:
        # A daemon: when the command ends, nobody waits for it.
        threading.Thread(target=_forward, args=(stream, items), daemon=True).start()
        left += 1
    while left:
        item = items.get()
        if not isinstance(item, _Ended):
            yield item
            continue
        if item.error:
            raise item.error
        left -= 1


def _forward(stream: Iterable[_Item], items: "queue.Queue[_Item | _Ended]") -> None:
    try:
        for item in stream:
            items.put(item)
    except BaseException as error:
        items.put(_Ended(error))
    else:
        items.put(_Ended(None))
