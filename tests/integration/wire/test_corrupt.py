"""Corrupt: bits of a packet are flipped; by its checksum the kernel finds out, or it cannot.

Proof that it acts: with the checksum left, the datagram is missing and the receiver's kernel counts
exactly one more of a wrong checksum; with the checksum mended, the program reads the damaged bytes
at the offset that was asked for, and no others.
"""

import pytest

from tests.integration.wire.ends import Ends, arriving, assert_all_arrive, numbered, pattern

WRONG_CHECKSUMS = {4: "UdpInCsumErrors", 6: "Udp6InCsumErrors"}


@pytest.mark.parametrize(
    "asked", [{}, {"bits": 3, "offset_bytes": 7}], ids=["by-the-dice", "at-an-offset"]
)
def test_datagram_with_a_wrong_checksum_is_thrown_away(ends: Ends, asked: dict[str, int]) -> None:
    datagrams = ends.datagrams()
    name = WRONG_CHECKSUMS[ends.version]
    before = ends.counters("server")[name]
    with ends.forth.fault("corrupt", port=datagrams.port, nth=2, **asked) as fault:
        assert arriving(fault, datagrams, numbered(3)) == [1, 3]
        assert (fault.matched, fault.acted) == (3, 1)
    assert ends.counters("server")[name] == before + 1
    assert_all_arrive(datagrams)


@pytest.mark.parametrize(
    ("asked", "damage"),
    [
        ({"offset_bytes": 0}, {0: 0x80}),
        ({"offset_bytes": 5, "bits": 8}, {5: 0xFF}),
        ({"offset_bytes": 1_399, "bits": 1}, {1_399: 0x80}),
        ({"offset_bytes": 6, "bits": 12}, {6: 0xFF, 7: 0xF0}),
    ],
    ids=["first-bit", "whole-byte", "last-byte", "across-bytes"],
)
def test_program_reads_exactly_the_damage(
    ends: Ends, asked: dict[str, int], damage: dict[int, int]
) -> None:
    datagrams = ends.datagrams()
    whole = pattern(1_400)
    name = WRONG_CHECKSUMS[ends.version]
    before = ends.counters("server")[name]
    with ends.forth.fault(
        "corrupt", port=datagrams.port, nth=2, checksum="mended", **asked
    ) as fault:
        datagrams.client.send_each([whole] * 3)
        first, second, third = datagrams.server.receive(3)
        assert fault.acted == 1
    assert first == third == whole
    assert second == bytes(byte ^ damage.get(at, 0) for at, byte in enumerate(whole))
    assert ends.counters("server")[name] == before
    assert_all_arrive(datagrams)


def test_segment_with_a_wrong_checksum_is_sent_again(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(2_500)
    before = ends.counters("server")["TcpInCsumErrors"]
    with ends.forth.corrupt(port=stream.port, data=True, nth=3) as fault:
        stream.client.send_each([data[at : at + 500] for at in range(0, 2_500, 500)])
        assert stream.server.read(2_500) == data
        assert fault.acted == 1
    assert stream.client.retransmissions() == 1
    assert ends.counters("server")["TcpInCsumErrors"] == before + 1
    assert stream.server.drain() == []


def test_damage_that_no_checksum_tells_goes_into_the_stream(ends: Ends) -> None:
    stream = ends.stream()
    with ends.forth.corrupt(
        port=stream.port, data=True, nth=2, offset_bytes=1, bits=8, checksum="mended"
    ) as fault:
        stream.client.send_each([b"abc", b"abc", b"abc"])
        assert stream.server.read(9) == b"abca\x9dcabc"
        assert fault.acted == 1
    assert stream.client.retransmissions() == 0
