"""The calls that are looked at: what is read of each, and when. `calls/` has them, a file a kind.

A call is seen three times. It begins: `relevant` tells whether anybody wants to know of it. It is
let go, and while the kernel makes it, `at_entry` reads what the program passed. It ends, and
`at_exit` reads what the program will find, and notes what its descriptors now are. Once the
program goes on, `arguments` makes values of what was read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.agent.tracing import calls
from lab.agent.tracing.machine import Machine
from lab.agent.tracing.task import PendingCall

_Look = Callable[[PendingCall], None]


def _nothing(_pending: PendingCall) -> None:
    pass


@dataclass(frozen=True, slots=True)
class CallKind:
    """A call. `descriptor` is the place of the argument that is one, None: it has none.

    `any_file`: files have it, too, so it is of interest on sockets alone. `count` is the place of
    the argument that says how many bytes (-1: in a vector, -2: in a message). `uses`: a socket on
    which it succeeds may be read, written and waited for from then on. `at_fault` reads what faults
    match, where there are some. `reported` tells at its end whether it is given to others.
    """

    name: str
    arguments: Callable[[PendingCall], dict[str, Any]]
    descriptor: int | None = 0
    any_file: bool = False
    count: int | None = None
    uses: bool = False
    relevant: Callable[[PendingCall], bool] | None = None
    at_fault: _Look = _nothing
    at_entry: _Look = _nothing
    at_exit: _Look = _nothing
    reported: Callable[[PendingCall], bool] | None = None


KINDS: dict[str, CallKind] = {}


def traced(name: str, **declared: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a kind of call of the function that makes its arguments."""

    def made(function: Callable[[PendingCall], dict[str, Any]]) -> Callable[..., Any]:
        KINDS[name] = CallKind(name, function, **declared)
        return function

    return made


def kinds(machine: Machine) -> Mapping[int, CallKind]:
    """Return the calls by their numbers on a machine."""
    calls.load()
    return {machine.numbers[name]: one for name, one in KINDS.items() if name in machine.numbers}
