"""A host of a lab as people and tests use it, whatever the engine.

What runs programs there is `HostPrograms`; here is all else.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from lab.api.engine import EngineHost
from lab.api.host_programs import HostPrograms
from lab.api.observer import NO_OBSERVER, Observer
from lab.model import HostStatus

if TYPE_CHECKING:
    from lab.api.call_client import CallClient, CallConnection
    from lab.api.call_fault import HostCall
    from lab.api.remote_socket import RemoteSocket

_Socket = socket.socket  # in the class that is the name of a method


class Host(HostPrograms):
    """One machine of a running lab. Every method raises EngineError when the engine fails."""

    def __init__(
        self,
        engine_host: EngineHost,
        observer: Observer = NO_OBSERVER,
        *,
        begin_agent: Callable[[EngineHost], socket.socket] | None = None,
        call_connection: "Callable[[], CallConnection] | None" = None,
        addresses: Callable[[], Mapping[str, Sequence[str]]] = dict,
    ) -> None:
        """Make it of its engine's; what is done to it is seen by `observer`.

        `begin_agent` replaces the engine's way to its agent; `call_connection` returns a connection
        to a call server that is shared with others; `addresses` those of the lab's hosts, by name.
        """
        super().__init__(engine_host, observer)
        # The service that it is a replica of; "" for the only host of its service.
        self.service = engine_host.service
        # A command that shows what the host is for (the label `socket-lab.try`), or "".
        self.try_it = engine_host.try_it
        self._begin_agent = begin_agent
        self._shared_connection = call_connection
        self._addresses = addresses

    def status(self) -> HostStatus:
        """Ask the engine, now."""
        return self.engine_host.status()

    def is_busy(self) -> bool:
        """Tell whether a program of the host runs at this moment, or is about to."""
        return self.engine_host.is_busy()

    def was_killed(self) -> bool:
        """Tell whether somebody has ended it, by SIGKILL."""
        return self.engine_host.was_killed()

    def link_local_addresses(self) -> Sequence[str]:
        """Return the IPv6 addresses that its interfaces have given themselves (RFC 4862, 5.3)."""
        return self.engine_host.link_local_addresses()

    # --- what is done to it

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal (a name as in signal(7), without SIG) to the host's first process."""
        self._change("kill", lambda: self.engine_host.kill(signal))

    def pause(self) -> None:
        """Freeze every process of the host. Its kernel goes on answering."""
        self._change("pause", self.engine_host.pause)

    def resume(self) -> None:
        """Undo `pause`."""
        self._change("resume", self.engine_host.resume)

    def restart(self) -> None:
        """Stop the host's processes and start them again, with new network namespace."""
        self._change("restart", self.engine_host.restart)

    def disconnect(self) -> None:
        """Disconnect the host from every network of the lab. Its programs go on."""
        self._change("disconnect", self.engine_host.disconnect)

    def connect(self) -> None:
        """Undo `disconnect`: same networks, same addresses, same names."""
        self._change("connect", self.engine_host.connect)

    def _change(self, action: str, act: Callable[[], None]) -> None:
        self._observer.host_changing(self, action)
        act()
        self._observer.host_changed(self, action)

    # --- the processes of the lab in it

    def find_agent(self) -> _Socket | None:
        """Connect to the agent on the host's wire; None if there is none."""
        return self.engine_host.find_agent()

    def begin_agent(self) -> _Socket:
        """Connect to the agent on the host's wire; begin one if there is none."""
        if self._begin_agent:
            return self._begin_agent(self.engine_host)
        return self.engine_host.begin_agent()

    def begin_call_server(self) -> _Socket:
        """Begin a process of its own that makes socket calls on the host, which nobody observes."""
        return self.engine_host.begin_call_server()

    @cached_property
    def call_connection(self) -> "CallConnection":
        """The connection to the call server of the host, which is begun with the first call."""
        if self._shared_connection:
            return self._shared_connection()
        from lab.api.call_client import CallConnection  # noqa: PLC0415 - not for every command

        return CallConnection(self.name, self.engine_host.begin_call_server)

    @cached_property
    def calls(self) -> "CallClient":
        """Makes socket calls on the host."""
        from lab.api.call_client import CallClient  # noqa: PLC0415

        return CallClient(self.call_connection, self._observer)

    def call(
        self,
        name: str,
        *,
        program: str | None = None,
        peer: str | None = None,
        port: int | None = None,
        family: str | None = None,
        protocol: str | None = None,
    ) -> "HostCall":
        """Return a call that traced programs make, such as `connect`, to let it fail."""
        from lab.api.call_fault import HostCall  # noqa: PLC0415 - not for every command

        match = {"call": name, "program": program, "peer": peer, "port": port}
        match |= {"family": family, "protocol": protocol}
        return HostCall(self.tracer, self._addresses(), self._observer, match)

    # --- sockets

    def socket(
        self,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,  # noqa: A002 - its name in socket.socket
        proto: int = 0,
    ) -> "RemoteSocket":
        """Make a socket on the host; it is used as a `socket.socket` of this machine is."""
        from lab.api.remote_socket import RemoteSocket  # noqa: PLC0415

        return RemoteSocket(self.calls, family, type, proto)
