"""What the kernel is asked to count, and in which commits; the kernel itself is a stand-in.

The kernel's part is tested in tests/integration/wire/test_lost_outside.py.
"""

import errno
import socket
from collections.abc import Sequence

import pytest

from lab.agent.wire import netlink, nftables
from lab.agent.wire.lines import IPV4, IPV6
from lab.agent.wire.traffic_counters import TrafficCounters

NEW_CHAIN, HOOK = 10 << 8 | 3, 4


class Kernel:
    """Takes commits, but for those that it refuses; tells of each the families of its hooks."""

    def __init__(self) -> None:
        self.refuses: set[int] = set()
        self.hooked: list[list[int]] = []

    def commit(self, _socket: socket.socket, messages: Sequence[bytes]) -> list[tuple[int, bytes]]:
        assert messages
        families = [
            body[0]
            for kind, body in netlink.read(b"".join(messages))
            if kind == NEW_CHAIN and HOOK in dict(netlink.attributes(body))
        ]
        self.hooked.append(families)
        if self.refuses.intersection(families):
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        return []


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(nftables, "commit", made.commit)
    monkeypatch.setattr(netlink, "connect", NetlinkSocket)
    return made


class NetlinkSocket:
    """As much of a socket as its owner uses."""

    def getsockname(self) -> tuple[int, int]:
        return 1, 0

    def close(self) -> None:
        pass


def test_a_kernel_without_egress_takes_back_no_hook(kernel: Kernel) -> None:
    counters = TrafficCounters(["eth0"])
    assert set(kernel.hooked[0]) == {IPV4, IPV6}
    kernel.refuses.add(nftables.NETDEV)
    with pytest.raises(OSError, match="not supported"):
        counters.count_departures()
    assert kernel.hooked[1:] == [[nftables.NETDEV]]


def test_departures_are_asked_for_once(kernel: Kernel) -> None:
    counters = TrafficCounters(["eth0"])
    counters.count_departures()
    counters.count_departures()
    assert kernel.hooked[1:] == [[nftables.NETDEV]]


def test_a_host_by_which_nothing_leaves_asks_for_nothing(kernel: Kernel) -> None:
    TrafficCounters([]).count_departures()
    assert len(kernel.hooked) == 1
