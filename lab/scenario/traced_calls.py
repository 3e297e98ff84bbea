"""Calls of traced programs: which of them a scenario means, and what must have come of them."""

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field, replace

from lab.agent.tracing import call_names
from lab.agent.tracing.matching import is_named
from lab.evidence.events import ProgramCall, TraceNotice
from lab.scenario.peers import Addresses, Peer, shown

# The connection goes on being made (connect(2)).
_UNFINISHED = ("EINPROGRESS", "EINTR")
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class CallPattern:
    """The calls that are meant; None: of any.

    `of` is the name that a program was started under, `call` a name of `call_names.WRITTEN`.
    """

    hosts: tuple[str, ...]
    program: str | None = None
    of: str | None = None
    call: str | None = None
    peer: Peer | None = None
    family: str | None = None
    protocol: str | None = None
    descriptor: int | None = None

    def is_of_trace(self, host: str, name: str | None) -> bool:
        """Tell whether a program on a host, started under a name, or what it starts is meant."""
        return host in self.hosts and self.of in {None, name}

    def is_of_program(self, event: ProgramCall | TraceNotice) -> bool:
        """Tell whether the program that an event is about is meant."""
        if not self.is_of_trace(event.host, event.name):
            return False
        return self.program is None or is_named(self.program, event.program)

    def fits(self, call: ProgramCall, known: Addresses) -> bool:
        """Tell whether a call is meant, whatever came of it."""
        if self.call is not None and call.call not in call_names.stands_for(self.call):
            return False
        if self.descriptor not in {None, call.descriptor} or not self.is_of_program(call):
            return False
        sockets = [one for one in (call.socket, call.made) if one]
        if self.family is not None and self.family not in {one.family for one in sockets}:
            return False
        if self.protocol is not None and self.protocol not in {one.protocol for one in sockets}:
            return False
        return self.peer is None or self.peer.fits(peer_of(call), known)


def peer_of(call: ProgramCall) -> str:
    """Return the other end that a call was for: what it names, else what its socket has."""
    names = {"connect": "addr", "sendto": "dest_addr", "recvfrom": "src_addr"}
    named = call.arguments.get(names.get(call.call, "msg_name"))
    if isinstance(named, str) and named:
        return named
    if call.made and call.call in call_names.stands_for("accept"):
        return call.made.peer
    return call.socket.peer if call.socket else ""


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What must have come of a call; None: it does not matter. One that never ended has none."""

    raises: str | None = None
    gives: int | None = None
    gives_at_least: int | None = None
    gives_at_most: int | None = None
    after_s: float | None = None
    within_s: float | None = None

    @property
    def is_any(self) -> bool:
        """Does nothing matter but that it was made?"""
        return self == CallOutcome()

    def is_met(self, call: ProgramCall) -> bool:
        """Tell whether this came of a call."""
        if self.is_any:
            return True
        if call.ended_ns is None:
            return False
        lasted_s = (call.ended_ns - call.began_ns) / 1e9
        if not _is_within(lasted_s, self.after_s, self.within_s):
            return False
        if self.raises is not None:
            return call.error == self.raises
        if call.result is None:
            return {self.gives, self.gives_at_least, self.gives_at_most} == {None}
        in_limits = _is_within(call.result, self.gives_at_least, self.gives_at_most)
        return in_limits and self.gives in {None, call.result}


def _is_within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


@dataclass
class CallCounter:
    """Counts the calls of a pattern of which an outcome came, as they are given to it.

    A connect that does not wait (EINPROGRESS) counts by what came of the connection: by the
    SO_ERROR that its program asks for next, and from its begin to the end of that call.
    """

    pattern: CallPattern
    outcome: CallOutcome
    known: Addresses
    count: int = 0
    # Some that count, and some that are meant and do not.
    counted: list[ProgramCall] = field(default_factory=list)
    others: list[ProgramCall] = field(default_factory=list)
    _unfinished: dict[tuple[str, int, int | None], ProgramCall] = field(default_factory=dict)

    def take(self, call: ProgramCall) -> int:
        """Take a call; return how many count by now."""
        key = call.host, call.pid, call.descriptor
        if key in self._unfinished:
            self._end(key, call)
        if not self.pattern.fits(call, self.known):
            return self.count
        if call.call == "connect" and call.error in _UNFINISHED and self._asks_for_end(call):
            self._unfinished[key] = call
        else:
            self._judge(call)
        return self.count

    def finish(self) -> None:
        """Judge the connects by themselves of which nobody has asked what came."""
        for call in self._unfinished.values():
            self._judge(call)
        self._unfinished.clear()

    def _asks_for_end(self, call: ProgramCall) -> bool:
        return not self.outcome.is_any and self.outcome.raises != call.error

    def _end(self, key: tuple[str, int, int | None], call: ProgramCall) -> None:
        """Judge a connect by a later call on its descriptor, if that says what came of it."""
        if call.call == "getsockopt" and call.arguments.get("optname") == "SO_ERROR":
            if call.result != 0:
                return
            error = call.arguments.get("optval")
            failed = error if isinstance(error, str) else None
            begun = self._unfinished.pop(key)
            result = None if failed else 0
            self._judge(replace(begun, error=failed, result=result, ended_ns=call.ended_ns))
        elif call.call in {"close", "connect"}:
            self._judge(self._unfinished.pop(key))

    def _judge(self, call: ProgramCall) -> None:
        if self.outcome.is_met(call):
            self.count += 1
            self._keep(self.counted, call)
        else:
            self._keep(self.others, call)

    @staticmethod
    def _keep(some: list[ProgramCall], call: ProgramCall) -> None:
        if len(some) < _MOST_SHOWN:
            some.append(call)


def described(call: ProgramCall, known: Addresses) -> str:
    """Return a call and what came of it in a few words: `connect to web:80 raised ETIMEDOUT`."""
    peer = shown(peer_of(call), known)
    what = f"{call.call} to {peer}" if peer else call.call
    if call.ended_ns is None:
        return f"{what} never ended"
    came = f"raised {call.error}" if call.error else f"gave {call.result}"
    return f"{what} {came} in {(call.ended_ns - call.began_ns) / 1e9:.3f} s"


def tally(calls: AbstractMapping[str, int]) -> str:
    """Return how often which calls were made: `3 recvfrom, 1 connect`."""
    most = sorted(calls.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count} {name}" for name, count in most[: 2 * _MOST_SHOWN])
