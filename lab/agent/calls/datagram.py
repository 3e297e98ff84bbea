"""Calls that send and receive with an address, and with what comes beside the data."""

import socket
import struct
import sys
from typing import Any

from lab.agent.call_server import addresses, parameters
from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, Role, call
from lab.agent.call_server.values import Address
from lab.net import constants
from lab.net.parameters import Parameter

_ANCILLARY = Parameter("ancillary_bytes", int, "room for what comes beside it", 0, 65_536)
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # struct sock_extended_err (ip(7), IP_RECVERR)
_ORIGINS = {0: "SO_EE_ORIGIN_NONE", 1: "SO_EE_ORIGIN_LOCAL", 2: "SO_EE_ORIGIN_ICMP"}
_ORIGINS |= {3: "SO_EE_ORIGIN_ICMP6"}
_NAMES = {
    (socket.IPPROTO_IP, 2): "IP_TTL",
    (socket.IPPROTO_IP, 1): "IP_TOS",
    (socket.IPPROTO_IP, 11): "IP_RECVERR",
    (socket.IPPROTO_IP, 8): "IP_PKTINFO",
    (socket.IPPROTO_IPV6, 25): "IPV6_RECVERR",
    (socket.IPPROTO_IPV6, 50): "IPV6_PKTINFO",
    (socket.IPPROTO_IPV6, 52): "IPV6_HOPLIMIT",
    (socket.IPPROTO_IPV6, 67): "IPV6_TCLASS",
    (socket.SOL_SOCKET, 29): "SO_TIMESTAMP",
    (socket.SOL_SOCKET, 40): "SO_RXQ_OVFL",
}


@call(parameters.SOCKET, parameters.DATA, parameters.TO, parameters.FLAGS, role=Role.SEND)
def sendto(opened: Handles, given: Given) -> int:
    """Send to an address; gives how many bytes were sent."""
    sending = opened.socket(given["socket"])
    to = addresses.read(given["to"], sending.family, opened)
    return sending.sendto(given["data"], given["flags"], to)


@call(
    *(parameters.SOCKET, parameters.DATA, parameters.FLAGS),
    Parameter("to", Address, "whereto, if it is not connected"),
    role=Role.SEND,
)
def sendmsg(opened: Handles, given: Given) -> int:
    """Send, to an address or the peer; gives how many bytes were sent."""
    sending = opened.socket(given["socket"])
    to = addresses.read(given["to"], sending.family, opened) if given["to"] is not None else None
    return sending.sendmsg([given["data"]], [], given["flags"], to)


@call(parameters.SOCKET, parameters.BYTES, parameters.FLAGS, role=Role.RECEIVE)
def recvfrom(opened: Handles, given: Given) -> dict[str, Any]:
    """Receive; gives `data` and `from`, the sender's address."""
    data, sender = opened.socket(given["socket"]).recvfrom(given["bytes"], given["flags"])
    return {"data": data, "from": addresses.write(sender)}


@call(
    parameters.SOCKET,
    parameters.BYTES,
    parameters.FLAGS,
    _ANCILLARY._replace(default=1024),
    role=Role.RECEIVE,
)
def recvmsg(opened: Handles, given: Given) -> dict[str, Any]:
    """Receive; gives `data`, `from`, `flags` (such as MSG_TRUNC) and `ancillary`."""
    receiving = opened.socket(given["socket"])
    data, ancillary, flags, sender = receiving.recvmsg(
        given["bytes"], given["ancillary_bytes"], given["flags"]
    )
    return {
        "data": data,
        "from": addresses.write(sender),
        "flags": constants.flags(flags),
        "ancillary": [_beside(*one) for one in ancillary],
    }


def _beside(level: int, kind: int, data: bytes) -> dict[str, Any]:
    name = _NAMES.get((level, kind), f"{level}/{kind}")
    beside: dict[str, Any] = {"name": name, "level": level, "type": kind, "data": data}
    if name.endswith("_RECVERR") and len(data) >= _EXTENDED_ERROR.size:
        number, origin, type_, code, _, info, _ = _EXTENDED_ERROR.unpack_from(data)
        beside |= {
            "errno": constants.errno_name(number),
            "origin": _ORIGINS.get(origin, origin),
            "icmp_type": type_,
            "icmp_code": code,
            "info": info,
        }
    elif len(data) == 4:
        beside["value"] = int.from_bytes(data, sys.byteorder)
    return beside
