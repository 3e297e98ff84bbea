"""What a service of a compose file comes to, as values.

Named tuples, because they load faster than dataclasses, and the lab waits for them.
"""

from typing import NamedTuple


class Network(NamedTuple):
    """A network; `routers` are its router's addresses, one a family, with prefix length.

    What is sent to a router and is for nobody on the network goes no further.
    """

    name: str
    routers: tuple[str, ...]


class Interface(NamedTuple):
    """A host's place on a network; `ipv4` and `ipv6` with prefix length, "" for none.

    Without a hardware address it gets one made from its IPv4 address. `next_hops` are the addresses
    that the host's default routes lead to, one a family: those of its first interface alone.
    """

    network: str
    ipv4: str
    ipv6: str
    hardware: str = ""
    next_hops: tuple[str, ...] = ()


class Health(NamedTuple):
    """A health check: how often, how long and how many failures make a host unhealthy.

    Without `start_interval_s` it is made in the start period as often as it makes sense.
    """

    argv: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float
    start_interval_s: float | None = None
