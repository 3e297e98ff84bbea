"""A capture that is read slowly: packets wait at the wire, and each is in it in the end."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.fault import LinkFault
from lab.api.lab import Lab
from lab.evidence.pcapng import Blocks, record
from lab.net import pcapng
from lab.net.packet import TCP
from tests.integration import command
from tests.integration.helpers import new_lab, start_program
from tests.waiting import wait_until

STILL_S = 0.5
MORE = 20_000  # segments


@pytest.fixture
def pair(engine: Engine) -> Iterator[Lab]:
    """Two hosts that do nothing, for one test."""
    with new_lab(engine, Path(command.PAIR)) as lab:
        yield lab


class StandsStill:
    """Tells whether a fault has seen some packets, and for a while no more."""

    def __init__(self, fault: LinkFault) -> None:
        self._fault = fault
        self._seen = 0
        self._since_s = time.monotonic()

    def __call__(self) -> bool:
        seen = self._fault.matched
        if seen != self._seen:
            self._seen, self._since_s = seen, time.monotonic()
        return self._seen > 0 and time.monotonic() - self._since_s > STILL_S


def drain(descriptor: int, into: list[bytes]) -> None:
    while data := os.read(descriptor, 1 << 20):
        into.append(data)


def test_a_capture_that_is_not_read_holds_the_wire_up_and_loses_nothing(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    (address, *_) = right.status().addresses
    link = pair.link("left", "right")
    data: list[bytes] = []
    end, begin = os.pipe()
    reading = threading.Thread(target=drain, args=(end, data))
    with open(begin, "wb", buffering=0) as pipe:  # noqa: PTH123 - it has no path
        with (
            pair.capture(pipe) as capture,
            link.delay(delay_ms=0.1, jitter_ms=0.05, protocol="tcp") as fault,
            start_program(right, "bulk.py", 60, "read") as reader,
        ):
            assert reader.process.stdout
            port = int(reader.process.stdout.readline())
            with start_program(left, "bulk.py", 60, "send", address, port):
                wait_until(StandsStill(fault), "the wire to stand still")
                stood = fault.matched
                reading.start()
                wait_until(lambda: fault.matched > stood + MORE, "the wire to go on")
        status = fault.status
    reading.join()
    os.close(end)
    captured = capture.captured
    assert captured.slowed_ms > STILL_S * 1000 / 2
    assert (captured.dropped_packets, captured.lost_packets, captured.cut_short) == (0, 0, ())
    blocks = [block for kind, block in Blocks().feed(b"".join(data)) if kind == pcapng.PACKET]
    records = [one for block in blocks for one in record(block).segments()]
    came = [one for one in records if one.interface == pcapng.ARRIVED and one.source == "left"]
    met = [one for one in came if one.packet.protocol == TCP and one.fate.actions]
    assert len(met) == status.matched_packets
    assert pair.overload_packets() == 0
