"""What a link may do to packets: one file each, found by its name; no registration.

A file defines a class `Impairment` (below is what it inherits), and declares there all that others
need to know of it: its parameters, when it acts, how it is worded. Its docstring is its help text.
No other file knows impairments by lists of names.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache
from importlib import import_module
from typing import Any, ClassVar

from lab.agent import submodules
from lab.agent.wire.rng import Draw
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net import data
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
    # Does a packet that it acts on not arrive? The page shows the link as cut.
    CUTS: ClassVar[bool] = False
    # Does it draw random numbers, whatever it is asked? Else those parameters say so that draw.
    DRAWS: ClassVar[bool] = False
    # How people say it where nothing narrows it down; "": by its name.
    EVERY: ClassVar[str] = ""
    # The only protocol that it can do something to, as in the match; None: any.
    protocol: str | None = None
    # Does it deliver packets to this host besides those that come?
    INJECTS: ClassVar[bool] = False

    def __init__(self, values: dict[str, Any]) -> None:
        """`values` has every parameter. ParameterError if they make no sense together."""

    @classmethod
    def draws(cls, asked: Iterable[str]) -> bool:
        """Tell whether it draws random numbers where these parameters of it are given."""
        return cls.DRAWS or any(one.draws for one in cls.PARAMETERS if one.name in asked)

    @classmethod
    def words(cls, name: str, asked: Mapping[str, Any]) -> str:
        """Return it as people say it: `drop (tcp syn, first 1)`, `drop every packet`."""
        settings = [
            _setting(name, key, value)
            for key, value in asked.items()
            if value is not None and value is not False
        ]
        return f"{name} ({', '.join(settings)})" if settings else cls.EVERY or name

    def refuse(self, match: Mapping[str, Any]) -> None:
        """Raise ParameterError when it can do nothing to any packet of a match (its values)."""

    def concerns(self, packet: Packet) -> bool:
        """Tell whether it could do something to this packet; others do not count as matching."""
        del packet
        return True

    # Is acting on a packet nothing but dropping it? The kernel can do that, too.
    DROPS_ALL: ClassVar[bool] = False
    # Does it read or change more of a packet than its headers? Else only these come to the wire.
    NEEDS_BYTES: ClassVar[bool] = False
    # Does it depend on what a packet carries whether it concerns it?
    READS_PAYLOAD: ClassVar[bool] = False

    def is_alike(self, superpacket: Superpacket) -> bool:
        """Tell whether acting on it is the same as acting on each of its segments."""
        del superpacket
        return False

    def needs_segments(self, superpacket: Superpacket) -> bool:
        """Tell whether it must see the segments, though it acts on none of them."""
        del superpacket
        return self.looks_out

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
    return list(_names(tuple(__path__)))


@cache
def _names(folders: tuple[str, ...]) -> tuple[str, ...]:
    return submodules.names(folders)


def find(name: str) -> type[Base]:
    """Return the class of an impairment, or Base: evidence may be of another version of the lab."""
    return load(name) if name in names() else Base


def in_words(name: str, asked: Mapping[str, Any]) -> str:
    """Return a fault as people say it, also one of another version of the lab."""
    return find(name).words(name, asked)


def load(name: str) -> type[Base]:
    """Return the class of an impairment; ParameterError when there is none of that name."""
    if name not in names():
        text = f"impairment {name!r}: must be one of {', '.join(names())}"
        raise ParameterError(text)
    found: type[Base] = import_module(f"{__name__}.{name}").Impairment
    return found


_UNITS = ("ms", "bps", "bytes", "s")


def _setting(impairment: str, key: str, value: Any) -> str:
    """Return a parameter as people say it: `tcp syn`, `50 ms` of a delay, `jitter 5 ms`."""
    name, _, unit = key.rpartition("_")
    if unit not in _UNITS or not name:
        name, unit = key, ""
    words = [name.replace("_", " ")] if name != impairment else []
    words += [str(data.in_words(value))] if value is not True else []
    words += [unit] if unit else []
    return " ".join(words)
