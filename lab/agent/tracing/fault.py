"""Faults of calls: which calls a fault means, which of them it acts on, and what it does.

A call is counted when it begins, in the order in which the tracer sees them; one that the kernel
begins anew after a signal is the same call. Counted selections come before seeded ones, as on the
wire: what is drawn is a function of the seed, the fault and the number of the call.
"""

import errno
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from lab.agent.tracing import call_names, errnos, matching
from lab.agent.tracing.task import PendingCall
from lab.agent.wire import selection
from lab.agent.wire.flows import Counter
from lab.agent.wire.rng import Draw, KeyedGenerator
from lab.agent.wire.selection import Selection
from lab.net import parameters
from lab.net.parameters import Parameter, ParameterError

_SELECTION = ("nth", "first", "every", "after", "probability", "seed")
_A_DAY_MS = 24 * 3600 * 1000.0
_MOST_BYTES = 1 << 30
# They end, or take from, what is there to be cut.
_COUNTED_CALLS = frozenset(
    (
        *("sendto", "sendmsg", "recvfrom", "recvmsg", "sendfile", "splice"),
        *("read", "readv", "pread64", "preadv", "preadv2"),
        *("write", "writev", "pwrite64", "pwritev", "pwritev2"),
    )
)
_CALLS = tuple(
    name for name in call_names.WRITTEN if errnos.OF_CALLS.keys() & call_names.stands_for(name)
)
PARAMETERS = (
    Parameter("call", str, "only this call, or those it stands for", choices=_CALLS, required=True),
    Parameter(
        "program",
        str,
        "only of programs whose executable file has this name, or this name and a version",
    ),
    Parameter("peer", str, "only where the peer has this address: `host:port`, a host, a path"),
    Parameter("port", int, "only where the peer has this port", 1, 65_535),
    Parameter("family", str, "only on sockets of this family", choices=tuple(matching.FAMILIES)),
    Parameter("protocol", str, "only on sockets of this protocol: `tcp`, ..."),
    *(one for one in selection.PARAMETERS if one.name in _SELECTION),
    Parameter("errno", str, "fail the call, without making it, with this errno"),
    Parameter("force", bool, "also with an errno that the call's manual page does not list"),
    Parameter("count", int, "let it send or receive so many bytes at most", 1, _MOST_BYTES),
    Parameter("delay_ms", float, "make it so much later", 0, _A_DAY_MS),
)


class CallFault:
    """A fault of calls, from values of PARAMETERS; ParameterError where they make no sense."""

    def __init__(
        self,
        number: int,
        values: Mapping[str, Any],
        addresses: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        """`addresses` are those of hosts, by their names: the `peer` may be one of the hosts."""
        given = parameters.checked(PARAMETERS, values, "fault of a call")
        self.number = number
        self.matched = 0
        self.acted = 0
        self.call: str = given["call"]
        self._calls = errnos.OF_CALLS.keys() & call_names.stands_for(self.call)
        self._program: str | None = given["program"]
        self._peers = _peers(given["peer"], addresses)
        self._port: int | None = given["port"]
        self._family = matching.FAMILIES.get(given["family"])
        self._protocol: str | None = given["protocol"]
        self.errno = _errno(given, self._calls)
        self.count: int | None = given["count"]
        self.delay_ns = round((given["delay_ms"] or 0) * 1e6)
        if not (self.errno or self.count or self.delay_ns):
            raise ParameterError("fault of a call: give errno, count or delay_ms")
        if self.errno and self.count:
            raise ParameterError("errno and count: choose one; what fails sends nothing")
        if self.count and not self._calls & _COUNTED_CALLS:
            text = f"count with call {self.call}: it sends and receives no bytes that are counted"
            raise ParameterError(text)
        unused = dict.fromkeys(one.name for one in selection.PARAMETERS)
        chosen = {name: given[name] for name in _SELECTION}
        self._selection = Selection({**unused, "per": "fault", "protocol": None, **chosen})
        self._generator = KeyedGenerator(given["seed"] or 1, f"call {number}")
        self._counter = Counter(0)

    def takes(self, pending: PendingCall) -> bool:
        """Tell whether it acts on a call that begins; call it once for each."""
        if not self._matches(pending):
            return False
        self.matched += 1
        counter = self._counter
        counter.packets += 1
        if not self._selection.counts(counter, 0):
            return False
        draw = Draw(self._generator, 0, counter.packets)
        return self._selection.is_drawn(counter, draw)

    def _matches(self, pending: PendingCall) -> bool:
        if pending.kind.name not in self._calls:
            return False
        if self._program is not None and not matching.is_named(
            self._program, pending.process.program
        ):
            return False
        if not (self._family or self._protocol or self._peers or self._port):
            return True
        state = pending.opened.state if pending.opened else pending.will_be
        if state is None:
            return False
        return (
            self._family in {None, state.family}
            and self._protocol in {None, state.protocol}
            and self._matches_peer(pending.peer or state.peer)
        )

    def _matches_peer(self, peer: str) -> bool:
        host, _, port = peer.rpartition(":")
        if self._port is not None and port != str(self._port):
            return False
        if not self._peers:
            return True
        return not self._peers.isdisjoint({peer, host, host.removeprefix("[").removesuffix("]")})


def _peers(peer: str | None, addresses: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return the forms that a trace may have of a peer: `HOST`, `HOST:PORT` or as it is."""
    if peer is None:
        return frozenset()
    host, colon, port = peer.rpartition(":")
    name = host if host in addresses else peer
    if name not in addresses:
        return frozenset((peer,))
    end = f"{colon}{port}" if name == host else ""
    found = set()
    for address in addresses[name]:
        forms = (address,) if ":" in address else (address, f"::ffff:{address}")
        found |= {f"[{form}]{end}" if ":" in form and end else f"{form}{end}" for form in forms}
    return frozenset(found)


def _errno(given: Mapping[str, Any], calls: Iterable[str]) -> int | None:
    name, call = given["errno"], given["call"]
    if name is None:
        return None
    number = getattr(errno, name, None) if name.startswith("E") else None
    if not isinstance(number, int):
        text = f"errno {parameters.shown(name)}: there is none of this name (errno(3))"
        raise ParameterError(text)
    known = frozenset[str]().union(*(errnos.OF_CALLS[one] for one in calls))
    if name not in known and not given["force"]:
        listed = ", ".join(sorted(known))
        text = (
            f"errno {name}: {call}(2) does not list it ({listed}); force: true does it all the same"
        )
        raise ParameterError(text)
    return number
