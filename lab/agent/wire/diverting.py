"""What of the faults' packets comes to the wire, and what the kernel does for them by itself.

The kernel drops what a fault drops without choosing, where nobody is to see it. What matches a
fault that is spent comes no more, at once or soon; the kernel counts it where it can.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from lab.agent.wire.fault import Fault
from lab.agent.wire.lines import IPV4, IPV6, Counted, Diversion, Line
from lab.agent.wire.link import Link
from lab.agent.wire.nfqueue import NUMBER
from lab.agent.wire.nftables import Table

# How long nothing must have come before packets are diverted no more for a fault that is spent, and
# how long that is waited for.
_QUIET_NS, _RELEASE_WITHIN_NS = 2_000_000, 50_000_000
# How many packets come on, of any kind, for a fault that is spent and whose match the kernel cannot
# count: what follows its last packet, as a segment sent again, is counted.
_COUNTED_ON = 1000


_WATCHED = "watched"
_ANY = bytes(4), bytes(16)  # an address of each version
Asker = Fault | str


class _Asked(NamedTuple):
    """What decides about the lines of a fault: where from, and what the kernel does by itself."""

    addresses: frozenset[bytes] = frozenset()
    is_of_kernel: bool = False
    is_cut: bool = False
    is_loopback: bool = False  # what the host sends to itself; for those who watch: that, too


class Diverting:
    """Owns the lines. OSError with the kernel's errno where it refuses them."""

    def __init__(self) -> None:
        self._table = Table(NUMBER)
        # What is asked for by whom, its lines, and how many ask for a line.
        self._asked: dict[Asker, _Asked] = {}
        self._lines: dict[Asker, frozenset[Line]] = {}
        self._holders = Counter[Line]()
        # Faults that may be spent one day, and how many packets have come since; those that are;
        # when the kernel is told so.
        self._ending: dict[Fault, int] = {}
        self._spent: set[Fault] = set()
        self._release_ns: int | None = None
        self._release_latest_ns = 0

    def put(
        self,
        links: Iterable[Link],
        *,
        watched: bool,
        with_loopback: bool = False,
    ) -> bool:
        """Divert what the faults of these links need, or all that comes if it is `watched`.

        What this host sends to itself is watched only `with_loopback`.
        It is in force when this returns; tell whether there is anything. Where there is nothing the
        tables stay until they are closed.
        """
        asked = _asked(links, self._spent, watched=watched, with_loopback=with_loopback)
        changed = {of: one for of, one in asked.items() if self._asked.get(of) != one}
        lines = {of: frozenset(_lines(of, one)) for of, one in changed.items()}
        change = Counter[Line]()
        for of, some in lines.items():
            change.update(some)
            change.subtract(self._lines.get(of, ()))
        for of in self._asked.keys() - asked.keys():
            change.subtract(self._lines[of])
        there = self._holders
        new = [line for line, by in change.items() if by > 0 and line not in there]
        gone = [line for line, by in change.items() if by < 0 and there[line] + by == 0]
        self._keep(self._table.change(new, gone))
        for line, by in change.items():
            there[line] += by
        for line in gone:
            del there[line]
        self._lines = {of: lines[of] if of in lines else self._lines[of] for of in asked}
        self._asked = asked
        return bool(there)

    def _keep(self, gone: Sequence[tuple[Counted, tuple[int, int]]]) -> None:
        """Keep what lines had counted that are no more."""
        if not gone:
            return
        faults = {id(fault): fault for fault in self._lines if isinstance(fault, Fault)}
        for line, figures in gone:
            fault = faults[line.number]
            fault.of_kernel.clear()
            fault.kept_of_kernel.add(*figures, acted=line.drops)

    def count(self) -> None:
        """Let faults know what the kernel has counted for them until now."""
        for fault, asked in self._asked.items():
            if isinstance(fault, Fault) and asked.is_of_kernel:
                fault.of_kernel.clear()
                for line in self._lines[fault]:
                    if isinstance(line, Counted):
                        fault.of_kernel.add(*self._table.count(line), acted=line.drops)

    def begin(self, fault: Fault) -> None:
        """Look after a fault that is new."""
        if fault.may_be_spent:
            self._ending[fault] = 0

    def end(self, fault: Fault) -> None:
        """Look after a fault no more."""
        self._ending.pop(fault, None)
        self._spent.discard(fault)

    def came(self, packets: int, now_ns: int) -> None:
        """Note that so many packets have just come, on which faults may have acted.

        What went on its own way now would overtake what is in the queue. So a spent fault's packets
        come until for a moment there are none.
        """
        if not self._ending and self._release_ns is None:
            return
        spent = False
        for fault in [one for one in self._ending if one.exhausted]:
            if fault.match.is_countable or self._ending[fault] >= _COUNTED_ON:
                del self._ending[fault]
                self._spent.add(fault)
                spent = True
            else:
                self._ending[fault] += packets
        if spent:
            self._release_latest_ns = now_ns + _RELEASE_WITHIN_NS
        if spent or self._release_ns is not None:
            self._release_ns = min(now_ns + _QUIET_NS, self._release_latest_ns)

    @property
    def due_ns(self) -> int | None:
        """When `put` is wanted again."""
        return self._release_ns

    def is_due(self, now_ns: int) -> bool:
        """Tell whether `put` is wanted now, and take it for done."""
        if self._release_ns is None or now_ns < self._release_ns:
            return False
        self._release_ns = None
        return True

    def close(self) -> None:
        """Divert nothing any more. No packet may wait for an answer: it would be lost."""
        self._table.close()


def _with_cuts(link: Link, *, watched: bool) -> Iterator[tuple[Fault, bool]]:
    """Yield a link's faults in their order, and of each whether the kernel drops what it drops.

    It may where no fault before it, and no watcher, is to see the packets.
    """
    is_first = not watched
    for fault in link.pipeline.faults:
        is_first = is_first and fault.is_cut
        yield fault, is_first


def _asked(
    links: Iterable[Link], spent: Set[Fault], *, watched: bool, with_loopback: bool
) -> dict[Asker, _Asked]:
    """Return what is asked for by each fault, and by those who watch."""
    asked: dict[Asker, _Asked] = {}
    if watched:
        asked[_WATCHED] = _Asked(is_loopback=with_loopback)
    for link in links:
        for fault, is_cut in _with_cuts(link, watched=watched):
            is_of_kernel = is_cut or fault in spent
            asked[fault] = _Asked(link.addresses, is_of_kernel, is_cut, link.is_loopback)
    return asked


def _lines(of: Asker, asked: _Asked) -> Iterator[Line]:
    if isinstance(of, str):
        for family in (IPV4, IPV6):
            yield Diversion(family, neighbours=True)
            if asked.is_loopback:
                yield Diversion(family, neighbours=True, loopback=True, answers=True)
        return
    # Whatever comes over the loopback is from this host, from whichever of its addresses.
    for address in _ANY if asked.is_loopback else asked.addresses:
        if asked.is_of_kernel:
            meant_by = of.match.counted if asked.is_cut else of.match.countable
            found: Iterable[Diversion] = meant_by(address)
        else:
            found = of.match.diversions(address, whole_flows=of.needs_whole_flows)
        for one in found:
            meant = one._replace(source=b"", loopback=True) if asked.is_loopback else one
            yield Counted(id(of), meant, asked.is_cut) if asked.is_of_kernel else meant
