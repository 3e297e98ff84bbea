"""The time service on a datagram socket: each datagram is a message and gets one datagram back.

Owns the loop and what is logged. Does not bind the socket: xinetd may have done it.
"""

import socket
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
        sock.settimeout(idle_s)
        packet_info.ask(sock)
        while True:
            try:
                data, extra, flags, peer = sock.recvmsg(self.buffer, packet_info.SPACE)
            except TimeoutError:
                return
            except OSError as error:
                # An ICMP message about an earlier reply, say (udp(7)): not this datagram's fault.
                log.warning(f"receiving: {explain(error)}")
                continue
            if not peer:
                if drain.stopping:
                    return  # shut by the drain and empty
                continue
            if flags & socket.MSG_TRUNC:
                log.warning(f"{shown(peer)}: datagram longer than {self.buffer} bytes, rest lost")
            self._answer(sock, data, packet_info.source(extra), peer)

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
