"""The time service on a datagram socket: each datagram is a message and gets one datagram back.

Owns the loop and what is logged. Does not bind the socket: xinetd may have done it.
"""

import socket
import struct
from dataclasses import dataclass
from typing import Any

from services import log, packet_info
from services.address import shown
from services.draining import Drain
from services.failures import explain
from services.message import datagram_reply


@dataclass(frozen=True)
class DatagramService:
    """`buffer` in bytes: what is longer in a datagram is lost, and logged."""

    buffer: int
    quiet: bool = False

    def serve(self, sock: socket.socket, drain: Drain, idle_s: float | None = None) -> None:
        """Answers until the drain begins, or until nothing came for `idle_s` seconds.

        What is queued when the drain begins is still answered, within its grace.
        """
        _wait_at_most(sock, idle_s)
        packet_info.ask(sock)
        while not drain.late:
            how = socket.MSG_DONTWAIT if drain.stopping else 0
            try:
                data, extra, flags, peer = sock.recvmsg(self.buffer, packet_info.SPACE, how)
            except BlockingIOError:
                return  # idle for long enough, or drained
            except OSError as error:
                # An ICMP message about an earlier reply, say (udp(7)): not this datagram's fault.
                log.warning(f"receiving: {explain(error)}")
                continue
            if not peer:
                continue  # woken by the drain, perhaps with datagrams in the queue
            if flags & socket.MSG_TRUNC:
                log.warning(f"{shown(peer)}: datagram longer than {self.buffer} bytes, rest lost")
            self._answer(sock, data, packet_info.source(extra), peer)

        log.warning("ending: datagrams still came, the rest of them is not answered")

    def _answer(
        self, sock: socket.socket, data: bytes, source: packet_info.Control, peer: Any
    ) -> None:
        reply, cut = datagram_reply(data)
        who = shown(peer)
        if cut:
            log.warning(f"{who}: reply cut by {cut} bytes to fit one datagram")
        try:
            sock.sendmsg([reply], source, 0, peer)
        except OSError as error:
            log.warning(f"{who}: reply of {len(reply)} bytes not sent: {explain(error)}")
            return
        if not self.quiet:
            log.info(f"{who}: message {log.quoted(data)}, answered {len(reply)} bytes")


def _wait_at_most(sock: socket.socket, idle_s: float | None) -> None:
    # Not settimeout: it makes the socket non-blocking, and then a recvmsg() on a socket that the
    # drain has shut says EAGAIN, not "no sender", for as long as the timeout lasts.
    sock.setblocking(True)
    if idle_s is not None:
        parts = divmod(max(1, int(idle_s * 1_000_000)), 1_000_000)  # 0 would mean for ever
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", *parts))
