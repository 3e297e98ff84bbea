"""A call that one may ask for: its name, its parameters and the function that makes it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lab.agent.call_server.handles import Handles
from lab.agent.call_server.values import NewName, OpenName
from lab.net import parameters
from lab.net.parameters import Parameter, ParameterError

Given = dict[str, Any]
Function = Callable[[Handles, Given], Any]


class Call(NamedTuple):
    """One call. Of each group of `one_of` exactly one parameter must be given."""

    name: str
    help: str
    parameters: Sequence[Parameter]
    one_of: Sequence[Sequence[str]]
    make: Function

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


def call(
    *table: Parameter, name: str = "", one_of: Sequence[Sequence[str]] = ()
) -> Callable[[Function], Call]:
    """Make a call of a function; its name is the function's, its help the docstring's first line.

    The function gets the open sockets and the checked values of every parameter; what it returns
    must be of what `encoding` knows, and what it raises is the answer, too.
    """

    def made(function: Function) -> Call:
        first = (function.__doc__ or "").partition("\n")[0]
        return Call(name or function.__name__, first, table, one_of, function)

    return made
