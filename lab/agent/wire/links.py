"""The links of this host, and by which one a packet has come. No I/O."""

from collections.abc import Iterator, Sequence

from lab.agent.wire.fault import Fault
from lab.agent.wire.link import Link
from lab.agent.wire.nfqueue import ANSWER
from lab.agent.wire.pipeline import Cutter, Pipeline


class Links:
    """Knows them by their sources. `cut` makes the segments of a superpacket.

    `by_address` has the pipelines of those from other hosts, `others` is the one of packets from
    nobody's address, which only watchers see. `loopback` is that of this host's link to itself.
    """

    def __init__(self, cut: Cutter) -> None:
        self._cut = cut
        self._links: dict[str, Link] = {}
        self.by_address: dict[bytes, Pipeline] = {}
        self.others = self.loopback = Pipeline(cut)

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links.values())

    def faults(self) -> Sequence[tuple[Link, Fault]]:
        """Return all faults in force with their links."""
        return [(link, fault) for link in self for fault in link.pipeline.faults]

    def known(self, source: str, addresses: frozenset[bytes], *, is_loopback: bool) -> Link:
        """Return the link from a host, which has these addresses from now on."""
        old = self._links.get(source)
        if old and old.addresses == addresses:
            return old
        pipeline = old.pipeline if old else Pipeline(self._cut)
        link = self._links[source] = Link(source, addresses, pipeline, is_loopback=is_loopback)
        if is_loopback:
            self.loopback = pipeline
        self.by_address = {
            address: one.pipeline
            for one in self
            if not one.is_loopback
            for address in one.addresses
        }
        return link

    def of_itself(self, marks: int) -> Pipeline:
        """Return where a packet goes that came over the loopback: no fault meets the wire's own."""
        return self.others if marks & ANSWER else self.loopback

    @property
    def keep_any(self) -> bool:
        """Is there, perhaps, a packet on its way?"""
        return any(link.pipeline.keeps_any for link in self)
