"""Connections that another process hands over, in place of a listener with a name to be guessed."""

import os
import socket


class HandedOver:
    """The end of a channel (SOCK_SEQPACKET) by which connected sockets come: SCM_RIGHTS, unix(7).

    To the server it is a listener, of which `accept` raises EOFError once nobody is at the other
    end any more.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._channel.fileno()

    def setblocking(self, flag: bool, /) -> None:
        """Let `accept` wait for a connection, or raise BlockingIOError instead."""
        self._channel.setblocking(flag)

    def accept(self) -> tuple[socket.socket, str]:
        """Return a connection, and the address of its other end, which has none."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._channel, 1, 1)
        except ConnectionResetError:
            data, descriptors = b"", []
        if not data:
            raise EOFError
        for descriptor in descriptors:
            try:
                return socket.socket(fileno=descriptor), ""
            except OSError:  # no socket
                os.close(descriptor)
        raise BlockingIOError  # it was lost on its way: this process has too many

    def close(self) -> None:
        """Close it: who is handed over from now on finds no agent."""
        self._channel.close()
