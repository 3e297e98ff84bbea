"""The time service on a datagram socket: each datagram is a message and gets one datagram back.

Owns the loop and what is logged. Does not bind the socket: xinetd may have done it.
"""

import select
import socket
from typing import Any, NamedTuple

from services import log, packet_info
from services.address import shown
from services.draining import Drain
from services.failures import explain
from services.message import datagram_reply


class DatagramService(NamedTuple):
    """`buffer` in bytes: what is longer in a datagram is lost, and logged."""

    buffer: int
    quiet: bool = False

    def serve(self, sock: socket.socket, grace_s: float, idle_s: float | None = None) -> None:
        """Answers until a signal drains it, or until nothing came for `idle_s` seconds.

        What is queued when the signal comes is still answered, for `grace_s` seconds.
        """
        # The drain shuts this bell and not `sock`: a shut socket would stay so for xinetd and
        # its next handler, which share it.
        bell, other_end = socket.socketpair()
        with bell, other_end, Drain(bell, grace_s) as drain:
            packet_info.ask(sock)
            self._serve(sock, bell, drain, idle_s)

    def _serve(
        self, sock: socket.socket, bell: socket.socket, drain: Drain, idle_s: float | None
    ) -> None:
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        poll.register(bell, select.POLLIN)
        idle_ms = None if idle_s is None else idle_s * 1000
        how = socket.MSG_DONTWAIT
        while not drain.late:
            try:
                data, extra, flags, peer = sock.recvmsg(self.buffer, packet_info.SPACE, how)
            except BlockingIOError:
                if drain.stopping or not poll.poll(idle_ms):
                    return
            except OSError as error:
                # An ICMP message about an earlier reply, say (udp(7)): not this datagram's fault.
                log.warning(f"receiving: {explain(error)}")
            else:
                if not peer:
                    log.error("the socket gives no senders: somebody shut it for reading")
                    return
                if flags & socket.MSG_TRUNC:
                    log.warning(f"{shown(peer)}: more than {self.buffer} bytes, rest lost")
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
