"""The names and addresses that a compose file gives a service: `extra_hosts`. Pure."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from lab.compose.errors import at

# What Docker makes the address of the machine.
GATEWAY = "host-gateway"


def lines(key: str, service: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the lines of /etc/hosts; those of the machine's own address, GATEWAY, are left out.

    LocatedError when an entry is none.
    """
    return tuple(f"{ip} {name}" for name, ip in _entries(key, service) if ip != GATEWAY)


def has_gateway(service: Mapping[str, Any]) -> bool:
    """Tell whether a name is to stand for the machine."""
    return any(ip == GATEWAY for _, ip in _entries("", service))


def _entries(key: str, service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    entries = service.get("extra_hosts") or ()
    if isinstance(entries, Mapping):
        for name, ips in entries.items():
            with at("services", key, "extra_hosts", str(name)):
                for ip in ips if isinstance(ips, list) else [ips]:
                    yield _checked(str(name), str(ip))
        return
    for number, entry in enumerate(entries):
        with at("services", key, "extra_hosts", number):
            name, _, ip = entry.partition("=" if "=" in entry else ":")
            yield _checked(name, ip)


def _checked(name: str, ip: str) -> tuple[str, str]:
    if not name or any(sign in "#\x7f" or sign.isspace() for sign in name):
        text = f"{name!r} is no name of a host; write NAME:ADDRESS"
        raise ValueError(text)
    if ip == GATEWAY:
        return name, ip
    bare = ip[1:-1] if ip.startswith("[") and ip.endswith("]") else ip
    try:
        ipaddress.ip_address(bare)
    except ValueError as error:
        text = f"{name}: {ip!r} is no address; write NAME:ADDRESS"
        raise ValueError(text) from error
    return name, bare
