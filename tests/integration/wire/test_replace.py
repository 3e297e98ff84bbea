"""Replace, and faults of packets by what stands in them: the program reads other bytes.

Proof that it acts: the kernel takes the packet, whose checksum is therefore right, and the program
reads what was put in place, and everything else as it was sent.
"""

from tests.integration.wire.ends import Ends, assert_all_arrive, numbered

ANSWER = b"HTTP/1.1 200 OK\r\n\r\nstatus 200\n"


def test_program_reads_the_others_and_the_stream_goes_on(ends: Ends) -> None:
    stream = ends.stream()
    with ends.back.replace(find="200", replacement="503", port=stream.port) as fault:
        stream.server.send(ANSWER)
        assert stream.client.read(len(ANSWER)) == ANSWER.replace(b"200", b"503")
        assert (fault.matched, fault.acted) == (1, 1)
    stream.server.send(ANSWER)
    assert stream.client.read(len(ANSWER)) == ANSWER


def test_datagram_may_become_longer(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.replace(find=b"\x00\xff", replacement="much longer", protocol="udp"):
        datagrams.client.send_each([b"<\x00\xff>", b"\xff\x00"])
        assert datagrams.server.receive(2) == [b"<much longer>", b"\xff\x00"]
    assert_all_arrive(datagrams)


def test_only_what_has_the_bytes_is_meant(ends: Ends) -> None:
    datagrams = ends.datagrams()
    sent = numbered(5)
    with ends.forth.drop(payload_starts_with="3 ", port=datagrams.port) as fault:
        datagrams.client.send_each(sent)
        assert datagrams.server.receive(4) == [sent[0], sent[1], sent[3], sent[4]]
        assert (fault.matched, fault.acted) == (1, 1)
    assert_all_arrive(datagrams)


def test_of_much_that_is_sent_at_once_only_the_segments_with_the_bytes_are_meant(
    ends: Ends,
) -> None:
    # The kernel hands such a send over as one superpacket; the bytes stand in its middle.
    stream = ends.stream()
    size = 60_000
    sent = b"-" * (size // 2) + b"MARK" + b"-" * (size // 2)
    with ends.forth.replace(find="MARK", replacement="gone", port=stream.port) as fault:
        stream.client.sendall(sent)
        assert stream.server.read(len(sent)) == sent.replace(b"MARK", b"gone")
        assert (fault.matched, fault.acted) == (1, 1)
