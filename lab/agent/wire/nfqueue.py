"""The kernel's queue of packets that wait for our word (NFQUEUE): reads them, answers in batches.

Source: linux/netfilter/nfnetlink_queue.h. There are two. In the first, packets come as the kernel
has them (NFQA_CFG_F_GSO): TCP's data in superpackets of many segments, and checksums that nobody
has filled in yet. What is handed on from there to the second comes in segments of the size that
they have on a line, with their checksums right.
"""

import contextlib
import socket
import struct
import sys
from pathlib import Path
from typing import NamedTuple

from lab.agent.wire import loopback, netlink
from lab.agent.wire.netlink import attribute, message
from lab.net.pcapng import SNAP_BYTES

QUEUE = "the packet queue (nfnetlink_queue)"
NUMBER, SEGMENTS_NUMBER = 21567, 21568
_SUBSYSTEM = 3 << 8
_VERDICT, _CONFIG, _VERDICT_BATCH = (_SUBSYSTEM | kind for kind in (1, 2, 3))
_COMMAND, _PARAMETERS, _MOST_PACKETS, _MASK, _FLAGS = 1, 2, 3, 4, 5
_WITH_SUPERPACKETS = 1 << 2
_BIND, _COPY_PACKET = 1, 2
_PAYLOAD = 10
_DROP, _ACCEPT = 0, 1
_HAND_ON = SEGMENTS_NUMBER << 16 | 0x8000 | 3  # NF_QUEUE; without that queue the packet goes on
# How much of each packet is copied to us: the headers with the longest options there are, or all.
HEADERS, WHOLE = SNAP_BYTES, 0xFFFF
# What a packet is marked with (NFQA_SKB_INFO).
UNSUMMED, SUPERPACKET = 1, 2
# And by us: it comes from this host itself; it is an answer that the wire has sent.
LOOPBACK, ANSWER = 1 << 8, 1 << 9
# Packets that wait: as many as a delay of a second at 100,000 a second.
QUEUE_PACKETS = 100_000
_RECEIVE_BYTES = 16 << 20
_SO_RCVBUFFORCE = 33
TURN_PACKETS = 64  # packets read before they are answered
_MOST_BYTES = 1 << 17  # of answers at once: a socket takes 212,992 where nobody has changed that
_ATTRIBUTE = struct.Struct("=HH").unpack_from
_KIND, _PACKET = slice(4, 6), (_SUBSYSTEM | 0).to_bytes(2, sys.byteorder)
_INFO, _INFO_BYTES = 14, 8  # the attribute before the payload, if there is one
# After the headers of netlink and nfnetlink: NFQA_PACKET_HDR, which begins with the id.
_ID = slice(24, 28)
_ATTRIBUTES_AT = 32
# The next ones: where it came in (NFQA_IFINDEX_INDEV), and its mark if it has one (NFQA_MARK).
_INPUT, _FROM_ITSELF = slice(36, 40), loopback.NUMBER.to_bytes(4, "big")
_INPUT_END, _MARKED = 39, slice(40, 48)
_ANSWER = attribute(3, loopback.ANSWER_MARK.to_bytes(4, "big"))
_COUNTERS = Path("/proc/self/net/netfilter/nfnetlink_queue")


class Arrived(NamedTuple):
    """A packet in the queue: its id, its bytes or those that are copied of it, and its marks."""

    id: bytes
    data: bytes
    marks: int


