"""Words in the room that they have: on more lines, or cut with an ellipsis. Pure.

What is cut is there in full where a row is chosen, hovered over or read out. A word whose kind ends
with `below` begins a line.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

Parts = tuple[tuple[str, str], ...]

LINE = 14  # from one line to the next
BELOW = " below"
# How wide a letter is in the fonts of the page, in DejaVu's widths, which few fonts exceed: those
# of a proportional font by what they are, of a monospaced one all the same.
LETTER = 7.3
_MONO = frozenset({"label", "ident", "said"})
_NARROW, _WIDE = (
    frozenset("iljtfrI.,:;'|!()[]/ -"),
    frozenset("mwMW@%\u2192\u2190\u2194"),
)
_THIN, _PLAIN, _BROAD, _CAPITAL = 4.9, 8.0, 12.0, 9.4
_BOLD = 1.1
_BOLD_KINDS = frozenset({"name", "error", "fault", "fate", "many", "open", "sign", "note"})
_SMALL = frozenset({"mark", "by", "lasted", "fate"})
_SENTENCES = frozenset({"note", "what"})  # may be broken between any two words
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
# What is cut first, down to so many letters; what tells least comes first.
_SHORTENED = (
    *(("by", 6), ("about", 6), ("said", 12), ("label", 16), ("gave", 8), ("what", 10)),
    *(("fault", 10), ("note", 20), ("name", 8)),
)


def width(parts: Iterable[tuple[str, str]]) -> int:
    """Return how wide words will be, about; of several lines, the widest."""
    return round(max((sum(map(_wide, line)) for line in lines(parts)), default=0))


def lines(parts: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Return the words of each line."""
    found: list[list[tuple[str, str]]] = []
    for kind, word in parts:
        if not found or kind.endswith(BELOW):
            found.append([])
        found[-1].append((kind, word))
    return found


def _wide(part: tuple[str, str]) -> float:
    return word_width(*part)


def word_width(kind: str, word: str) -> float:
    """Return how wide a word is with the space after it."""
    kind = kind.removesuffix(BELOW)
    return LETTER * (len(word) + 1) if kind in _MONO else _proportional(kind, word)


@lru_cache(maxsize=4096)
def _proportional(kind: str, word: str) -> float:
    letters = sum(map(_letter, word)) + _THIN
    if kind in _BOLD_KINDS:
        letters *= _BOLD
    return letters * 12 / 13 if kind in _SMALL else letters


def _letter(sign: str) -> float:
    if sign in _NARROW:
        return _THIN
    if sign in _WIDE:
        return _BROAD
    return _CAPITAL if sign.isupper() else _PLAIN


def wrap(parts: Parts, room: float, most_lines: int = 1) -> Parts:
    """Return the words on at most so many lines, none of which is wider than the room.

    A line that the words themselves begin counts as well, and is never left out.
    """
    if width(parts) <= room:
        return parts
    forced = sum(kind.endswith(BELOW) for kind, _ in parts)
    left, free = room, most_lines - 1 - forced
    broken: list[tuple[str, str]] = []
    rest = list(parts)[::-1]
    while rest:
        kind, word = rest.pop()
        if kind.endswith(BELOW):
            left = room
        elif word_width(kind, word) > left and free > 0:
            if word_width(kind, word) > room:
                here, word = _split(kind, word, left)
                broken += [(kind, here)] * bool(here)
            if broken:
                free, left, kind = free - 1, room, kind + BELOW
        broken.append((kind, word))
        left -= word_width(kind, word)
    return tuple(part for line in lines(broken) for part in _shortened(line, room))


def _split(kind: str, word: str, room: float) -> tuple[str, str]:
    """Return what of a sentence fits the rest of a line, and what goes on the next."""
    if kind not in _SENTENCES:
        return "", word
    words = word.split(" ")
    count = len(words)
    while count and word_width(kind, " ".join(words[:count])) > room:
        count -= 1
    return " ".join(words[:count]), " ".join(words[count:])


def _shortened(line: Sequence[tuple[str, str]], room: float) -> list[tuple[str, str]]:
    there = list(line)
    for kind, least in _SHORTENED:
        for number, part in enumerate(there):
            over = sum(map(_wide, there)) - room
            if over > 0 and part[0].removesuffix(BELOW) == kind:
                there[number] = part[0], _cut(part, _wide(part) - over, least)
    while len(there) > 1 and sum(map(_wide, there)) > room:
        there.pop()
        there[-1] = there[-1][0], there[-1][1].rstrip(_ELLIPSIS) + _ELLIPSIS
    if sum(map(_wide, there)) > room:
        there = [(there[0][0], _cut(there[0], room, 1))]
    return there


def _cut(part: tuple[str, str], room: float, least: int) -> str:
    """Return a word as it fits the room, with at least so many letters of it."""
    kind, word = part
    if word_width(kind, word) <= room or len(word) <= least + 1:
        return word
    closing = word[-1] if word[-1] in "\u201d)" else ""
    for keep in range(len(word) - 2, least, -1):
        cut = word[:keep].rstrip() + _ELLIPSIS + closing
        if word_width(kind, cut) <= room:
            return cut
    return word[:least].rstrip() + _ELLIPSIS
