"""What `lab capture` says in the end: each thing that is missing, and nothing else."""

from dataclasses import replace

from lab.commands.capture import _line
from lab.evidence.capture_writer import Captured
from lab.evidence.events import LinkLoss

WHOLE = Captured(
    hosts=("server", "client"),
    arrived_packets=7,
    delivered_packets=6,
    dropped_packets=0,
    lost_packets=0,
    ended_early=(),
    cut_short=(),
)
BEGIN = "wire.pcapng: 7 packets arrived, 6 were delivered; 0 records dropped"


def test_of_a_whole_capture_there_is_nothing_to_say() -> None:
    assert _line("wire.pcapng", WHOLE) == BEGIN
    assert _line("-", WHOLE).startswith("standard output: 7 packets")


def test_what_was_lost_outside_is_told_with_a_remedy() -> None:
    losses = tuple(
        LinkLoss(source=source, target=target, packets=1, kinds={"UDP": 1})
        for source, target in (("client", "server"), ("server", "client"))
    )
    lost = "1 packet from {} to {} was lost outside of the lab (1 UDP)".format
    assert _line("wire.pcapng", replace(WHOLE, lost_outside=losses)) == (
        f"{BEGIN}; {lost('client', 'server')}; {lost('server', 'client')}; "
        "lab doctor looks for what may do that"
    )


def test_hosts_that_could_not_count_are_named_with_the_reason() -> None:
    uncounted = "client: too many", "server: no answer"
    assert _line("wire.pcapng", replace(WHOLE, uncounted=uncounted)) == (
        f"{BEGIN}; what was lost outside is not known of: client: too many; server: no answer"
    )
