"""Socket calls of traced programs, as the page shows them. Frozen data, no I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab.agent.call_server.registry import Role
from lab.evidence.events import ProgramCall, ProgramSocket

LOCAL_FAMILIES = frozenset({"AF_UNIX", "AF_NETLINK"})  # of sockets that send no packets
# What tells a program to ask again, or to wait: no failure.
WOULD_BLOCK = frozenset({"EAGAIN", "EWOULDBLOCK", "EINPROGRESS", "EALREADY", "EINTR"})
_ROLES = {
    **dict.fromkeys(("bind", "listen"), Role.SERVE),
    **dict.fromkeys(("accept", "accept4"), Role.ACCEPT),
    "connect": Role.CONNECT,
    **dict.fromkeys(("send", "sendto", "sendmsg", "sendmmsg", "sendfile"), Role.SEND),
    **dict.fromkeys(("write", "writev", "pwritev", "pwritev2"), Role.SEND),
    **dict.fromkeys(("recv", "recvfrom", "recvmsg", "recvmmsg"), Role.RECEIVE),
    **dict.fromkeys(("read", "readv", "preadv", "preadv2"), Role.RECEIVE),
    **dict.fromkeys(("poll", "ppoll", "select", "pselect6"), Role.WAIT),
    **dict.fromkeys(("epoll_wait", "epoll_pwait", "epoll_pwait2"), Role.WAIT),
    **dict.fromkeys(("close", "shutdown"), Role.END),
}
_NO_SOCKET = ProgramSocket()


@dataclass(frozen=True, slots=True)
class TracedCall:
    """A call of a traced program. `program` is the number of the run's program, where it is known.

    `role` is what it does for its connection, `is_local`: on a socket of a family that sends no
    packets. `packets` are those that carry what it did. `fault` is the name of the fault that acted
    on it, `fault_number` its number in the run where that is known; `is_made`: it has not failed by
    that fault alone.
    """

    number: int
    event: ProgramCall
    program: int | None = None
    role: Role = Role.OTHER
    is_local: bool = False
    connection: int | None = None
    packets: tuple[int, ...] = ()
    fault: str = ""
    fault_number: int | None = None
    is_made: bool = True

    @classmethod
    def of(cls, number: int, event: ProgramCall, program: int | None) -> "TracedCall":
        """Return the call of an event; its packets are not yet known."""
        is_local = (event.socket or event.made or _NO_SOCKET).family in LOCAL_FAMILIES
        role = Role.OTHER if is_local else _ROLES.get(event.call, Role.OTHER)
        return cls(number, event, program, role, is_local)

    @property
    def key(self) -> str:
        """What it is called on the page."""
        return f"x{self.number}"

    @property
    def host(self) -> str:
        """The host that it was made on."""
        return self.event.host

    @property
    def name(self) -> str:
        """The name of the call."""
        return self.event.call

    @property
    def error(self) -> str:
        """The name of its errno, or ""."""
        return self.event.error or ""

    @property
    def is_failed(self) -> bool:
        """Did it fail, other than that it would have blocked, or by a fault?"""
        is_plain = self.is_local or self.error in WOULD_BLOCK
        return bool(self.error) and (bool(self.fault) or not is_plain)

    @property
    def began_ns(self) -> int:
        """When the kernel got it."""
        return self.event.began_ns

    @property
    def ended_ns(self) -> int | None:
        """When it came back; None: its thread ended within it."""
        return self.event.ended_ns

    @property
    def looked_ns(self) -> int:
        """When that was known."""
        return self.event.time_ns

    @property
    def socket(self) -> ProgramSocket:
        """The socket that it was made on, or that it made."""
        return self.event.socket or self.event.made or _NO_SOCKET

    @property
    def is_sent_to_an_address(self) -> bool:
        """Does it send to an address of its own, and not to its socket's peer?"""
        return self.role is Role.SEND and bool(self.event.arguments.get("dest_addr"))

    @property
    def calls(self) -> tuple["TracedCall", ...]:
        """The call itself, as a fold has its own."""
        return (self,)


@dataclass(frozen=True, slots=True)
class FoldedCalls:
    """Calls of a program in a row that are alike, or that are all on local sockets."""

    calls: tuple[TracedCall, ...]

    @property
    def number(self) -> int:
        """The number of the first."""
        return self.calls[0].number

    @property
    def key(self) -> str:
        """What the fold is called on the page."""
        return f"y{self.number}"

    @property
    def host(self) -> str:
        """The host that they were made on."""
        return self.calls[0].host

    @property
    def program(self) -> int | None:
        """The program that made them."""
        return self.calls[0].program

    @property
    def is_local(self) -> bool:
        """Are they all on sockets that send no packets?"""
        return self.calls[0].is_local

    @property
    def is_failed(self) -> bool:
        """Did they fail?"""
        return self.calls[0].is_failed

    @property
    def error(self) -> str:
        """The errno of all of them, or ""."""
        return "" if self.is_local else self.calls[0].error

    @property
    def fault(self) -> str:
        """The name of the fault that acted on all of them, or ""."""
        return self.calls[0].fault

    @property
    def began_ns(self) -> int:
        """When the first began."""
        return self.calls[0].began_ns

    @property
    def ended_ns(self) -> int | None:
        """When the last was over."""
        return max(one.ended_ns or one.looked_ns for one in self.calls)

    @property
    def looked_ns(self) -> int:
        """When that was known."""
        return max(one.looked_ns for one in self.calls)

    @property
    def connection(self) -> int | None:
        """The connection of them all."""
        return self.calls[0].connection

    @property
    def packets(self) -> tuple[int, ...]:
        """The packets of any of them."""
        return tuple(sorted({number for one in self.calls for number in one.packets}))


Traced = TracedCall | FoldedCalls


def every(traced: Iterable[Traced]) -> Iterator[Traced]:
    """Yield calls that are alone, and folds, each with its calls after it."""
    for one in traced:
        yield one
        if isinstance(one, FoldedCalls):
            yield from one.calls
