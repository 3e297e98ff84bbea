"""The socket calls of traced programs, and what each may fail with by its manual page."""

import errno
from collections import Counter
from collections.abc import Iterator, Sequence

from lab.agent.tracing.errnos import OF_CALLS
from lab.evidence.events import Event, ProgramCall
from lab.sweep.faults import CallFault

# What no call of a program that is right ever gets, and what only the lab's own faults could bring.
_NEVER = {"EFAULT", "ENOTSOCK", "EBADF"}
_COUNTED = {"read", "recvfrom", "recvmsg", "write", "sendto", "sendmsg"}
_SHORT = "a count of "
_PROTOCOLS = {"tcp", "udp"}
# A server that cannot be set up is right to end. close(2) gives the descriptor up even where it
# fails, and a call that is not made does not.
_LEFT_OUT = {"bind", "listen", "close"}
COMMON = ("EINTR", "ECONNRESET", "ETIMEDOUT", "EPIPE", "ECONNREFUSED", "EMFILE", "ENOBUFS")
"""What a program meets that runs for long enough."""


def calls_of(
    events: Sequence[Event], wanted: Sequence[str], until_ns: int | None
) -> Iterator[CallFault]:
    """Yield the faults of the calls that a clean run's traced programs made, in their order.

    `wanted` are the names of errnos (none: those of COMMON); of a call those that its manual page
    has. Calls that send and receive also come short, where they had more than a byte.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for event in sorted(_calls(events), key=lambda one: one.began_ns):
        if until_ns is not None and event.began_ns > until_ns:
            return
        call, socket = event.call, event.socket
        if call not in OF_CALLS or call in _LEFT_OUT:
            continue
        if not socket or socket.protocol not in _PROTOCOLS:
            continue
        of = event.host, call, socket.protocol
        counts[of] += 1
        allowed = OF_CALLS.get(event.call, frozenset()) - _NEVER
        for name in wanted or COMMON:
            if name in allowed:
                yield CallFault(*of, counts[of], errno=name)
        if call in _COUNTED and (event.size_bytes or 0) > 1:
            yield CallFault(*of, counts[of], count_bytes=1)


def _calls(events: Sequence[Event]) -> Iterator[ProgramCall]:
    for event in events:
        if isinstance(event, ProgramCall):
            yield event


def may_get(call: str, gets: str) -> bool:
    """Tell whether a call may come to what `CallFault.gets` says."""
    return gets in OF_CALLS.get(call, frozenset()) - _NEVER or (
        gets.startswith(_SHORT) and call in _COUNTED
    )


def check(names: Sequence[str]) -> list[str]:
    """Return those that are the name of no errno that a call may fail with."""
    known = {name for names in OF_CALLS.values() for name in names} - _NEVER
    return [name for name in names if name not in known or not hasattr(errno, name)]
