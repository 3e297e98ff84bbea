"""`lab fault` and `lab partition` on a running lab: what they put on the wire stays until lifted.

Each test lifts what it added; that it did act is seen in the counters, and in the client's own
exit status (`services.client --help`: 0 answered, 6 timed out).
"""

from collections.abc import Iterator
from typing import Any

import pytest

from lab.api.host import Host
from lab.api.lab import Lab
from tests.integration import command
from tests.integration.helpers import talk
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _no_faults_left(lab: Lab) -> Iterator[None]:
    yield
    lab.lift(lab.faults(over=True))


def fault(lab: Lab, *words: str) -> Any:
    return command.run_json("fault", words[0], "--lab", lab.name, *words[1:])


def add(lab: Lab, *words: str) -> dict[str, Any]:
    done = command.run_json("fault", "add", *words, "--lab", lab.name)
    (added,) = done
    return dict(added)


def reaches(client: Host, *options: str) -> bool:
    output = talk(client, "server", "--timeout", "0.5", "--send", "x", *options)
    assert output.exit_status in {0, 6}, output
    return output.exit_status == 0


def test_an_added_fault_stays_and_is_listed_until_it_is_cleared(lab: Lab, client: Host) -> None:
    added = add(lab, "client", "server", "drop", "--protocol", "udp")
    assert added["stays"]
    assert added["left_ms"] is None
    assert not reaches(client, "--udp")
    assert reaches(client)
    (listed,) = fault(lab, "list")["faults"]
    assert listed["id"] == added["id"]
    assert listed["asked"] == {"protocol": "udp"}
    assert listed["acted_packets"] == listed["matched_packets"] > 0
    (gone,) = fault(lab, "clear", added["id"])
    assert gone["acted_packets"] == listed["acted_packets"]
    assert reaches(client, "--udp")
    assert fault(lab, "list") == {"faults": [], "overload_packets": 0, "refused_packets": 0}


def test_a_fault_for_a_time_lifts_itself(lab: Lab, client: Host) -> None:
    added = add(lab, "client", "server", "drop", "--for", "700ms")
    assert 0 < added["left_ms"] <= 700
    wait_until(lambda: not lab.faults(), "the fault is over")
    assert reaches(client)


def test_a_fault_whose_time_is_over_is_listed_until_it_is_cleared(lab: Lab) -> None:
    idle = add(lab, "client", "server", "drop", "--destination-port", "9", "--for", "50ms")["id"]
    wait_until(lambda: not lab.faults(), "the fault is over")
    (listed,) = fault(lab, "list")["faults"]
    assert (listed["id"], listed["active"], listed["acted_packets"]) == (idle, False, 0)
    (line,) = command.run("fault", "list", "--lab", lab.name).stdout.splitlines()[1:]
    assert line.split()[-4:] == ["over", "0", "0", "0"]
    cleared = command.run("fault", "clear", idle, "--lab", lab.name).stdout
    assert cleared.endswith("drop destination_port=9; over, never acted, 0 packets matched\n")
    assert fault(lab, "list")["faults"] == []


def test_clear_goes_on_when_one_of_them_has_ended_meanwhile(lab: Lab) -> None:
    for port in ("9", "10"):
        add(lab, "client", "server", "drop", "--destination-port", port)
    listed = lab.faults()
    lab.lift(listed[:1])
    assert [one.id for one in lab.lift(listed)] == [listed[1].id]
    assert lab.faults() == []


