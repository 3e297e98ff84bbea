"""The kernel's queue of packets that wait for our word (NFQUEUE): reads them, answers in batches.

Source: linux/netfilter/nfnetlink_queue.h. Packets come whole, cut to the size they had on the
wire, with their checksums filled in (no NFQA_CFG_F_GSO).
"""

import contextlib
import socket
import struct
import sys
from pathlib import Path

from lab.agent.wire import netlink
from lab.agent.wire.netlink import attribute, message

QUEUE = "the packet queue (nfnetlink_queue)"
NUMBER = 21567
_SUBSYSTEM = 3 << 8
_VERDICT, _CONFIG, _VERDICT_BATCH = (_SUBSYSTEM | kind for kind in (1, 2, 3))
_COMMAND, _PARAMETERS, _MOST_PACKETS = 1, 2, 3
_BIND, _COPY_PACKET = 1, 2
_PAYLOAD = 10
_DROP, _ACCEPT = 0, 1
_WHOLE = 0xFFFF
# Packets that wait: as many as a delay of a second at 100,000 a second.
QUEUE_PACKETS = 100_000
_RECEIVE_BYTES = 16 << 20
_SO_RCVBUFFORCE = 33
TURN_PACKETS = 64  # packets read before they are answered
_MOST_BYTES = 1 << 17  # of answers at once: a socket takes 212,992 where nobody has changed that
_ATTRIBUTE = struct.Struct("=HH").unpack_from
_KIND, _PACKET = slice(4, 6), (_SUBSYSTEM | 0).to_bytes(2, sys.byteorder)
# After the headers of netlink and nfnetlink: NFQA_PACKET_HDR, which begins with the id.
_ID = slice(24, 28)
_ATTRIBUTES_AT = 32
_COUNTERS = Path("/proc/self/net/netfilter/nfnetlink_queue")


class Queue:
    """The queue NUMBER of this network namespace. OSError where there is none, or it is taken."""

    def __init__(self) -> None:
        self._netlink = netlink.connect()
        self._buffer = bytearray(1 << 17)
        self._view = memoryview(self._buffer)
        self._answers: list[bytes] = []
        self._changed_bytes = 0  # of those that hold a packet
        # Where the payload's attribute was in the last message: mostly it is there again.
        self._payload_at = _ATTRIBUTES_AT
        for body in (
            attribute(_COMMAND, struct.pack(">BBH", _BIND, 0, 0)),
            attribute(_PARAMETERS, struct.pack(">IB", _WHOLE, _COPY_PACKET))
            + attribute(_MOST_PACKETS, struct.pack(">I", QUEUE_PACKETS)),
        ):
            request = message(_CONFIG, netlink.ACK, body, resource=NUMBER)
            with netlink.part(QUEUE):
                netlink.ask(self._netlink, request)
        self._enlarge()
        self._netlink.setblocking(False)
        verdict = message(_VERDICT, 0, attribute(2, bytes(8)), resource=NUMBER)
        batch = message(_VERDICT_BATCH, 0, attribute(2, bytes(8)), resource=NUMBER)
        self._accept_batch = batch[:24] + _ACCEPT.to_bytes(4, "big")
        self._accept = verdict[:24] + _ACCEPT.to_bytes(4, "big")
        self._drop = verdict[:24] + _DROP.to_bytes(4, "big")

    def _enlarge(self) -> None:
        try:
            self._netlink.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BYTES)
        except PermissionError:  # not the machine's administrator: as much as everybody gets
            self._netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._netlink.fileno()

    def read(self) -> list[tuple[bytes, bytes]]:
        """Return the packets that are there (up to a turn's worth): their ids and bytes."""
        found: list[tuple[bytes, bytes]] = []
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
                found.append((bytes(buffer[_ID]), bytes(view[at + 4 : at + length])))
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
        answer = message(_VERDICT, 0, header + attribute(_PAYLOAD, data), resource=NUMBER)
        if self._changed_bytes + len(answer) > _MOST_BYTES:
            self.flush()
        self._changed_bytes += len(answer)
        self._answers.append(answer)

    def accept_all(self, last: bytes) -> None:
        """Let all packets go on that wait, up to that one: at once, after what was said before."""
        self.flush()
        self._netlink.send(self._accept_batch + last)

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

    def overload(self) -> int:
        """Return how many packets the kernel has dropped because the queue or its socket was full.

        Source: nfqnl's seq_show: queue_dropped and user_dropped.
        """
        for line in _COUNTERS.read_text().splitlines():
            number, _, _, _, _, dropped, user_dropped, *_ = map(int, line.split())
            if number == NUMBER:
                return dropped + user_dropped
        return 0

    def close(self) -> None:
        """End the queue; packets that still wait in it are gone."""
        self._netlink.close()
