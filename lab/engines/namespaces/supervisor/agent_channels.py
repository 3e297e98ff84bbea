"""The channels to the agents on hosts' links: a client that asks is handed over to the agent.

So an agent has no address that others could take before it, and who reaches one has been found to
be the lab's own user (`api`). Agents are begun by clients, which then give the supervisor the
channel; see `lab.agent.handed_over` for what is at its other end.
"""

import errno
import os
import socket
from collections.abc import Sequence

from lab.engines.namespaces.protocol import peer
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.loop import Loop
from lab.errors import EngineError


class AgentChannels:
    """One for each host that has an agent now."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._channels: dict[str, socket.socket] = {}

    def hand_over(self, host: HostState, descriptors: Sequence[int]) -> bool:
        """Hand a connected socket over to the agent of a host; False if there is none.

        EngineError when it takes none.
        """
        name = host.spec.name
        connected = _only(name, descriptors)
        if name not in self._channels:
            return False
        try:
            socket.send_fds(self._channels[name], [b"\n"], [connected])
        except (BrokenPipeError, ConnectionResetError):  # it has just ended
            self.forget(host)
            return False
        except OSError as error:
            raise EngineError(f"{name}: the agent on its wire: {error.strerror}") from error
        return True

    def add(self, host: HostState, pid: object, descriptors: Sequence[int]) -> bool:
        """Keep the channel to an agent, which ends with the host's process 1.

        False if the host has another agent by now, or another process 1.
        """
        name = host.spec.name
        descriptor = _only(name, descriptors)
        if name in self._channels or not host.outer_pid or pid != host.outer_pid:
            return False
        channel = _channel(name, descriptor)
        self._channels[name] = channel
        # The agent sends nothing: what can be read is its end.
        self._loop.watch(channel.fileno(), lambda: self._ended(host, channel))
        return True

    def forget(self, host: HostState) -> None:
        """Hand nothing over to the agent of a host any more: it, or the host, has ended."""
        if channel := self._channels.pop(host.spec.name, None):
            self._loop.unwatch(channel.fileno())
            channel.close()

    def _ended(self, host: HostState, channel: socket.socket) -> None:
        if self._channels.get(host.spec.name) is channel:
            self.forget(host)


def _only(name: str, descriptors: Sequence[int]) -> int:
    if not descriptors:  # it was lost on its way: this process has too many
        raise EngineError(f"{name}: the agent on its wire: {os.strerror(errno.EMFILE)}")
    return descriptors[0]


def _channel(name: str, descriptor: int) -> socket.socket:
    """Return a socket of this process's own; EngineError if it is no channel of the lab's user."""
    try:
        own = os.dup(descriptor)  # the other is the request's
    except OSError as error:
        raise EngineError(f"{name}: the channel to its agent: {error.strerror}") from error
    try:
        channel = socket.socket(fileno=own)
    except OSError as error:
        os.close(own)
        raise EngineError(f"{name}: the channel to its agent: {error.strerror}") from error
    of_user = channel.family == socket.AF_UNIX and peer(channel)[1] == os.geteuid()
    if not of_user or channel.type != socket.SOCK_SEQPACKET:
        channel.close()
        raise EngineError(f"{name}: the channel to its agent: not a channel")
    channel.setblocking(False)
    return channel