class Queue:
    """A queue of this network namespace. OSError where there is none, or it is taken."""

    def __init__(self, number: int = NUMBER) -> None:
        self._number = number
        self._netlink = netlink.connect()
        self._buffer = bytearray(1 << 17)
        self._view = memoryview(self._buffer)
        self._answers: list[bytes] = []
        self._changed_bytes = 0  # of those that hold a packet
        # Where the payload's attribute was in the last message: mostly it is there again.
        self._payload_at = _ATTRIBUTES_AT
        flags = _WITH_SUPERPACKETS if number == NUMBER else 0
        self._configure(attribute(_COMMAND, struct.pack(">BBH", _BIND, 0, 0)))
        self._configure(
            attribute(_PARAMETERS, struct.pack(">IB", WHOLE, _COPY_PACKET))
            + attribute(_MOST_PACKETS, struct.pack(">I", QUEUE_PACKETS))
            + attribute(_MASK, struct.pack(">I", _WITH_SUPERPACKETS))
            + attribute(_FLAGS, struct.pack(">I", flags))
        )
        self.copied_bytes = WHOLE
        self._enlarge()
        self._netlink.setblocking(False)
        verdict = message(_VERDICT, 0, attribute(2, bytes(8)), resource=number)
        batch = message(_VERDICT_BATCH, 0, attribute(2, bytes(8)), resource=number)
        self._accept_batch = batch[:24] + _ACCEPT.to_bytes(4, "big")
        self._accept = verdict[:24] + _ACCEPT.to_bytes(4, "big")
        self._drop = verdict[:24] + _DROP.to_bytes(4, "big")
        self._hand_on = verdict[:24] + _HAND_ON.to_bytes(4, "big")

    def _configure(self, body: bytes) -> None:
        request = message(_CONFIG, netlink.ACK, body, resource=self._number)
        with netlink.part(QUEUE):
            netlink.ask(self._netlink, request)

    def copy(self, most_bytes: int) -> None:
        """Have so many bytes of each packet copied that comes from now on."""
        if most_bytes == self.copied_bytes:
            return
        # Without an acknowledgment, which would come behind the packets that are there.
        body = attribute(_PARAMETERS, struct.pack(">IB", most_bytes, _COPY_PACKET))
        self._netlink.send(message(_CONFIG, 0, body, resource=self._number))
        self.copied_bytes = most_bytes

    def _enlarge(self) -> None:
        try:
            self._netlink.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BYTES)
        except PermissionError:  # not the machine's administrator: as much as everybody gets
            self._netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._netlink.fileno()

    def read(self) -> list[Arrived]:
        """Return the packets that are there (up to a turn's worth)."""
        found: list[Arrived] = []
        receive, buffer, view = self._netlink.recv_into, self._buffer, self._view
        with contextlib.suppress(BlockingIOError):
            while len(found) < TURN_PACKETS:
                end = receive(buffer)
                if buffer[_KIND] != _PACKET:  # what we said of a packet that had gone meanwhile
                    continue
                at = self._payload_at
                length, kind = _ATTRIBUTE(buffer, at)
                if kind != _PAYLOAD or at + length != end:
                    at = self._find_payload(end)
                    length = end - at
                begin = at - _INFO_BYTES
                marks = buffer[at - 1] if _ATTRIBUTE(buffer, begin) == (_INFO_BYTES, _INFO) else 0
                # Its last byte spares most packets the comparison.
                if buffer[_INPUT_END] == loopback.NUMBER and buffer[_INPUT] == _FROM_ITSELF:
                    marks |= LOOPBACK | ANSWER if buffer[_MARKED] == _ANSWER else LOOPBACK
                found.append(Arrived(bytes(buffer[_ID]), bytes(view[at + 4 : at + length]), marks))
        return found

    def _find_payload(self, end: int) -> int:
        at = _ATTRIBUTES_AT
        while at + 4 <= end:
            length, kind = _ATTRIBUTE(self._buffer, at)
            if kind == _PAYLOAD:
                self._payload_at = at
                return at
            at += max(length + 3 & ~3, 4)
        return end

    def accept(self, id_: bytes, data: bytes | None = None) -> None:
        """Let a packet go on, with other bytes if given; in force after `flush`."""
        if data is None:
            self._answers.append(self._accept + id_)
            return
        header = attribute(2, _ACCEPT.to_bytes(4, "big") + id_)
        answer = message(_VERDICT, 0, header + attribute(_PAYLOAD, data), resource=self._number)
        if self._changed_bytes + len(answer) > _MOST_BYTES:
            self.flush()
        self._changed_bytes += len(answer)
        self._answers.append(answer)

    def accept_all(self, last: bytes) -> None:
        """Let all packets go on that wait, up to that one: at once, after what was said before."""
        self.flush()
        self._netlink.send(self._accept_batch + last)

    def hand_on(self, id_: bytes) -> None:
        """Put a packet into the second queue, at once: it is there when this returns."""
        self._netlink.send(self._hand_on + id_)

    def drop(self, id_: bytes) -> None:
        """Let a packet vanish; in force after `flush`."""
        self._answers.append(self._drop + id_)

    def flush(self) -> None:
        """Give the kernel the answers so far, many with one call."""
        if not self._answers:
            return
        answers, self._answers = self._answers, []
        self._changed_bytes = 0
        for start in range(0, len(answers), TURN_PACKETS):
            self._netlink.send(b"".join(answers[start : start + TURN_PACKETS]))

    def last(self) -> int:
        """Return the id of the last packet that came into the queue."""
        return self._state()[7]

    def overload(self) -> int:
        """Return how many packets the kernel has dropped because the queue or its socket was full.

        Source: nfqnl's seq_show: queue_dropped and user_dropped.
        """
        return sum(self._state()[5:7])

    def _state(self) -> list[int]:
        for line in _COUNTERS.read_text().splitlines():
            values = [int(word) for word in line.split()]
            if values[0] == self._number:
                return values
        return [0] * 9

    def close(self) -> None:
        """End the queue; packets that still wait in it are gone."""
        self._netlink.close()
