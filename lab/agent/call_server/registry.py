"""A call that one may ask for: its name, its parameters and the function that makes it.

It declares all that others need to know of it: no other file knows calls by lists of names.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

from lab.agent.call_server.handles import Handles
from lab.agent.call_server.values import NewName, OpenName
from lab.net import parameters
from lab.net.parameters import Parameter, ParameterError

Given = dict[str, Any]
Function = Callable[[Handles, Given], Any]


class Role(Enum):
    """What a call does for a connection: so its packets are found, and its host has its place."""

    OTHER = auto()
    SERVE = auto()  # it lets others connect or send
    ACCEPT = auto()
    CONNECT = auto()
    SEND = auto()  # its result is how many bytes it sent, or it sent its `data`
    RECEIVE = auto()  # its result is the data, or has them
    WAIT = auto()
    END = auto()
    LOOK_UP = auto()  # it may ask a name server


class KernelNames(NamedTuple):
    """Names that a parameter may have where the kernel knows them: `what` they are, `names` here.

    Without any, nothing is known. `may_come` tells whether a kernel may know another later.
    """

    parameter: str
    what: str
    names: Callable[[], Sequence[str]]
    may_come: Callable[[str], bool]
    listed_by: str  # a command, for people


class Call(NamedTuple):
    """One call. Of each group of `one_of` exactly one parameter must be given.

    `note` explains on the page what is no method of a socket. A call with `kernel_names` proves
    nothing where it raises: it is not the program's affair what a kernel knows. `unix_only`: the
    sockets that it makes are Unix sockets. `makes_file`: what it makes is a file of its socket.
    """

    name: str
    help: str
    parameters: Sequence[Parameter] = ()
    one_of: Sequence[Sequence[str]] = ()
    make: Function = lambda _opened, _given: None
    role: Role = Role.OTHER
    note: str = ""
    kernel_names: KernelNames | None = None
    unix_only: bool = False
    makes_file: bool = False

    @property
    def makes(self) -> tuple[str, ...]:
        """The parameters that name a socket or file which the call makes."""
        return tuple(one.name for one in self.parameters if one.kind is NewName)

    @property
    def uses(self) -> tuple[str, ...]:
        """The parameters that name a socket or file which must be open."""
        return tuple(one.name for one in self.parameters if one.kind is OpenName)

    def checked(self, given: Mapping[str, Any], where: str) -> Given:
        """Return all values; ParameterError if they make no sense; `where` begins its text."""
        values = parameters.checked(self.parameters, given, where)
        for group in self.one_of:
            if sum(values[name] is not None for name in group) != 1:
                text = f"{where}: one of {', '.join(group)} must be given, and only one"
                raise ParameterError(text)
        return values


def call(*table: Parameter, name: str = "", **declared: Any) -> Callable[[Function], Call]:
    """Make a call of a function; its name is the function's, its help the docstring's first line.

    `declared` are other fields of `Call`: `one_of`, `role`, `note`, ...

    The function gets the open sockets and the checked values of every parameter; what it returns
    must be of what `encoding` knows, and what it raises is the answer, too.
    """

    def made(function: Function) -> Call:
        first = (function.__doc__ or "").partition("\n")[0]
        return Call(name or function.__name__, first, table, make=function, **declared)

    return made
