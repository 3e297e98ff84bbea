"""The calls that one may make on a host: functions in files by subject, found by path.

A new call is one function with `@call(...)` in one of these files, or in a new one, whose name is
none of the functions here. What others need to know of it it declares there.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from lab.agent import submodules
from lab.agent.call_server.registry import Call
from lab.net.parameters import Parameter, ParameterError


@cache
def table() -> Mapping[str, Call]:
    """Return every call by its name."""
    modules = [import_module(f"{__name__}.{name}") for name in submodules.names(__path__)]
    found = [value for one in modules for value in vars(one).values() if isinstance(value, Call)]
    return {one.name: one for one in sorted(found, key=lambda call: call.name)}


def names() -> list[str]:
    """Return the names of all calls."""
    return list(table())


def find(name: str) -> Call:
    """Return a call; ParameterError when there is none of that name."""
    if name not in table():
        text = f"call {name!r}: must be one of {', '.join(names())}"
        raise ParameterError(text)
    return table()[name]


def known(name: str) -> Call:
    """Return a call, or one that declares nothing: evidence may be of another version."""
    return table().get(name) or Call(name, "")


def parameters(name: str) -> Sequence[Parameter]:
    """Return what a call may be given; ParameterError when there is no such call."""
    return find(name).parameters


def makes(name: str) -> tuple[str, ...]:
    """Return the parameters that name a socket or file which the call makes, such as `as`."""
    return find(name).makes


def uses(name: str) -> tuple[str, ...]:
    """Return the parameters that name a socket or file which must be open, such as `socket`."""
    return find(name).uses


def checked(name: str, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the values of all parameters, as Python's socket takes them.

    ParameterError when one is unknown, missing, of the wrong kind, or one too many; `where` begins
    its text. What is sent to a caller is what was given, not this.
    """
    return find(name).checked(given, where)
