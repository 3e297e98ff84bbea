"""What a link may do to packets: one file each, found by its name; no registration.

A file defines a class `Impairment` (below is what it inherits). Its docstring is its help text.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from enum import IntEnum
from importlib import import_module
from typing import Any, ClassVar

from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net.fate import Effect
from lab.net.packet import Packet
from lab.net.parameters import Parameter, ParameterError


class Stage(IntEnum):
    """The order in which the impairments of a link act; within a stage, in the order of adding."""

    END = 1  # the packet does not arrive
    CHANGE = 2
    SPLIT = 3
    DUPLICATE = 4
    ORDER = 5
    RATE = 6
    DELAY = 7


class Base:
    """An impairment with its parameters checked."""

    STAGE: ClassVar[Stage]
    PARAMETERS: ClassVar[Sequence[Parameter]] = ()
    # The only protocol that it can do something to, as in the match; None: any.
    protocol: str | None = None
    # Does it deliver packets to this host besides those that come?
    INJECTS: ClassVar[bool] = False

    def __init__(self, values: dict[str, Any]) -> None:
        """`values` has every parameter. ParameterError if they make no sense together."""

    def refuse(self, match: Mapping[str, Any]) -> None:
        """Raise ParameterError when it can do nothing to any packet of a match (its values)."""

    def concerns(self, packet: Packet) -> bool:
        """Tell whether it could do something to this packet; others do not count as matching."""
        del packet
        return True

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Do it to a packet; return what was done, in words for people and evidence.

        What raises `transit.at_ns` keeps the packet until then, or until the fault is removed.
        """
        raise NotImplementedError

    # Is there something to do to later packets of a flow, too, once it has acted on one?
    follows_flows: bool = False

    def follows(self, transit: Transit) -> Effect | None:
        """Do to a packet what having acted on an earlier one demands; return it, or None.

        It is called before the match, where it `follows_flows`; the packet is not counted.
        """
        del transit
        return None

    def sees(self, transit: Transit) -> Sequence[Transit]:
        """Note a packet that matches and is let by; return kept ones that now go on after it.

        Set the `at_ns` of those to the time of that packet.
        """
        del transit
        return ()

    @property
    def looks_out(self) -> bool:
        """Is there a packet that it keeps until it sees others?"""
        return False


def names() -> list[str]:
    """Return the names of all impairments."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> type[Base]:
    """Return the class of an impairment; ParameterError when there is none of that name."""
    if name not in names():
        text = f"impairment {name!r}: must be one of {', '.join(names())}"
        raise ParameterError(text)
    found: type[Base] = import_module(f"{__name__}.{name}").Impairment
    return found
