"""What was lost between hosts, outside of the lab: sent by one, and not come to the other. Pure.

A host counts what leaves it and what comes to it (`lab.net.traffic`). Whatever may make one kernel
or one path count other numbers for the same packets is no loss: of TCP's data the bytes are
compared, as superpackets may be cut or joined on their way; more that comes than was sent is left
alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lab.evidence.events import CaptureEnded, Event, LinkLoss
from lab.net.traffic import DATA, Count, Counts

Ends = tuple[str, str]
# Of a link's hosts, and of its addresses: the counts of what was sent, and of what has come.
Traffic = dict[Ends, dict[Ends, tuple[list[Count], list[Count]]]]


def traffic(counts: Mapping[str, Counts], addresses: Mapping[str, Sequence[str]]) -> Traffic:
    """Return what was sent, and what has come, on each link between hosts that can tell.

    `addresses` has those of all hosts. One that several have says nothing of whose a packet is.
    """
    owners = Counter(one for of_host in addresses.values() for one in set(of_host))
    host_of = {one: host for host, some in addresses.items() for one in some if owners[one] == 1}
    known = {host: of_host for host, of_host in counts.items() if not of_host.error}
    found: Traffic = {}
    for host, of_host in known.items():
        for place, counts_there in enumerate((of_host.departures, of_host.arrivals)):
            for one in counts_there:
                ends = host_of.get(one.source, ""), host_of.get(one.destination, "")
                if ends[place] == host and ends[1 - place] in known and ends[0] != ends[1]:
                    link = found.setdefault(ends, {})
                    link.setdefault((one.source, one.destination), ([], []))[place].append(one)
    return found


def losses(links: Traffic) -> tuple[LinkLoss, ...]:
    """Return what was lost on each link on which something was."""
    found = []
    for (source, target), link in sorted(links.items()):
        kinds = Counter[str]()
        for sent, arrived in link.values():
            kinds.update(dict(_lost(sent, arrived)))
        if kinds:
            packets = kinds.total()
            found.append(LinkLoss(source=source, target=target, packets=packets, kinds=dict(kinds)))
    return tuple(found)


def with_remedy(text: str) -> str:
    """Return what is told of losses, and who looks for their cause, for people."""
    return f"{text}; lab doctor looks for what may do that"


def texts(events: Iterable[Event]) -> tuple[str, ...]:
    """Return what a run's events tell of it, for people, a line for each link."""
    ends = (event for event in events if isinstance(event, CaptureEnded))
    return tuple(one.text for end in ends for one in end.lost_outside)


def _lost(sent: Sequence[Count], arrived: Sequence[Count]) -> Iterator[tuple[str, int]]:
    """Yield the kinds of packets that were lost from one address to another, and how many."""
    left, came = _packets(sent), _packets(arrived)
    others = {kind: left[kind] - came[kind] for kind in sorted(left.keys() - {DATA})}
    lost = {kind: missing for kind, missing in others.items() if missing > 0}
    if sum(one.data_bytes for one in sent) > sum(one.data_bytes for one in arrived):
        # It may have been in a packet of another kind that is lost.
        lost[DATA] = max(left[DATA] - came[DATA], int(not lost))
    yield from ((kind, missing) for kind, missing in lost.items() if missing)


def _packets(counts: Iterable[Count]) -> Counter[str]:
    found = Counter[str]()
    for one in counts:
        found[one.kind] += one.packets
    return found
