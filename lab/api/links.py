"""The links of a lab: who they join, the faults on them, captures, and the agents of hosts.

What makes a link is loaded with the first one: every lab has this class, and is waited for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from lab.api.agent_client import AgentClient
from lab.api.host import Host
from lab.api.observer import Observer
from lab.errors import AgentEndedError, UsageError, on_both_sides
from lab.model import ANY_HOST
from lab.net.pcapng import SNAP_BYTES

if TYPE_CHECKING:
    from lab.api.capture import Capture
    from lab.api.fault import FaultStatus, Partition
    from lab.api.link import Link
    from lab.api.live_packets import LivePackets
    from lab.evidence.pcapng import Record


class Links(ABC):
    """The part of a lab that is about its links."""

    def __init__(self, hosts: Mapping[str, Host], observer: Observer) -> None:
        self.hosts = hosts
        self._observer = observer
        self._agents: dict[str, AgentClient] = {}

    @abstractmethod
    def host(self, name: str) -> Host:
        """Return the host of that name; UsageError if there is none, or several."""

    @abstractmethod
    def hosts_of(self, name: str) -> Sequence[Host]:
        """Return the host, or all replicas of the service; UsageError if there is none."""

    def link(self, source: str, target: str) -> Link:
        """Return the directed link between two hosts; UsageError if there are no such hosts.

        The link of a host to itself is its loopback: whatever it sends to one of its own addresses.
        With a service of several replicas it is all their links: a fault on it is one on each.
        """
        links = self.links(source, target)
        if len(links) == 1:
            return links[0]
        from lab.api.replica_links import ReplicaLinks

        return ReplicaLinks(source, target, links)

    def links(self, source: str, target: str) -> list[Link]:
        """Return the directed links between two hosts, or from and to all replicas of services.

        `*` is every other host that has an address. Only a host that is named as both ends has its
        link to itself among them. UsageError when there is none: no such hosts, or one host alone.
        """
        senders, receivers = self._ends(source), self._ends(target)
        pairs = [(a, b) for a in senders for b in receivers if a.name != b.name]
        if not pairs and ANY_HOST in {source, target}:
            text = f"link {source} -> {target}: no other host has an address"
            raise UsageError(text)
        pairs = pairs or [(senders[0], receivers[0])]
        return [self._link(sender, receiver) for sender, receiver in pairs]

    def _ends(self, name: str) -> Sequence[Host]:
        if name != ANY_HOST:
            return self.hosts_of(name)
        return [host for host in self.hosts.values() if host.status().addresses]

    def _link(self, sender: Host, receiver: Host) -> Link:
        addresses = sender.status().addresses
        if not addresses and sender.name != receiver.name:
            text = (
                f"link {sender.name} -> {receiver.name}: {sender.name} has no address;"
                " is it connected?"
            )
            raise UsageError(text)
        from lab.api.link import Link

        # By those, too, hosts reach each other.
        addresses = (*addresses, *sender.link_local_addresses())
        return Link(
            sender.name, receiver.name, addresses, lambda: self.agent(receiver), self._observer
        )

    def partition(
        self, one: Sequence[str], other: Sequence[str], *, one_way: bool = False
    ) -> Partition:
        """Let nothing get from the hosts `one` to the `other`s, nor back, unless `one_way`.

        The partition is active at once; leaving its `with` block lifts it, as does `lift`. A
        service's name is for all its replicas. UsageError for unknown hosts, or a host on both
        sides.
        """
        from lab.api.fault import Partition

        return Partition(self.links_between(one, other, one_way=one_way))

    def links_between(
        self, one: Sequence[str], other: Sequence[str], *, one_way: bool
    ) -> list[Link]:
        """Return the links from each of `one` to each of the `other`s, and back unless `one_way`.

        A service's name is for all its replicas. UsageError for unknown hosts, or a host on both
        sides.
        """
        sides = []
        for group in (one, other):
            if not group:
                text = f"partition: a side has no host; there are {', '.join(self.hosts)}"
                raise UsageError(text)
            side = [host.name for name in group for host in self.hosts_of(name)]
            if twice := {name for name in side if side.count(name) > 1}:
                text = f"partition: {', '.join(sorted(twice))}: named twice"
                raise UsageError(text)
            sides.append(side)
        if both := set(sides[0]) & set(sides[1]):
            raise UsageError(f"partition: {on_both_sides(both)}")
        pairs = [(a, b) for a in sides[0] for b in sides[1]]
        back = [] if one_way else [(b, a) for a, b in pairs]
        return [self._link(self.host(a), self.host(b)) for a, b in (*pairs, *back)]

    def faults(self, *, over: bool = False) -> list[FaultStatus]:
        """Return the active faults on the wires of all hosts, whoever has added them.

        With `over` also those whose time is over, not longer than an hour ago.
        """
        from lab.api.fault import fault_status

        found = []
        for host in self.hosts.values():
            with self._existing_agent(host) as agent:
                answer = agent.ask("list") if agent else {"faults": []}
            found += [fault_status(fault, host.name) for fault in answer["faults"]]
        return [fault for fault in found if fault.active or over]

    def overload_packets(self) -> int:
        """Return how many packets were lost because an agent could not keep up with its wire."""
        return self._sum("overload_packets")

    def refused_packets(self) -> int:
        """Return how many packets that faults made (copies, answers) kernels refused to send."""
        return self._sum("refused_packets")

    def _sum(self, counter: str) -> int:
        total = 0
        for host in self.hosts.values():
            with self._existing_agent(host) as agent:
                total += agent.ask("list")[counter] if agent else 0
        return total

    def lift(self, faults: Iterable[FaultStatus]) -> list[FaultStatus]:
        """Lift faults, whoever has added them; return the last counters of those that were there.

        One that has ended meanwhile, by itself or with its program or host, is left out.
        """
        from lab.api.fault import fault_status

        gone = []
        for fault in faults:
            existing = self._existing_agent(self.host(fault.target))
            # Suppressed: it has gone with the agent, or the agent knows it no more.
            with existing as agent, suppress(AgentEndedError, UsageError):
                if agent:
                    answer = agent.ask("lift", fault=fault.number)
                    gone.append(fault_status(answer, fault.target))
        return gone

    def capture(
        self,
        to: str | Path | BinaryIO,
        *,
        hosts: Sequence[str] = (),
        loopback: Sequence[str] = (),
        snap_bytes: int = SNAP_BYTES,
        begin: bool = True,
    ) -> Capture:
        """Let what comes to the wires of hosts go into a file, until it is stopped.

        It begins at once, or (`begin` false) when its `with` block is entered. It ends with that
        block, or with `stop`; a program that ends before has left a file that is not whole.

        All hosts that have an address, unless `hosts` names some (a service's name is for all its
        replicas). `snap_bytes` of each packet are kept, at most: unless more are asked for, its
        headers and the first bytes of its data. TCP's data may be in the file as superpackets of
        many segments, as the host got them. What a host sends to itself is in the file while a
        fault is on its link to itself, and of the hosts that `loopback` names always (`*`: of all
        that are captured). UsageError for unknown hosts, or when `snap_bytes` is not from 1 to
        65,535.
        """
        from lab.api.capture import Capture
        from lab.api.capture_requests import capture_requests

        capture = Capture(
            Path(to) if isinstance(to, str) else to,
            capture_requests(self, hosts, loopback, snap_bytes),
            snap_bytes=snap_bytes,
            observer=self._observer,
        )
        if begin:
            capture.begin()
        return capture

    def live_packets(
        self,
        on_packet: Callable[[Record], object],
        on_end: Callable[[str], object],
        *,
        loopback: Sequence[str] = (),
    ) -> LivePackets:
        """Return what passes on all packets of the lab while its `with` block lasts.

        `loopback` is as for `capture`.
        """
        from lab.api.capture_requests import capture_requests
        from lab.api.live_packets import LivePackets

        return LivePackets(capture_requests(self, (), loopback, SNAP_BYTES), on_packet, on_end)

    @contextmanager
    def _existing_agent(self, host: Host) -> Iterator[AgentClient | None]:
        """Connect to the agent of a host, if there is one, for the block."""
        connected = host.find_agent()
        agent = AgentClient(host.name, connected) if connected else None
        try:
            yield agent if agent and agent.answers() else None
        finally:
            if agent:
                agent.close()

    def agent(self, host: Host) -> AgentClient:
        """Return this lab's connection to the agent of a host; to another if one has ended."""
        agent = self._agents.get(host.name)
        if agent is None or agent.ended:
            if agent:
                agent.close()
            agent = self._agents[host.name] = AgentClient.begin(host.name, host.begin_agent)
        return agent

    def agents(self) -> dict[str, AgentClient]:
        """Return this lab's connections to the agents of all hosts with an address, by name."""
        there = [host for host in self.hosts.values() if host.status().addresses]
        return {host.name: self.agent(host) for host in there}

    def close(self) -> None:
        """Close the connections to agents; what was added by them and does not stay is lifted."""
        for agent in self._agents.values():
            agent.close()
        self._agents.clear()
