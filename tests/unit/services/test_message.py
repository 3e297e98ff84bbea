"""What a message is: proved on random cuts of known data, without sockets."""

import random
import time

import pytest

from services.message import (
    LONGEST_DATAGRAM,
    Assembler,
    MessageTooLongError,
    datagram_reply,
    line_reply,
)
from tests.unit.services.helpers import unstamped


def whole_messages(pieces: list[bytes], limit: int = 1 << 24) -> list[bytes]:
    assembler = Assembler(limit)
    found = [message for piece in pieces for message in assembler.feed(piece)]
    rest = assembler.rest()
    return [*found, rest] if rest else found


@pytest.mark.parametrize("seed", range(50))
def test_cuts_never_change_the_messages(seed: int) -> None:
    rng = random.Random(seed)
    messages = [rng.randbytes(rng.choice([0, 1, 2, 50, 3000])) for _ in range(20)]
    messages = [m.replace(b"\n", b"").rstrip(b"\r") for m in messages]
    data = b"".join(m + rng.choice([b"\n", b"\r\n"]) for m in messages)
    pieces = []
    while data:
        size = rng.choice([1, 2, 7, 1024])
        pieces.append(data[:size])
        data = data[size:]
    assert whole_messages(pieces) == messages


def test_a_multi_byte_character_may_be_cut_in_two() -> None:
    text = "naïve — 時間\n".encode()
    for cut in range(len(text)):
        assert whole_messages([text[:cut], text[cut:]]) == [text[:-1]]


def test_only_the_one_carriage_return_before_a_newline_is_dropped() -> None:
    assert whole_messages([b"a\r\r\nb\rc\n\r\n"]) == [b"a\r", b"b\rc", b""]


def test_a_carriage_return_and_its_newline_may_come_apart() -> None:
    assert whole_messages([b"telnet\r", b"\n"]) == [b"telnet"]


def test_what_is_left_at_the_end_is_a_message_as_it_is() -> None:
    assert whole_messages([b"one\ntwo\r"]) == [b"one", b"two\r"]


def test_a_line_of_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert whole_messages([b"x" * 10 + b"\n"], limit=10) == [b"x" * 10]
    with pytest.raises(MessageTooLongError, match="longer than 10 bytes"):
        whole_messages([b"x" * 6, b"x" * 5], limit=10)


def test_messages_before_a_long_one_are_still_given() -> None:
    feed = Assembler(limit=3).feed(b"one\ntoolong")
    assert next(feed) == b"one"
    with pytest.raises(MessageTooLongError):
        next(feed)


def test_ten_megabytes_in_small_pieces_take_linear_time() -> None:
    def cost_s(size: int) -> float:
        pieces = [bytes(1024)] * (size // 1024) + [b"\n"]
        begin = time.process_time()
        assert [len(m) for m in whole_messages(pieces)] == [size]
        return time.process_time() - begin

    # Ten times the data: quadratic work would cost a hundred times as much.
    small = min(cost_s(1024 * 1000) for _ in range(5))
    assert min(cost_s(10 * 1024 * 1000) for _ in range(3)) < max(40 * small, 0.05)


def test_a_reply_is_the_time_a_colon_and_the_very_bytes() -> None:
    data = bytes(range(256))
    assert unstamped(line_reply(data)) == data + b"\n"
    reply, cut = datagram_reply(data)
    assert (unstamped(reply), cut) == (data, 0)


@pytest.mark.parametrize(("size", "cut"), [(65_482, 0), (65_483, 1), (65_507, 25)])
def test_a_datagram_reply_is_cut_to_what_udp_carries(size: int, cut: int) -> None:
    reply, lost = datagram_reply(b"x" * size)
    assert (len(reply), lost) == (min(size + 25, LONGEST_DATAGRAM), cut)
