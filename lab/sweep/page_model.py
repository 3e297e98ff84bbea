"""What the page of a sweep shows: the exchange with a mark for each fault, as values. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.sweep.calls import may_get
from lab.sweep.faults import HELP, CallFault, Fault, FaultKind, PacketFault, applies
from lab.sweep.findings import Finding
from lab.sweep.outcomes import HELP as OUTCOMES
from lab.sweep.outcomes import OutcomeKind
from lab.sweep.positions import PacketKind, Position, ordinal
from lab.sweep.sweep import Result, Trial

IDLE = "never acted"
_IDLE_HELP = "the exchange had no such packet or call in that run"
# Where the first and the last lane stand, in percent of the picture's width.
_FIRST, _LAST = 12.0, 88.0


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of the programs by one fault.

    `word` is the outcome; `said` has the lines of all that is known. `link` leads to the run, and
    `is_page` says that its page is there.
    """

    word: str
    said: tuple[str, ...]
    link: str
    is_page: bool
    is_break: bool = False
    is_flaky: bool = False

    @property
    def style(self) -> str:
        """Return its class on the page; those that broke look alike."""
        return "broke" if self.is_break else self.glyph

    @property
    def glyph(self) -> str:
        """Return the name of its sign."""
        return self.word.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Cell:
    """The place of a mark; without one, `empty` says why there is none."""

    mark: Mark | None
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A packet between two lanes, in percent of the width: where its words and its line stand."""

    left: float
    width: float
    is_back: bool
    is_loop: bool = False


@dataclass(frozen=True, slots=True)
class PacketRow:
    """A packet of the exchange. Of the cells, `drop` colours the arrow; None: it was not asked."""

    key: str
    name: str
    payload: str
    link: str
    note: str
    is_ack: bool
    arrow: Arrow
    cells: tuple[Cell, ...]
    drop: Mark | None

    @property
    def is_break(self) -> bool:
        """Does any fault of it break a program?"""
        return _any_breaks(self.cells)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A socket call of a traced program."""

    key: str
    name: str
    cells: tuple[Cell, ...]

    @property
    def is_break(self) -> bool:
        """Does any fault of it break a program?"""
        return _any_breaks(self.cells)


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A finding; `row` is the key of the row that shows it, `scenario` the file of it or ""."""

    sentence: str
    word: str
    detail: str
    proof: str
    is_flaky: bool
    row: str
    link: str
    is_page: bool
    scenario: str

    @property
    def glyph(self) -> str:
        """Return the name of its sign."""
        return self.word.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Explained:
    """A line of the legend."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class SweepPage:
    """All of it. `lanes` are hosts with their place in percent; `gets` the columns of calls."""

    found: tuple[FoundItem, ...]
    lanes: tuple[tuple[str, float], ...]
    kinds: tuple[FaultKind, ...]
    packets: tuple[PacketRow, ...]
    gets: tuple[str, ...]
    calls: tuple[CallRow, ...]
    outcomes: tuple[Explained, ...]
    faults: tuple[tuple[str, str], ...]
    clean_link: str

    @property
    def has_acks(self) -> bool:
        """Are there pure ACKs among other packets?"""
        return 0 < sum(one.is_ack for one in self.packets) < len(self.packets)

    @property
    def has_others(self) -> bool:
        """Are there rows in which nothing broke, and such in which something did?"""
        rows: list[PacketRow | CallRow] = [*self.packets, *self.calls]
        return 0 < sum(one.is_break for one in rows) < len(rows)

    @property
    def is_any_flaky(self) -> bool:
        """Is there a finding that does not come every time?"""
        return any(one.is_flaky for one in self.found)


@dataclass(frozen=True, slots=True)
class Links:
    """Where runs are, as the page names it: `pages` and `folders` by the folder in the trial.

    `scenarios` are the files of findings, in their order, "" for one that has none.
    """

    pages: Mapping[str, str]
    folders: Mapping[str, str]
    scenarios: Sequence[str] = ()

    def of(self, trial: Trial) -> tuple[str, bool]:
        """Return the link to a run, and whether its page is there."""
        folder = trial.observed.folder
        page = self.pages.get(folder, "")
        return page or self.folders.get(folder, ""), bool(page)


def page_of(result: Result, found: Sequence[Finding], links: Links) -> SweepPage:
    """Return what the page of a sweep shows."""
    return _Builder(result, found, links).page()


