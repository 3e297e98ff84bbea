"""What the picture is made of: rows, words and spans, with their coordinates. Data, no more."""

from dataclasses import dataclass, field
from typing import NamedTuple

from lab.report.arrows import Arrow
from lab.report.entries import Kind
from lab.report.geometry import Lanes
from lab.report.model import Packet


@dataclass(frozen=True, slots=True)
class Text:
    """Words on the picture: `parts` are pairs of what kind of word it is, and the word."""

    x: int
    y: int
    anchor: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve of a direction: `way` is its number, which its style follows.

    `area` is what is under it, `sample` stands beside its name.
    """

    way: int
    path: str
    area: str
    sample: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What happened to packets, under a curve; drawn as the effect is on arrows."""

    effect: str
    path: str
    said: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves with their axes and words, in a box; all is relative to the top of its row."""

    x: int
    width: int
    height: int
    grid: str
    texts: tuple[Text, ...]
    numbers: tuple[Text, ...]
    lines: tuple[Line, ...]
    marks: tuple[Marks, ...]


class Bar(NamedTuple):
    """A bar within its row: from where to where it is wide, and its classes."""

    x1: int
    x2: int
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened. `hosts` and `connection` are what it can be filtered by.

    A group stands for `packets`, and for the rows of calls `inside`. A transfer has a `plot` and
    opens into the rows `parts`. `whole` is a call's text, uncut. That of a traced call has its
    `bar`, and its `caller`: program, thread and descriptor.
    """

    key: str
    kind: Kind
    top: int
    height: int
    time_us: int
    until_us: int
    time: str
    fold_ns: int
    spoken: str
    hosts: tuple[str, ...]
    connection: int | None
    fates: tuple[str, ...] = ()
    text: Text | None = None
    arrow: Arrow | None = None
    is_across: bool = False  # its arrow ends in another row, as a span
    dot: int | None = None
    is_key: bool = False
    is_bad: bool = False
    packets: tuple[Packet, ...] = ()
    inside: tuple["Row", ...] = ()
    parts: tuple["Row", ...] = ()
    plot: Plot | None = None
    whole: str = ""
    bar: Bar | None = None
    caller: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What lasts from one row to another: a call's bar, a fault's shade, a late packet's flight.

    It goes from `begin` units below the top of the row `first` to `end` below that of `last`.
    """

    kind: str
    key: str
    first: str
    begin: int
    last: str
    end: int
    x1: int
    x2: int
    y1: int
    y2: int
    words: str = ""


@dataclass(slots=True)
class Picture:
    """All of it."""

    lanes: Lanes
    rows: list[Row]
    spans: list[Span] = field(default_factory=list)
    height: int = 0
