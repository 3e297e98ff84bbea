"""How large a YAML text may be, counted before anything is built of it.

A parser that builds as it reads is at the mercy of the text: lists within lists use up its stack,
and aliases of aliases multiply ("a billion laughs") until there is no memory left.
"""

from collections.abc import Iterable

import yaml

from lab.errors import ParseError

MOST_BYTES = 1 << 20
MOST_DEPTH = 100
MOST_VALUES = 100_000
MOST_NUMBER = 100  # characters
_PER_VALUE = 1_000  # so many characters of a text count as another value


def check(events: Iterable[yaml.Event]) -> None:
    """Raise ParseError for a text that nests too deep, or stands for too many values.

    An alias counts as much as what it stands for.
    """
    count = _Count()
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            count.open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            count.close()
        elif isinstance(event, yaml.ScalarEvent):
            size = 1 + len(event.value) // _PER_VALUE
            count.add(event, size)
            if event.anchor:
                count.sizes[event.anchor] = size
        elif isinstance(event, yaml.AliasEvent):
            count.add(event, count.size_of(event))


class _Count:
    """How many values there are so far; `sizes` has how many each anchor stands for."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self._total = 0
        self._aliases = False
        self._open: list[tuple[str | None, int]] = []  # the anchor, and how many came before

    def open(self, event: yaml.CollectionStartEvent) -> None:
        self._open.append((event.anchor, self._total))
        if len(self._open) > MOST_DEPTH:
            raise _wrong(event, f"nests more than {MOST_DEPTH} deep")
        self.add(event, 1)

    def close(self) -> None:
        anchor, before = self._open.pop()
        if anchor:
            self.sizes[anchor] = self._total - before

    def add(self, event: yaml.Event, size: int) -> None:
        self._total += size
        if self._total > MOST_VALUES:
            what = "its aliases stand for" if self._aliases else "has"
            raise _wrong(event, f"{what} more than {MOST_VALUES} values")

    def size_of(self, event: yaml.AliasEvent) -> int:
        self._aliases = True
        if any(anchor == event.anchor for anchor, _ in self._open):
            raise _wrong(event, "a part of it contains itself; mend its anchors and aliases")
        return self.sizes.get(event.anchor or "", 1)  # the parser itself refuses an unknown one


def _wrong(event: yaml.Event, text: str) -> ParseError:
    mark = event.start_mark
    return ParseError(mark.line + 1 if mark else None, text)
