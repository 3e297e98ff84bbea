"""The wire at its limits: what it loses is counted and said, and its end by force is a healed link.

Each test has a lab of its own: the overload of an agent is never forgotten.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from tests.integration import command
from tests.integration.helpers import new_lab, start_program
from tests.integration.wire.agents import agents_of, kill_agents, stopped_agents
from tests.waiting import wait_until

# More than the queue takes, and than its socket has room for where an ordinary user runs the lab.
FLOOD = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for _ in range(int(sys.argv[2])):
        s.sendto(bytes(1400), (sys.argv[1], 9))
"""
PACKETS = 130_000
LINES = 25  # of bulk.py, 4 MiB each


@pytest.fixture
def pair(engine: Engine) -> Iterator[Lab]:
    """Two hosts that do nothing, for one test."""
    with new_lab(engine, Path(command.PAIR)) as lab:
        yield lab


def test_what_the_wire_cannot_take_is_counted_and_said(pair: Lab) -> None:
    (address, *_) = pair.host("right").status().addresses
    flood = ["python3", "-c", FLOOD, address, str(PACKETS)]
    with pair.link("left", "right").observe(protocol="udp") as fault:
        assert pair.overload_packets() == 0
        with stopped_agents(pair.name):
            assert pair.host("left").run(flood, timeout_s=60).exit_status == 0
        wait_until(
            lambda: fault.matched + pair.overload_packets() >= PACKETS, "all to be accounted for"
        )
        lost = pair.overload_packets()
        assert lost > 0
        assert fault.matched + lost == PACKETS
        listed = command.run("fault", "list", "--lab", pair.name)
        assert f"{lost} packets were lost: the wire could not keep up" in listed.stderr
        assert command.run_json("fault", "list", "--lab", pair.name)["overload_packets"] == lost


def test_agent_killed_at_full_rate_leaves_a_link_that_heals_at_once(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    (address, *_) = right.status().addresses
    with start_program(right, "bulk.py", 60, "read") as reader:
        lines = reader.process.stdout
        assert lines
        port = int(lines.readline())
        fault = pair.link("left", "right").add("observe", {})
        with start_program(left, "bulk.py", 60, "send", address, port) as sender:
            for _ in range(LINES):
                assert lines.readline()
            assert fault.status().acted_packets > 0
            kill_agents(pair.name)
            killed_s = time.monotonic()
            for _ in range(LINES):
                assert lines.readline()
            # What was in the queue is lost, and sent again after a fifth of a second (RFC 6298).
            assert time.monotonic() - killed_s < 3
            assert sender.process.poll() is reader.process.poll() is None
    wait_until(lambda: not agents_of(pair.name), "the end of the agent")
