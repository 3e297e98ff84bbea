"""Which descriptors of a process are sockets, or an epoll instance that has sockets in it.

Threads of a process share a table; a fork gets a copy, whose entries are the same open files.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lab.agent.tracing.traced_call import SocketState


@dataclass(slots=True, eq=False)
class OpenSocket:
    """A socket, by however many descriptors of however many processes it is open.

    `settled`: its addresses change by no call that sends or receives.
    """

    state: SocketState
    family: int = 0
    settled: bool = False

    def change(self, *, local: str | None = None, peer: str | None = None) -> None:
        """Take over what has become known of its addresses."""
        state = self.state
        new_local = state.local if local is None else local
        new_peer = state.peer if peer is None else peer
        if (new_local, new_peer) != (state.local, state.peer):
            self.state = replace(state, local=new_local, peer=new_peer)


@dataclass(slots=True, eq=False)
class Interest:
    """One descriptor that an epoll instance waits for; `data` is what the program calls it."""

    descriptor: int
    data: int
    open_file: "OpenSocket | OpenEpoll | None"


@dataclass(slots=True, eq=False)
class OpenEpoll:
    """An epoll instance: what it waits for, by descriptor."""

    interests: dict[int, Interest] = field(default_factory=dict)

    @property
    def has_socket(self) -> bool:
        """Is a socket in it, or in an instance that is in it?"""
        return any(
            isinstance(one.open_file, OpenSocket)
            or (isinstance(one.open_file, OpenEpoll) and one.open_file.has_socket)
            for one in self.interests.values()
        )

    def descriptor(self, data: int) -> int | None:
        """Return the descriptor of what the program calls by this."""
        for one in self.interests.values():
            if one.data == data:
                return one.descriptor
        return None


OpenFile = OpenSocket | OpenEpoll


class Descriptors:
    """The table of a process: sockets and epoll instances alone, by descriptor."""

    __slots__ = ("table",)

    def __init__(self, table: dict[int, OpenFile] | None = None) -> None:
        self.table: dict[int, OpenFile] = table if table is not None else {}

    def socket(self, descriptor: int) -> OpenSocket | None:
        """Return the socket of a descriptor, None where it is none."""
        found = self.table.get(descriptor)
        return found if type(found) is OpenSocket else None

    def epoll(self, descriptor: int) -> OpenEpoll | None:
        """Return the epoll instance of a descriptor, None where it is none that is known."""
        found = self.table.get(descriptor)
        return found if type(found) is OpenEpoll else None

    @property
    def has_low(self) -> bool:
        """Is a standard stream a socket?"""
        return 0 in self.table or 1 in self.table or 2 in self.table

    def add(self, descriptor: int, opened: OpenFile) -> None:
        """Note what a descriptor is now."""
        self.table[descriptor] = opened

    def close(self, descriptor: int) -> OpenFile | None:
        """Forget a descriptor, and its interests where it was the last of its socket."""
        gone = self.table.pop(descriptor, None)
        if gone is not None and gone not in self.table.values():
            for epoll in self._epolls():
                # By epoll(7), Q6, it stays while another process has it open; then no event of it
                # can be told from one of a new file of this number, either.
                if (one := epoll.interests.get(descriptor)) and one.open_file is gone:
                    del epoll.interests[descriptor]
        return gone

    def duplicate(self, old: int, new: int) -> None:
        """Note that `new` is what `old` is, and nothing that it was."""
        if old == new:
            return
        self.close(new)
        if (opened := self.table.get(old)) is not None:
            self.table[new] = opened

    def close_range(self, first: int, last: int) -> list[int]:
        """Forget the descriptors of a range; return those that were known."""
        gone = sorted(one for one in self.table if first <= one <= last)
        for one in gone:
            self.close(one)
        return gone

    def copy(self) -> "Descriptors":
        """Return the table of a new process: the same open files."""
        return Descriptors(dict(self.table))

    def has_socket_among(self, descriptors: Iterator[int]) -> bool:
        """Tell whether any of some descriptors is a socket, or an epoll instance with one."""
        table = self.table
        for one in descriptors:
            found = table.get(one)
            if found is not None and (type(found) is OpenSocket or self.is_of_sockets(one)):
                return True
        return False

    def is_of_sockets(self, descriptor: int) -> bool:
        """Tell whether a descriptor is an epoll instance that has a socket in it."""
        found = self.table.get(descriptor)
        return type(found) is OpenEpoll and found.has_socket

    def _epolls(self) -> Iterator[OpenEpoll]:
        return (one for one in self.table.values() if type(one) is OpenEpoll)
