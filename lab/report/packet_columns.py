"""The packets of a page, for its script: a list for each of their properties. Pure.

Texts that come again and again (fates, comments) are there once, with their numbers in the lists.
In comments the decimals, which are different each time, are left out and stand beside them.
"""

import re
from collections.abc import Container, Iterable
from typing import Any

from lab.net.fate import DELIVERED
from lab.report.arrows import fate_words, marks
from lab.report.entries import Kind
from lab.report.model import Run
from lab.report.sampling import sampled
from lab.report.shapes import Picture

_DECIMAL = re.compile(r"\d+\.\d+")
_NAMES = ("t", "d", "s", "g", "c", "l", "f", "w", "m", "x", "k", "v")


class _Table:
    """Texts by their numbers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


def on_the_page(run: Run, picture: Picture) -> frozenset[int]:
    """Return the numbers of the packets that the page has one by one."""
    rows = [one for row in picture.rows for one in (row, *row.parts)]
    return sampled(run.packets) | {int(row.key[1:]) for row in rows if row.kind is Kind.PACKET}


def packet_columns(run: Run, here: Container[int]) -> dict[str, Any]:
    """Return them, of the packets that are on the page; `ranges` are the numbers of those."""
    texts = _Table()
    hosts = {host: number for number, host in enumerate(run.hosts)}
    there = [one for one in run.packets if one.number in here]
    rows = []
    for one in there:
        comment = "" if one.comment == DELIVERED else one.comment
        rows.append(
            (
                (one.time_ns - run.began_ns) // 1000,
                -1 if one.delivered_ns is None else (one.delivered_ns - one.time_ns) // 1000,
                hosts.get(one.source, -1),
                hosts.get(one.target, -1),
                -1 if one.connection is None else one.connection,
                one.label,
                texts.number(" ".join(one.fates)),
                texts.number(fate_words(one)),
                texts.number(marks(one)),
                texts.number("\n".join(one.faults)),
                texts.number(_DECIMAL.sub("\0", comment)),
                " ".join(_DECIMAL.findall(comment)),
            )
        )
    columns = zip(*rows, strict=True) if rows else ((),) * len(_NAMES)
    found = {name: list(column) for name, column in zip(_NAMES, columns, strict=True)}
    return found | {"texts": texts.texts, "ranges": ranges(one.number for one in there)}


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Return numbers in order as ranges from the first to the last: a transfer is one of them."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
