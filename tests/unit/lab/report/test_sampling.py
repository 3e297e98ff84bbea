"""A page of very many packets has those that tell most, and says what it has not."""

from pathlib import Path

from lab.evidence.events import CallOutcome
from lab.report.entries import Kind
from lab.report.model import Packet
from lab.report.packet_columns import on_the_page, packet_columns
from lab.report.page import render
from lab.report.picture import draw
from lab.report.reading import read
from lab.report.sampling import MOST, sampled
from tests import made_evidence as made


def packets(count: int, every: int) -> list[Packet]:
    """Return packets of which every n-th is dropped, and all others are late."""
    fields = {"time_ns": 0, "delivered_ns": 0, "connection": 0, "label": "ACK", "length": 0}
    fields |= {"source": "client", "target": "server"}
    fates = {True: ("dropped",), False: ("delivered", "late")}
    return [
        Packet(number=number, fates=fates[not number % every], **fields)  # type: ignore[arg-type]
        for number in range(count)
    ]


def test_all_are_kept_of_as_many_as_a_page_can_have() -> None:
    assert sampled(packets(MOST, 2)) == frozenset(range(MOST))


def test_what_tells_most_is_kept_of_more() -> None:
    found = sampled(packets(3 * MOST, 100))
    assert len(found) == MOST
    assert found.issuperset(range(0, 3 * MOST, 100))
    assert found.issuperset([1, 2, 3, 3 * MOST - 1])


def test_too_many_that_tell_leave_room_for_others() -> None:
    found = sampled(packets(3 * MOST, 2))
    assert len(found) == MOST
    assert sum(number % 2 for number in found) == MOST // 2


def large(folder: Path, count: int) -> Path:
    sent = made.handshake()[:3]
    for number in range(count):
        data = made.tcp(made.CLIENT, made.ACK, seq=101 + number, ack=501, data=b"x")
        fate = made.late(round(number % 97 / 10 + 0.1, 1), "rate")
        sent.append((40 + number // 100, data, fate))
    return made.write(folder, packets=sent)


def test_page_is_bounded_and_says_what_is_elsewhere(tmp_path: Path) -> None:
    run = read(large(tmp_path, MOST + 2_000))
    text = render(run)
    assert len(text) < 3_000_000
    drawn = draw(run)
    elsewhere = len(run.packets) - len(on_the_page(run, drawn))
    assert f"{elsewhere:,} more packets are only in the capture" in text
    assert "only in the capture" in " ".join(
        word for row in drawn.rows for one in row.parts if one.text for _, word in one.text.parts
    )


def test_transfer_is_one_row_that_opens_into_all_its_packets(tmp_path: Path) -> None:
    drawn = draw(read(large(tmp_path, 9_000)))
    (row,) = (one for one in drawn.rows if one.kind is Kind.TRANSFER)
    assert len(drawn.rows) < 30
    inside = [one for part in row.parts for one in part.packets]
    alone = [one for one in row.parts if one.kind is Kind.PACKET]
    assert len(inside) + len(alone) == len(row.packets) > 8_900
    assert len(row.parts) < 60


def test_nothing_is_said_to_be_quiet_while_a_transfer_goes_on(tmp_path: Path) -> None:
    events = [
        one for one in made.half_open() if not (isinstance(one, CallOutcome) and one.call == "recv")
    ]
    drawn = draw(read(made.write(tmp_path, events, packets_until(1_000))))
    number = next(n for n, one in enumerate(drawn.rows) if one.kind is Kind.TRANSFER)
    assert not any(row.fold_ns for row in drawn.rows[number:])


def packets_until(end_ms: int) -> list[made.Sent]:
    data = made.tcp(made.CLIENT, made.ACK, seq=101, ack=501, data=b"x")
    return [*made.handshake()[:3]] + [
        (30 + n * (end_ms - 30) // 3000, data, made.DELIVERED) for n in range(3000)
    ]


def test_comments_are_whole_again_when_their_numbers_are_put_back(tmp_path: Path) -> None:
    run = read(large(tmp_path, 100))
    columns = packet_columns(run, frozenset(range(103)))
    assert len(columns["texts"]) < 130
    for packet in run.packets[3:]:
        numbers = iter(columns["v"][packet.number].split(" "))
        comment = columns["texts"][columns["k"][packet.number]]
        whole = "".join(next(numbers) if sign == "\0" else sign for sign in comment)
        assert whole == packet.comment