class _Builder:
    def __init__(self, result: Result, found: Sequence[Finding], links: Links) -> None:
        self._result, self._found, self._links = result, found, links
        self._findings = {trial.key: one for one in found for trial in one.trials}
        self._marks = {trial.key: self._mark(trial) for trial in result.trials}
        tried = [trial.fault for trial in result.trials]
        # A delay's key has its length, which is another in each sweep: so by kind and position.
        self._of_packets = {
            (one.kind, one.position.identity): self._marks[one.key]
            for one in tried
            if isinstance(one, PacketFault)
        }
        self._of_calls: dict[tuple[str, str, str, int], dict[str, Mark]] = {}
        for one in tried:
            if isinstance(one, CallFault):
                self._of_calls.setdefault(_call(one), {})[one.gets] = self._marks[one.key]
        there = {kind for kind, _ in self._of_packets}
        self._kinds = tuple(kind for kind in FaultKind if kind in there)
        self._positions = sorted(result.positions, key=lambda one: one.place)
        self._hosts = list(_hosts(self._positions))

    def page(self) -> SweepPage:
        gets = dict.fromkeys(name for marks in self._of_calls.values() for name in marks)
        clean = self._result.clean
        lanes = tuple((host, self._x(host)) for host in self._hosts)
        return SweepPage(
            found=tuple(self._items()),
            lanes=lanes,
            kinds=self._kinds,
            packets=tuple(self._packet_rows()),
            gets=tuple(gets),
            calls=tuple(self._call_rows(tuple(gets))),
            outcomes=tuple(_legend(list(self._marks.values()))),
            faults=tuple((str(kind), HELP[kind]) for kind in self._kinds),
            clean_link=self._links.of(clean[0])[0] if clean else "",
        )

    # --- findings

    def _items(self) -> Iterator[FoundItem]:
        for number, one in enumerate(self._found):
            link, is_page = self._links.of(one.smallest)
            scenarios = self._links.scenarios
            yield FoundItem(
                sentence=one.sentence,
                word=str(one.kind),
                detail=one.detail,
                proof=one.proof,
                is_flaky=one.is_flaky,
                row=self._key(one.fault),
                link=link,
                is_page=is_page,
                scenario=scenarios[number] if number < len(scenarios) else "",
            )

    def _key(self, fault: Fault) -> str:
        """Return the key of the row of a fault; "" where it has none."""
        if isinstance(fault, CallFault):
            calls = list(self._of_calls)
            return f"call-{calls.index(_call(fault)) + 1}" if _call(fault) in calls else ""
        for number, position in enumerate(self._positions, 1):
            if position.identity == fault.position.identity:
                return f"packet-{number}"
        return ""

    # --- marks

    def _mark(self, trial: Trial) -> Mark:
        link, is_page = self._links.of(trial)
        finding = self._findings.get(trial.key)
        return Mark(
            word=str(trial.outcome.kind) if trial.acted else IDLE,
            said=tuple(filter(None, self._said(trial, finding))),
            link=link,
            is_page=is_page,
            is_break=finding is not None,
            is_flaky=finding is not None and finding.is_flaky,
        )

    def _said(self, trial: Trial, finding: Finding | None) -> Iterator[str]:
        assert trial.fault
        outcome = trial.outcome
        if not trial.acted:
            yield IDLE
        elif outcome.kind is OutcomeKind.SAME:
            yield OUTCOMES[OutcomeKind.SAME]
        else:
            yield f"{outcome.kind} of {outcome.program}" if outcome.program else str(outcome.kind)
            yield outcome.detail
        yield trial.fault.text
        if (smallest := self._result.smallest.get(trial.key)) and smallest.fault:
            yield f"the smallest that breaks: {smallest.fault.text}"
        if finding:
            yield finding.proof

    # --- packets

    def _packet_rows(self) -> Iterator[PacketRow]:
        for number, position in enumerate(self._positions, 1):
            version = " (IPv6)" if position.ip_version == 6 else ""
            yield PacketRow(
                key=f"packet-{number}",
                name=f"{ordinal(position.number)} {position.kind}{version}",
                payload=position.payload_text,
                link=position.link,
                note="" if position.is_stable else "not the same in every clean run",
                is_ack=position.kind is PacketKind.ACK,
                arrow=self._arrow(position),
                cells=tuple(self._cell(kind, position) for kind in self._kinds),
                drop=self._of_packets.get((FaultKind.DROP, position.identity)),
            )

    def _cell(self, kind: FaultKind, position: Position) -> Cell:
        if mark := self._of_packets.get((kind, position.identity)):
            return Cell(mark)
        return Cell(None, "not tried" if applies(kind, position) else "does not apply")

    def _arrow(self, position: Position) -> Arrow:
        source, target = _ends(position)
        begin, end = self._x(source), self._x(target)
        if begin == end:
            # Out of its lane and back, on the side where there is more room.
            apart = round((_LAST - _FIRST) / max(1, len(self._hosts) - 1), 2)
            is_back = begin > (_FIRST + _LAST) / 2
            return Arrow(begin - apart if is_back else begin, apart, is_back, is_loop=True)
        return Arrow(min(begin, end), round(abs(end - begin), 2), end < begin)

    def _x(self, host: str) -> float:
        share = self._hosts.index(host) / max(1, len(self._hosts) - 1)
        return round(_FIRST + (_LAST - _FIRST) * share, 2)

    # --- calls

    def _call_rows(self, gets: Sequence[str]) -> Iterator[CallRow]:
        for number, ((host, call, protocol, nth), marks) in enumerate(self._of_calls.items(), 1):
            cells = [_call_cell(call, get, marks.get(get)) for get in gets]
            name = f"{ordinal(nth)} {call} of {host} ({protocol})"
            yield CallRow(f"call-{number}", name, tuple(cells))


def _any_breaks(cells: Sequence[Cell]) -> bool:
    return any(cell.mark is not None and cell.mark.is_break for cell in cells)


def _call_cell(call: str, gets: str, mark: Mark | None) -> Cell:
    if mark:
        return Cell(mark)
    return Cell(None, "not tried" if may_get(call, gets) else "does not apply")


def _call(fault: CallFault) -> tuple[str, str, str, int]:
    return fault.host, fault.call, fault.protocol, fault.number


def _ends(position: Position) -> tuple[str, str]:
    source, _, target = position.link.partition(" -> ")
    return source, target


def _hosts(positions: Sequence[Position]) -> Iterator[str]:
    """Yield the hosts in the order in which they take part: who begins stands on the left."""
    yield from dict.fromkeys(host for position in positions for host in _ends(position))


def _legend(marks: Sequence[Mark]) -> Iterator[Explained]:
    """Yield the outcomes that occur, the worst first; what broke and what did not have a line."""
    helps = {**{str(kind): text for kind, text in OUTCOMES.items()}, IDLE: _IDLE_HELP}
    for word, text in helps.items():
        for is_break in dict.fromkeys(one.is_break for one in marks if one.word == word):
            yield Explained(Mark(word, (), "", is_page=False, is_break=is_break), text)
