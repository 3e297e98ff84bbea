"""What was lost between hosts, by what both have counted: no less, and nothing that was not."""

from collections.abc import Sequence

import pytest

from lab.evidence.events import CaptureEnded, LinkLoss
from lab.evidence.outside import losses, texts, traffic
from lab.net.traffic import DATA, Count, Counts

CLIENT, SERVER = "198.18.1.2", "198.18.1.3"
ADDRESSES = {"client": [CLIENT], "server": [SERVER]}


def forth(kind: str, packets: int, data_bytes: int = 0) -> Count:
    return Count(CLIENT, SERVER, kind, packets, data_bytes)


def lost(sent: Sequence[Count], arrived: Sequence[Count]) -> dict[str, int]:
    counts = {"client": Counts(tuple(sent)), "server": Counts((), tuple(arrived))}
    found = losses(traffic(counts, ADDRESSES))
    assert [(one.source, one.target) for one in found] == [("client", "server")] * len(found)
    assert [one.packets for one in found] == [sum(one.kinds.values()) for one in found]
    return dict(found[0].kinds) if found else {}


@pytest.mark.parametrize(
    ("sent", "arrived", "kinds"),
    [
        ([forth("UDP", 3)], [forth("UDP", 3)], {}),
        ([forth("UDP", 3)], [forth("UDP", 1)], {"UDP": 2}),
        ([forth("UDP", 3)], [], {"UDP": 3}),
        ([forth("UDP", 3)], [forth("UDP", 5)], {}),
        # One kind too many makes up for none of another.
        ([forth("TCP SYN", 1), forth("UDP", 1)], [forth("UDP", 2)], {"TCP SYN": 1}),
        # Several elements of the kernel's sets are one kind.
        ([forth("TCP ACK", 1), forth("TCP ACK", 2)], [forth("TCP ACK", 3)], {}),
        # Superpackets that were cut, or joined, on their way.
        ([forth(DATA, 2, 9000)], [forth(DATA, 6, 9000)], {}),
        ([forth(DATA, 6, 9000)], [forth(DATA, 2, 9000)], {}),
        ([forth(DATA, 6, 9000)], [forth(DATA, 4, 6000)], {DATA: 2}),
        ([forth(DATA, 2, 9000)], [forth(DATA, 5, 7500)], {DATA: 1}),
        # Data in a packet that ends the connection, and in none besides.
        (
            [forth(DATA, 2, 2000), forth("TCP FIN-ACK", 1, 500)],
            [forth(DATA, 2, 2000)],
            {"TCP FIN-ACK": 1},
        ),
        # The same data, with the end of the connection or without.
        (
            [forth(DATA, 1, 2500), forth("TCP FIN-ACK", 1, 0)],
            [forth(DATA, 1, 2000), forth("TCP FIN-ACK", 1, 500)],
            {},
        ),
    ],
)
def test_what_was_lost(sent: list[Count], arrived: list[Count], kinds: dict[str, int]) -> None:
    assert lost(sent, arrived) == kinds


@pytest.mark.parametrize(
    "counts",
    [
        {"client": Counts((forth("UDP", 1),))},  # the server is not in the capture
        {"client": Counts((forth("UDP", 1),)), "server": Counts(error="it has ended")},
        {"client": Counts((forth("UDP", 1),), error="it cannot tell"), "server": Counts()},
        # Another has sent it, in the client's name.
        {"server": Counts((forth("UDP", 1),)), "client": Counts()},
        # To nobody's address, and to its own.
        {"client": Counts((Count(CLIENT, "198.18.1.9", "UDP", 1, 0),)), "server": Counts()},
        {"client": Counts((Count(CLIENT, CLIENT, "UDP", 1, 0),)), "server": Counts()},
    ],
)
def test_what_cannot_be_known_is_no_loss(counts: dict[str, Counts]) -> None:
    assert losses(traffic(counts, ADDRESSES)) == ()


def test_an_address_of_two_hosts_is_nobodys() -> None:
    counts = {"client": Counts((forth("UDP", 1),)), "server": Counts()}
    assert losses(traffic(counts, ADDRESSES | {"other": [SERVER]})) == ()
    assert losses(traffic(counts, ADDRESSES | {"other": [CLIENT]})) == ()
    assert losses(traffic(counts, ADDRESSES | {"server": [SERVER, SERVER]})) != ()


def test_it_is_said_for_each_link() -> None:
    one = LinkLoss(source="a", target="b", packets=1, kinds={"UDP": 1})
    more = LinkLoss(source="b", target="a", packets=3, kinds={"UDP": 1, "TCP SYN": 2})
    assert texts([CaptureEnded(time_ns=1, ended_early=(), lost_outside=(one, more))]) == (
        "1 packet from a to b was lost outside of the lab (1 UDP)",
        "3 packets from b to a were lost outside of the lab (2 TCP SYN, 1 UDP)",
    )
