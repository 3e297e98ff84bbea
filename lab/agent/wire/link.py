"""A link of this host: the directed path from another one to it, and which faults it may have."""

from collections.abc import Iterable
from ipaddress import ip_address

from lab.agent.wire.fault import Fault
from lab.agent.wire.pipeline import Pipeline
from lab.net.parameters import ParameterError

_ADDRESS_BYTES = {4: 4, 6: 16}


class Link:
    """The directed path from one host, with all its addresses, to this one.

    That of a host to itself `is_loopback`: whatever comes over the loopback interface.
    """

    def __init__(
        self,
        source: str,
        addresses: Iterable[bytes],
        pipeline: Pipeline,
        *,
        is_loopback: bool = False,
    ) -> None:
        self.source = source
        self.addresses = frozenset(addresses)
        self.pipeline = pipeline
        self.is_loopback = is_loopback


def refuse_other_versions(source: str, addresses: frozenset[bytes], fault: Fault) -> None:
    """Raise ParameterError when a fault means a version of IP that the source does not have."""
    version = fault.match.ip_version
    if version and not any(len(address) == _ADDRESS_BYTES[version] for address in addresses):
        there = ", ".join(sorted(str(ip_address(address)) for address in addresses))
        text = f"{fault.name}: only IPv{version} is meant, and {source} has only {there or 'none'}"
        raise ParameterError(f"{text}; no packet would match")
