"""Calls that look names up: of hosts, and of services."""

import socket
from typing import Any

from lab.agent.call_server import addresses
from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, Role, call
from lab.net import constants
from lab.net.parameters import Parameter

_HOST = Parameter("host", str, "a name or an address", required=True)
_FAMILY = Parameter("family", str, "only this family", choices=("ipv4", "ipv6"))
_TYPE = Parameter("type", str, "only this type", choices=tuple(constants.TYPES))
_PROTOCOL = Parameter("protocol", str, "of this protocol", choices=("tcp", "udp"))
_SERVICE = Parameter("service", str, "a service's name, or a port")


@call(
    *(_HOST._replace(required=False), _SERVICE, _FAMILY, _TYPE),
    Parameter("flags", str, "AI_ flags, as one text (AI_PASSIVE | AI_NUMERICHOST)", default=""),
    role=Role.LOOK_UP,
)
def getaddrinfo(_opened: Handles, given: Given) -> list[dict[str, Any]]:
    """Look up addresses; gives for each `family`, `type`, `address` and `canonical_name`."""
    words = [word.strip() for word in given["flags"].split("|") if word.strip()]
    flags = sum({int(getattr(socket, word, 0)) for word in words if word.startswith("AI_")})
    found = socket.getaddrinfo(
        given["host"],
        given["service"],
        constants.FAMILIES[given["family"]] if given["family"] else 0,
        constants.TYPES[given["type"]] if given["type"] else 0,
        flags=flags,
    )
    return [
        {
            "family": family.name,
            "type": type_.name,
            "address": addresses.write(address),
            "canonical_name": canonical_name,
        }
        for family, type_, _, canonical_name, address in found
    ]


@call(_HOST, role=Role.LOOK_UP)
def gethostbyname(_opened: Handles, given: Given) -> str:
    """Look up the first IPv4 address of a name."""
    return socket.gethostbyname(given["host"])


@call(_HOST, role=Role.LOOK_UP)
def gethostbyaddr(_opened: Handles, given: Given) -> dict[str, Any]:
    """Look up the name of an address; gives `name`, `aliases` and `addresses`."""
    name, aliases, found = socket.gethostbyaddr(given["host"])
    return {"name": name, "aliases": aliases, "addresses": found}


@call(_SERVICE._replace(required=True, help="its name"), _PROTOCOL)
def getservbyname(_opened: Handles, given: Given) -> int:
    """Look up the port of a service."""
    words = [given["service"], given["protocol"]]
    return socket.getservbyname(*(word for word in words if word))


@call(Parameter("port", int, "its port", most=1 << 40, required=True), _PROTOCOL)
def getservbyport(_opened: Handles, given: Given) -> str:
    """Look up the name of the service of a port."""
    return socket.getservbyport(*(word for word in (given["port"], given["protocol"]) if word))


@call()
def gethostname(_opened: Handles, _given: Given) -> str:
    """Give the host's own name."""
    return socket.gethostname()