def test_the_table_shows_live_counters_and_clear_says_what_never_acted(
    lab: Lab, client: Host
) -> None:
    acting = add(lab, "client", "server", "drop", "--protocol", "udp", "--first", "1")["id"]
    idle = add(lab, "client", "server", "drop", "--destination-port", "9")["id"]
    assert not reaches(client, "--udp")
    listed = command.run("fault", "list", "--lab", lab.name).stdout.splitlines()
    assert listed[0].split() == ["FAULT", "LINK", "WHAT", "LEFT", "MATCHED", "ACTED", "BYTES"]
    assert any(line.startswith(acting) and "protocol=udp first=1" in line for line in listed)
    cleared = command.run("fault", "clear", "--lab", lab.name).stdout
    assert (
        f"{acting}: client -> server: drop protocol=udp first=1; lifted, acted on 1 of" in cleared
    )
    assert f"{idle}: client -> server: drop destination_port=9; lifted, never acted" in cleared
    empty = command.run("fault", "clear", "--lab", lab.name)
    assert (empty.returncode, empty.stdout) == (0, "no fault is in force\n")


def test_partition_cuts_both_ways_or_one(lab: Lab, client: Host) -> None:
    cut = command.run_json("partition", "client", "server,inetd", "--lab", lab.name)
    links = {(entry["source"], entry["target"]) for entry in cut}
    there = {("client", "server"), ("client", "inetd")}
    assert links == there | {(target, source) for source, target in there}
    assert not reaches(client, "--udp")
    fault(lab, "clear")
    command.run_json("partition", "--one-way", "client", "server", "--lab", lab.name)
    assert not reaches(client, "--udp")
    assert {(entry.source, entry.target) for entry in lab.faults()} == {("client", "server")}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["client", "nobody", "drop"], "host 'nobody': not in lab"),
        (["syslog", "server", "drop"], "link syslog -> server: syslog has no address"),
        (["client", "server", "drop", "--probability", "1.5"], "must be a number from 0 to 1"),
        (["client", "server", "delay", "--delay-ms", "-1"], "must be a number from 0 to"),
        (["client", "server", "drop", "--syn", "--protocol", "udp"], "no packet would match"),
        (["client", "server", "reset", "--rst"], "tcp may be syn, syn-ack, ack or fin"),
        (["client", "server", "drop", "--probability", "0"], "probability 0: must be above 0"),
        (["client", "server", "drop", "--first", "1", "--nth", "2"], "choose one way to count"),
    ],
)
def test_nonsense_is_refused_in_a_line(lab: Lab, words: list[str], line: str) -> None:
    done = command.run("fault", "add", *words, "--lab", lab.name)
    assert line in command.refused(done)
    assert lab.faults() == []


@pytest.mark.parametrize(
    "words",
    [
        ["fault", "add", "client", "server", "drop", "--for", "9999999h"],
        ["fault", "add", "client", "server", "drop", "--for", "9" * 400 + "h"],
        ["partition", "client", "server", "--for", "0s"],
        ["fault", "add", "client", "server", "explode"],
        ["fault", "add", "client", "server", "drop", "--for", "soon"],
        ["fault", "add", "client", "server", "delay"],
        ["fault", "add", "client", "server", "drop", "--nth", "third"],
    ],
)
def test_wrong_options_are_refused_before_a_lab_is_asked(words: list[str]) -> None:
    done = command.run(*words, "--lab", "nolab")
    assert done.returncode == 2
    assert "nolab" not in done.stderr
    assert "Traceback" not in done.stderr


def test_clearing_a_fault_that_is_not_there_names_those_that_are(lab: Lab) -> None:
    there = add(lab, "client", "server", "drop", "--protocol", "udp")["id"]
    done = command.run("fault", "clear", "server/999", "--lab", lab.name)
    assert f"fault 'server/999': not in force (there: {there})" in command.refused(done)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (",", "partition: a side has no host; there are "),
        ("client,client", "partition: client: named twice"),
    ],
)
def test_partition_of_nobody_or_of_one_twice_is_refused(lab: Lab, one: str, line: str) -> None:
    done = command.run("partition", one, "server", "--lab", lab.name)
    assert line in command.refused(done)
    assert lab.faults() == []


def test_partition_with_a_host_on_both_sides_is_refused(lab: Lab) -> None:
    done = command.run("partition", "client,server", "server", "--lab", lab.name)
    assert "server: on both sides" in command.refused(done)
    assert lab.faults() == []
