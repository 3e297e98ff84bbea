"""What a host sends to itself: arrows out of its lane and back, and the calls of its packets."""

from pathlib import Path

import pytest

from lab.evidence.events import End
from lab.net.packet import parse
from lab.report.arrows import LOOP_Y, Arrow, arrow
from lab.report.entries import Kind
from lab.report.flows import Flows
from lab.report.geometry import LOOP, RAIL, lanes
from lab.report.model import Packet, Run
from lab.report.picture import draw
from lab.report.reading import read
from lab.report.topology import topology
from tests import made_evidence as made
from tests.made_evidence import ACK, CLIENT, PSH, SERVER, SYN, call, tcp
from tests.unit.lab.report.test_picture import packet

ITS = bytes([127, 0, 0, 1])
HELLO, ANSWER = b"hello", b"HELLO!"


def loop(*fates: str, host: str = "server", hosts: tuple[str, ...] = ("client", "server")) -> Arrow:
    drawn = arrow(packet(*fates, source=host, target=host), lanes(hosts))
    assert drawn
    return drawn


@pytest.mark.parametrize(
    ("hosts", "host", "side"),
    [
        (("client", "server"), "client", 1),
        (("client", "server"), "server", -1),
        (("client", "server", "other"), "server", -1),
        (("server",), "server", -1),
    ],
)
def test_arrow_turns_where_no_labels_of_calls_are(
    hosts: tuple[str, ...], host: str, side: int
) -> None:
    there, drawn = lanes(hosts), loop("delivered", host=host, hosts=hosts)
    x = there.x(host)
    assert x
    assert drawn.x1 == drawn.x2 == x + side * RAIL
    assert drawn.turn == x + side * (RAIL + LOOP)
    assert drawn.y1 == LOOP_Y < drawn.y2
    text_side = (drawn.text_x - x) * side
    # Its words are beyond the turn, or on the other side of the only lane.
    assert text_side > RAIL + LOOP if len(hosts) > 1 else text_side < 0
    assert drawn.anchor == ("start" if drawn.text_x > x else "end")
    assert drawn.room > 100


@pytest.mark.parametrize(("fate", "end"), [("dropped", "cross"), ("held", "stop")])
def test_what_never_came_ends_where_it_would_turn(fate: str, end: str) -> None:
    drawn = loop(fate)
    assert (drawn.end, drawn.x2, drawn.y2) == (end, drawn.turn, drawn.y1)


def itself(data: bytes) -> bytes:
    """Return the packet as the server sends it to itself."""
    return data[:12] + ITS + ITS + data[20:]


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *more: made.Sent) -> Run:
    """Return a run in which the server talks with itself, over one connection."""
    monkeypatch.setitem(made._NAMES, ITS, "server")
    sent: list[made.Sent] = [
        (3, tcp(CLIENT, SYN, seq=100), made.DELIVERED),
        (4, tcp(SERVER, SYN | ACK, seq=500, ack=101), made.DELIVERED),
        (5, tcp(CLIENT, ACK, seq=101, ack=501), made.DELIVERED),
        (11, tcp(CLIENT, PSH | ACK, seq=101, ack=501, data=HELLO), made.DELIVERED),
        (31, tcp(SERVER, PSH | ACK, seq=501, ack=106, data=ANSWER), made.DELIVERED),
        *more,
    ]
    calls = [
        call(9, 1, "server", "connect", {"as": "c", "to": "127.0.0.1:21567"}, began_ms=2),
        call(
            *(10, 2, "server", "accept", {"as": "s", "socket": "door"}),
            began_ms=9,
            result="127.0.0.1:40000",
        ),
        call(12, 3, "server", "sendall", {"socket": "c", "data": "hello"}, began_ms=10),
        call(14, 4, "server", "recv", {"socket": "s"}, began_ms=13, result={"text": "hello"}),
        call(32, 5, "server", "sendall", {"socket": "s", "data": "HELLO!"}, began_ms=30),
        call(34, 6, "server", "recv", {"socket": "c"}, began_ms=33, result={"text": "HELLO!"}),
    ]
    events = [*made.start(), *calls, made.at(5000, End())]
    return read(
        made.write(folder, events, [(at_ms, itself(data), fate) for at_ms, data, fate in sent])
    )


def test_calls_on_both_ends_have_the_packets_of_their_own_direction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {one.name + str(one.step): one.packets for one in run(tmp_path, monkeypatch).calls}
    assert found == {
        **{"connect1": (0, 1, 2), "accept2": (0, 1, 2)},
        **{"sendall3": (3,), "recv4": (3,), "sendall5": (4,), "recv6": (4,)},
    }


def test_connections_of_hosts_to_themselves_are_not_taken_for_one_another() -> None:
    flows, syn = Flows(), parse(itself(tcp(CLIENT, SYN, seq=100)))
    numbers = [flows.place(syn, host, host).connection for host in ("server", "client", "server")]
    assert numbers == [0, 1, 0]
    assert [one.label for one in flows.connections] == [
        f"TCP {host}:40000 \N{EN DASH} {host}:21567" for host in ("server", "client")
    ]


def test_group_of_packets_lies_beside_the_lane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many: list[made.Sent] = [
        (
            40 + number,
            tcp(CLIENT, PSH | ACK, seq=106 + number, ack=507, data=b"x"),
            made.DELIVERED,
        )
        for number in range(200)
    ]
    drawn = draw(run(tmp_path, monkeypatch, *many))
    (group, *_) = [row for row in drawn.rows if row.kind is Kind.GROUP]
    assert group.arrow is None  # the only lane: it lies in the middle
    assert group.text
    words = " ".join(word for _, word in group.text.parts)
    assert "\N{ANTICLOCKWISE OPEN CIRCLE ARROW}" in words
    assert "\N{LEFTWARDS ARROW}" not in words


def test_small_picture_has_the_link_below_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = topology(run(tmp_path, monkeypatch))
    (edge,) = found.edges
    (node, *_) = [one for one in found.nodes if one.name == "server"]
    assert edge.is_loop
    assert edge.words == "server \N{RIGHTWARDS ARROW} server"
    assert edge.y1 == node.y + 20 < edge.middle[1] < found.height
    assert abs(edge.x1 - node.x) < found.half


def test_packet_says_that_it_goes_back() -> None:
    flows = Flows()
    ways = [
        flows.place(parse(itself(one)), "server", "server").is_back
        for one in (tcp(CLIENT, SYN, seq=1), tcp(SERVER, SYN | ACK, seq=1, ack=2))
    ]
    assert ways == [False, True]
    assert not flows.place(parse(tcp(SERVER, ACK, seq=1)), "server", "client").is_back
    assert not Packet(0, 0, 0, "a", "b", None, "", 0, ()).is_back
