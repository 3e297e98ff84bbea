"""Copies."""

from tests.unit.lab.agent.wire_faults import datagram, fault, pipeline


def test_a_packet_comes_so_many_times_more() -> None:
    for copies in (1, 3, 100):
        link = pipeline(fault("duplicate", copies=copies, nth=2))
        first, second = (link.arrive(b"", datagram(), n)[0] for n in range(2))
        assert (first.duplicates, first.actions) == (0, [])
        assert second.duplicates == copies
        assert [note for _, note in second.actions] == [(f"{copies + 1} times", "")]


def test_two_of_them_add_up() -> None:
    (one,) = pipeline(fault("duplicate"), fault("duplicate", copies=2)).arrive(b"", datagram(), 0)
    assert one.duplicates == 3
