"""Observe: packets are counted and left as they are.

Proof: the counts are those of what was sent, and every datagram is read once, as it was sent.
"""

from tests.integration.wire.ends import Ends, numbered


def test_datagrams_are_counted_and_left_as_they_are(ends: Ends) -> None:
    datagrams = ends.datagrams()
    sent = numbered(6, size=500)
    with ends.forth.observe(port=datagrams.port, every=2) as seen:
        datagrams.client.send_each(sent)
        assert datagrams.server.receive(6) == sent
        assert (seen.matched, seen.acted) == (6, 3)
    assert datagrams.server.drain() == []
    assert seen.status.acted_bytes == 3 * (500 + (28 if ends.version == 4 else 48))
