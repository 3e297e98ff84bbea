"""What the kernel decides by itself is what the agent decides: the same fates, the same counts.

Proof: each fault meets the same packets twice, once where nobody watches, and once beside a
capture, for which every packet comes to the agent.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lab.api.fault import LinkFault
from tests.integration.wire.ends import Ends, assert_all_arrive, has_matched, numbered, numbers
from tests.waiting import wait_until

COUNT = 20
SHORT_MS = 300


def both_ways(ends: Ends, folder: Path) -> Iterator[str]:
    """Yield twice: with nobody watching, and with a capture."""
    yield "by the kernel"
    with ends.lab.capture(folder / "wire.pcapng"):
        yield "by the agent"


# What a fault drops, by the ports of what it means; and how many of the packets for that are sent.
DROPS: list[dict[str, Any]] = [
    {"protocol": "udp"},
    {"port": True},
    {"destination_port": True},
    {"destination_port": True, "protocol": "udp"},
    {"port": True, "nth": 3},
    {"port": True, "first": 5},
    {"port": True, "nth": 4, "data": True},
    {"port": True, "every": 4},
    {"port": True, "probability": 0.3, "seed": 5},
]


@pytest.mark.parametrize("asked", DROPS, ids=str)
def test_datagrams_have_the_same_fates(ends: Ends, tmp_path: Path, asked: dict[str, Any]) -> None:
    arrived, counted = [], []
    datagrams = ends.datagrams()
    ports = {key: datagrams.port for key, value in asked.items() if "port" in key and value}
    for _ in both_ways(ends, tmp_path):
        with ends.forth.drop(**{**asked, **ports}) as fault:
            datagrams.client.send_each(numbered(COUNT))
            wait_until(partial(is_done, fault, asked), "the datagrams' fates")
            counted.append((fault.acted, fault.status.acted_bytes))
        # What follows the last one shows that all before it have been dealt with.
        datagrams.client.send_each(numbered(1, first=COUNT + 1))
        arrived.append(received(datagrams.server))
        assert_all_arrive(datagrams)
    assert arrived[0] == arrived[1]
    assert counted[0] == counted[1]
    assert len(arrived[0]) == COUNT + 1 - counted[0][0]


def received(server: Any) -> list[int]:
    """Return the numbers of what came, up to the last."""
    found: list[int] = []
    while COUNT + 1 not in found:
        found += numbers(server.receive(1))
    return found


def is_done(fault: LinkFault, asked: dict[str, Any]) -> bool:
    """Tell whether it has met all that it is to meet: a spent one of `data` need not see all."""
    status = fault.status
    return status.exhausted if "data" in asked else status.matched_packets >= COUNT


def test_a_spent_fault_counts_on_without_the_agent(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.drop(port=datagrams.port, nth=2) as fault:
        datagrams.client.send_each(numbered(3))
        wait_until(lambda: fault.matched == 3, "three datagrams")
        for first in range(4, 4 + COUNT):
            datagrams.client.send_each(numbered(1, first=first))
            assert numbers(datagrams.server.receive(1)) != [2]
        wait_until(lambda: fault.matched == 3 + COUNT, "the kernel's count")
        assert (fault.acted, fault.status.exhausted) == (1, True)
    assert (fault.matched, fault.acted) == (3 + COUNT, 1)


@pytest.mark.parametrize("asked", [{}, {"tcp": "syn"}, {"protocol": "tcp"}], ids=str)
def test_connections_meet_the_same(ends: Ends, tmp_path: Path, asked: dict[str, Any]) -> None:
    seen = []
    for _ in both_ways(ends, tmp_path):
        listener = ends.listener()
        late = ends.open_tcp("client")
        late.settimeout(SHORT_MS / 1000)
        with ends.forth.drop(**asked) as fault:
            with pytest.raises((TimeoutError, OSError)) as refused:
                late.connect((ends.address("server"), listener.port))
            seen.append((type(refused.value), fault.matched, fault.acted, fault.matched > 0))
            assert fault.matched == fault.acted
        other = ends.open_tcp("client")
        other.connect((ends.address("server"), listener.port))
        listener.accept()
    assert [one[0] for one in seen] == [seen[0][0]] * 2
    assert all(any_met for *_, any_met in seen)


def test_what_the_kernel_has_dropped_is_counted_when_a_capture_begins_and_ends(
    ends: Ends, tmp_path: Path
) -> None:
    datagrams = ends.datagrams()
    with ends.forth.drop(port=datagrams.port) as fault:
        sent = 0
        for number in range(3):
            with ExitStack() as watching:
                if number == 1:
                    watching.enter_context(ends.lab.capture(tmp_path / "wire.pcapng"))
                datagrams.client.send_each(numbered(COUNT))
                sent += COUNT
                wait_until(partial(has_matched, fault, sent), "the datagrams to be dropped")
        assert (fault.matched, fault.acted) == (sent, sent)
    assert (fault.matched, fault.acted) == (sent, sent)
    assert datagrams.server.drain() == []


def test_a_fault_before_it_sees_what_it_drops(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with (
        ends.forth.observe(port=datagrams.port) as seen,
        ends.forth.drop(port=datagrams.port) as fault,
    ):
        datagrams.client.send_each(numbered(COUNT))
        wait_until(lambda: fault.matched >= COUNT, "the datagrams to be dropped")
        assert (seen.matched, fault.acted) == (COUNT, COUNT)


def test_a_link_that_is_cut_by_the_kernel_is_a_link_still(ends: Ends) -> None:
    # Neighbours still find each other (over IPv6, that is ICMPv6): the link heals at once.
    datagrams = ends.datagrams()
    with ends.forth.drop(), ends.back.drop():
        datagrams.client.send_each(numbered(3))
        if ends.version == 6:
            neighbours = ends.lab.host("client").run(["ip", "-6", "neigh"], timeout_s=20)
            assert b"FAILED" not in neighbours.stdout
    assert_all_arrive(datagrams)
