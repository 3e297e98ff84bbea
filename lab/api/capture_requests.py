"""What a capture asks of the agents of hosts, and how all of them begin it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from socket import socket
from typing import TYPE_CHECKING

from lab.api.agent_client import AgentClient
from lab.errors import UsageError
from lab.model import ANY_HOST

if TYPE_CHECKING:
    from lab.api.links import Links

_ID_BITS = 48  # of a packet's id; the others are its host's


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """What is asked of a host: `connect` begins its agent; `sources` has the others' addresses.

    At most `snap_bytes` of each packet are kept. `with_loopback`: what it sends to itself, too.
    """

    host: str
    connect: Callable[[], socket]
    sources: Mapping[str, Sequence[str]]
    snap_bytes: int
    with_loopback: bool = False

    def agent(self, *, counts: bool) -> AgentClient:
        """Return its agent; it `counts` what arrives. EngineError when there is none."""
        agent = AgentClient.begin(self.host, self.connect)
        try:
            if counts:
                agent.ask("count")
        except BaseException:
            agent.close()
            raise
        return agent

    def begin(self, agent: AgentClient, number: int) -> None:
        """Begin the capture; `number` is the host's in it. EngineError when it has no wire."""
        agent.ask(
            "capture",
            host=self.host,
            sources={host: list(addresses) for host, addresses in self.sources.items()},
            snap_bytes=self.snap_bytes,
            with_loopback=self.with_loopback,
            first_id=(number << _ID_BITS) + 1,
        )


@contextmanager
def begun(
    hosts: Sequence[CaptureRequest], *, counted: bool = True
) -> Iterator[Mapping[str, AgentClient]]:
    """Begin all at once; close them when the block is left. EngineError if one cannot be.

    With `counted` all count what arrives before the first one counts what it sends.
    """
    with ExitStack() as entered:
        # What cannot be begun is closed before the pool waits for its threads.
        with ThreadPoolExecutor() as pool, ExitStack() as begun:
            counting = {one.host: pool.submit(one.agent, counts=counted) for one in hosts}
            wait(counting.values())
            agents = {}
            for host, future in counting.items():
                if not future.exception():
                    agents[host] = begun.enter_context(closing(future.result()))
            for future in counting.values():
                future.result()
            list(pool.map(CaptureRequest.begin, hosts, agents.values(), range(len(hosts))))
            entered.enter_context(begun.pop_all())
        yield agents


def capture_requests(
    links: Links, hosts: Sequence[str], loopback: Sequence[str], snap_bytes: int
) -> list[CaptureRequest]:
    """Return what is asked for a capture of a lab; parameters and errors as `Links.capture`."""
    addresses = {name: host.status().addresses for name, host in links.hosts.items()}
    named = {host.name: host for name in hosts for host in links.hosts_of(name)}
    looped = [host for name in loopback if name != ANY_HOST for host in links.hosts_of(name)]
    with_address = {name: host for name, host in links.hosts.items() if addresses[name]}
    chosen = {**(named or with_address), **{host.name: host for host in looped}}
    if not chosen:
        raise UsageError("no host has an address, so there is no wire; is one running?")
    senders = {
        name: (*found, *links.hosts[name].link_local_addresses())
        for name, found in addresses.items()
        if found
    }
    return [
        CaptureRequest(
            host.name,
            host.begin_agent,
            sources=senders,
            snap_bytes=snap_bytes,
            with_loopback=ANY_HOST in loopback or host in looped,
        )
        for host in chosen.values()
    ]
