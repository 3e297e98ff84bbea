"""Which packets belong to which call."""

from pathlib import Path
from typing import Any

from lab.evidence.events import CallOutcome, End, Raised
from lab.net.fate import Fate
from lab.report.reading import read
from tests import made_evidence as made
from tests.made_evidence import ACK, CLIENT, FIN, PSH, RST, SERVER, call, tcp, udp

CONNECT = {"as": "c", "to": "server:21567"}


def links(folder: Path, calls: list[CallOutcome], packets: list[Any]) -> list[tuple[int, ...]]:
    """Return the packets of each call."""
    events = [*made.start(), *calls, made.at(5000, End())]
    run = read(made.write(folder, events, packets))
    return [one.packets for one in run.calls]


def data(at_ms: int, seq: int, text: bytes, fate: Fate = made.DELIVERED) -> made.Sent:
    return at_ms, tcp(CLIENT, PSH | ACK, seq=seq, ack=501, data=text), fate


def test_sending_calls_have_the_packets_that_carry_their_bytes(tmp_path: Path) -> None:
    packets = [
        *made.handshake()[:3],
        data(40, 101, b"one"),
        data(41, 104, b"twothree"),  # two calls in one segment
        data(250, 104, b"twothree"),  # and again
        (251, tcp(SERVER, ACK, seq=501, ack=112), made.DELIVERED),
    ]
    calls = [
        call(9, 1, "client", "connect", CONNECT, began_ms=2),
        call(11, 2, "client", "sendall", {"socket": "c", "data": "one"}, began_ms=10),
        call(13, 3, "client", "send", {"socket": "c", "data": "two"}, began_ms=12, result=3),
        call(
            15,
            4,
            "client",
            "sendall",
            {"socket": "c", "data": {"repeat": "x", "times": 5}},
            began_ms=14,
        ),
    ]
    assert links(tmp_path, calls, packets) == [(0, 1, 2), (3,), (4, 5), (4, 5)]


def test_receiving_calls_have_the_packets_that_brought_their_bytes(tmp_path: Path) -> None:
    packets = [
        *made.handshake()[:3],
        data(40, 101, b"one", made.DROPPED),
        data(240, 101, b"one"),
        data(241, 104, b"two"),
        (242, tcp(CLIENT, FIN | ACK, seq=107, ack=501), made.DELIVERED),
    ]
    accept = {"socket": "door", "as": "s"}
    calls = [
        call(10, 0, "server", "accept", accept, began_ms=9, result="198.18.67.3:40000"),
        call(301, 1, "server", "recv", {"socket": "s"}, began_ms=300, result={"text": "one"}),
        call(303, 2, "server", "recv", {"socket": "s"}, began_ms=302, result={"text": "two"}),
        call(305, 3, "server", "recv", {"socket": "s"}, began_ms=304, result={"text": ""}),
    ]
    assert links(tmp_path, calls, packets) == [(0, 1, 2), (4,), (5,), (6,)]


def test_call_that_raised_has_the_reset_that_told_it(tmp_path: Path) -> None:
    packets = [*made.handshake()[:3], (40, tcp(SERVER, RST, seq=501), made.DELIVERED)]
    raised = Raised(name="ECONNRESET", errno=104, type="ConnectionResetError", text="reset")
    calls = [
        call(9, 1, "client", "connect", CONNECT, began_ms=2),
        call(61, 2, "client", "recv", {"socket": "c"}, began_ms=60, raised=raised),
    ]
    assert links(tmp_path, calls, packets)[1] == (3,)


def test_datagrams_are_taken_one_by_one_in_the_order_they_came(tmp_path: Path) -> None:
    packets = [
        (10, udp(CLIENT, b"first"), made.late(30)),
        (11, udp(CLIENT, b"second"), made.DUPLICATE),
        (12, udp(CLIENT, b"lost"), made.DROPPED),
    ]
    bind = {"as": "s", "type": "datagram", "port": 21567}
    take = {"socket": "s"}
    calls = [
        call(2, 0, "server", "bind", bind, began_ms=1),
        *(
            call(50 + n, n, "server", "recv", take, began_ms=50 + n - 0.5, result={"text": "x"})
            for n in range(1, 4)
        ),
    ]
    assert links(tmp_path, calls, packets)[1:] == [(1,), (1,), (0,)]


def test_closing_has_what_it_sent(tmp_path: Path) -> None:
    packets = [
        *made.handshake()[:3],
        (70, tcp(CLIENT, FIN | ACK, seq=101, ack=501), made.DELIVERED),
    ]
    calls = [
        call(9, 1, "client", "connect", CONNECT, began_ms=2),
        call(66, 2, "client", "close", {"socket": "c"}, began_ms=65),
    ]
    assert links(tmp_path, calls, packets)[1] == (3,)


def test_looking_a_name_up_has_the_questions_and_answers(tmp_path: Path) -> None:
    header = bytes([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    message = header + b"\x02no\x04such\x00\x00\x01\x00\x01"
    ports = (40000, 53)
    packets = [
        (10, udp(CLIENT, message, ports=ports), made.DELIVERED),
        (12, udp(SERVER, message, ports=ports), made.DELIVERED),
        (40, udp(CLIENT, message, ports=ports), made.DELIVERED),
    ]
    asked = {"host": "no.such"}
    raised = Raised(name="EAI_NONAME", errno=-2, type="gaierror", text="not known")
    calls = [call(13, 0, "client", "getaddrinfo", asked, began_ms=9, raised=raised)]
    assert links(tmp_path, calls, packets) == [(0, 1)]
