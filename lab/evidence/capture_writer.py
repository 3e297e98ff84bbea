"""Writes the streams of several hosts' wires into one capture, as they come.

The file is a valid capture at any moment, so that it is worth something however this ends; what it
lacks then is its statistics and the order of its packets.
"""

import os
import select
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from lab.evidence.digests import FileDigest
from lab.evidence.events import CaptureEnded, LinkLoss
from lab.evidence.os_errors import naming
from lab.evidence.pcapng import Blocks, Statistics, counted, time_ns
from lab.net import pcapng, traffic
from lab.net.traffic import Counts

_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Captured:
    """What is in a capture: how many packets came to the wires, and were delivered.

    `dropped_packets` records are missing, because this program was too slow. `lost_packets` are
    those that the wires themselves could not keep up with. For `slowed_ms` packets waited at a wire
    until this program had taken the records of others. `ended_early` names the hosts that ended
    during the capture: what they did when begun anew is not in it. `cut_short` names those of which
    the last packets are missing. `lost_outside` is what one of the hosts has sent another and what
    has not come to its wire, by no fault; of the hosts of `uncounted` that is not known.
    """

    hosts: tuple[str, ...]
    arrived_packets: int
    delivered_packets: int
    dropped_packets: int
    lost_packets: int
    ended_early: tuple[str, ...]
    cut_short: tuple[str, ...]
    slowed_ms: float = 0.0
    lost_outside: tuple[LinkLoss, ...] = ()
    uncounted: tuple[str, ...] = ()

    @property
    def event(self) -> CaptureEnded:
        """It, as the event of a run."""
        return CaptureEnded(
            ended_early=self.ended_early,
            lost_outside=self.lost_outside,
            uncounted=self.uncounted,
        )


class CaptureWriter:
    """Writes to `file`; `streams` has each host's socket, and what has been read from it before."""

    def __init__(
        self,
        file: BinaryIO,
        streams: Mapping[str, tuple[socket.socket, bytes]],
        *,
        snap_bytes: int,
    ) -> None:
        self._file = file
        self._streams = {host: _Stream(stream, begin) for host, (stream, begin) in streams.items()}
        self._opening = pcapng.opening(snap_bytes)
        # The hosts whose streams have ended.
        self.ended: list[str] = []
        self._counts: dict[str, Counts] = {}
        self._changed = threading.Condition()
        self._is_over = False
        self._last_ns = 0
        self.digest = FileDigest()
        # Are the packets in the file in the order of their times?
        self.in_order = True

    def run(self) -> None:
        """Write until all streams have ended. OSError when the file takes no more.

        EvidenceError when a stream is no capture.
        """
        try:
            self._run()
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _run(self) -> None:
        self._write(self._opening)
        poll = select.poll()
        hosts = {}
        for host, stream in self._streams.items():
            hosts[stream.socket.fileno()] = host
            poll.register(stream.socket, select.POLLIN)
            self._take(host, b"")
        while hosts:
            for descriptor, _ in poll.poll():
                host = hosts[descriptor]
                stream = self._streams[host]
                if data := _received(stream.socket):
                    self._take(host, data)
                # Its statistics are its last words; that it is closed, too, takes Docker a while.
                if not data or stream.is_whole:
                    poll.unregister(descriptor)
                    with self._changed:
                        self.ended.append(hosts.pop(descriptor))
                        self._changed.notify_all()

    def wait_for_end(self, host: str, seconds: float) -> None:
        """Return when the stream of a host has ended, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: host in self.ended, seconds)

    def forget_counts(self, host: str) -> None:
        """Forget what a host has counted until now."""
        with self._changed:
            self._counts.pop(host, None)

    def wait_for_counts(self, host: str, seconds: float) -> Counts | None:
        """Return what a host has counted, once it says so; None: it has not after so many seconds.

        Nor has it when its stream has ended, or nobody reads that any more.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: host in self._counts or host in self.ended or self._is_over, seconds
            )
            return self._counts.get(host)

    def _take(self, host: str, data: bytes) -> None:
        stream = self._streams[host]
        packets = []
        last_ns = self._last_ns
        for kind, block in stream.blocks.feed(data):
            if kind == pcapng.PACKET:
                packets.append(block)
                if (at_ns := time_ns(block)) < last_ns:
                    self.in_order = False
                last_ns = at_ns
            elif kind == pcapng.STATISTICS:
                stream.statistics.append(counted(block))
            elif kind == pcapng.CUSTOM_BLOCK:
                with self._changed:
                    self._counts[host] = traffic.decode(pcapng.custom_block_data(block))
                    self._changed.notify_all()
        self._last_ns = last_ns
        if packets:
            self._write(b"".join(packets))

    def finish(
        self,
        *,
        ended_early: tuple[str, ...] = (),
        lost_outside: tuple[LinkLoss, ...] = (),
        uncounted: tuple[str, ...] = (),
    ) -> Captured:
        """Write the statistics of all hosts together, and return them with what is passed in.

        OSError when the file takes no more.
        """
        cut = tuple(host for host, stream in self._streams.items() if not stream.is_whole)
        all_of_them = [one for stream in self._streams.values() for one in stream.statistics]
        sums = []
        for interface in (pcapng.ARRIVED, pcapng.DELIVERED):
            found = [one for one in all_of_them if one.interface == interface]
            sums.append(_sum(interface, found, f"cut short: {', '.join(cut)}" if cut else ""))
        self._write(b"".join(_block(one) for one in sums))
        arrived, delivered = sums
        return Captured(
            hosts=tuple(self._streams),
            arrived_packets=arrived.received,
            delivered_packets=delivered.received,
            dropped_packets=arrived.dropped + delivered.dropped,
            lost_packets=arrived.lost,
            ended_early=ended_early,
            cut_short=cut,
            slowed_ms=arrived.slowed_ns / 1e6,
            lost_outside=lost_outside,
            uncounted=uncounted,
        )

    def _write(self, data: bytes) -> None:
        # Whole blocks at once, past every buffer: what is in the file survives this program.
        self.digest.update(data)
        left = memoryview(data)
        with naming(self._file.name):
            while left:
                left = left[os.write(self._file.fileno(), left) :]


class _Stream:
    """One host's."""

    def __init__(self, stream: socket.socket, begin: bytes) -> None:
        self.socket = stream
        self.blocks = Blocks()
        self.blocks.rest = begin
        self.statistics: list[Statistics] = []

    @property
    def is_whole(self) -> bool:
        return len(self.statistics) == len(pcapng.INTERFACES) and not self.blocks.rest


def _received(stream: socket.socket) -> bytes:
    try:
        return stream.recv(_MOST_BYTES)
    except ConnectionResetError:
        return b""


def _sum(interface: int, found: list[Statistics], comment: str) -> Statistics:
    return Statistics(
        interface,
        starts_ns=min((one.starts_ns for one in found), default=0),
        ends_ns=max((one.ends_ns for one in found), default=0),
        received=sum(one.received for one in found),
        dropped=sum(one.dropped for one in found),
        lost=sum(one.lost for one in found),
        comment=comment,
        slowed_ns=max((one.slowed_ns for one in found), default=0),
    )


def _block(one: Statistics) -> bytes:
    return pcapng.statistics(
        one.interface,
        starts_ns=one.starts_ns,
        ends_ns=one.ends_ns,
        received=one.received,
        dropped=one.dropped,
        lost=one.lost,
        slowed_ns=one.slowed_ns,
        text=one.comment,
    )
