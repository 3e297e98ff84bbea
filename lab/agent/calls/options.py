"""Calls that read and set options of sockets, and their addresses."""

import struct
from collections.abc import Callable
from typing import Any

from lab.agent.call_server import addresses, parameters, struct_tcp_info
from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, call
from lab.agent.call_server.values import Duration, Level, Option, OptionValue
from lab.net import constants
from lab.net.parameters import Parameter, ParameterError

_OPTION = Parameter("option", Option, "the option", required=True)
_LEVEL = Parameter("level", Level, "of an option that is given as a number")
_LINGER = struct.Struct("ii")
_TIME = struct.Struct("qq")  # struct timeval
_TIMES = ("SO_RCVTIMEO", "SO_SNDTIMEO")


def _linger(data: bytes) -> dict[str, Any]:
    on, seconds = _LINGER.unpack(data)
    return {"on": bool(on), "seconds": seconds}


def _seconds(data: bytes) -> float:
    seconds, micros = _TIME.unpack(data)
    return float(seconds + micros / 1e6)


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode()


# What is more than a number: its size, and what its bytes mean.
_STRUCTURES: dict[str, tuple[int, Callable[[bytes], Any]]] = {
    "SO_LINGER": (_LINGER.size, _linger),
    "SO_RCVTIMEO": (_TIME.size, _seconds),
    "SO_SNDTIMEO": (_TIME.size, _seconds),
    "SO_BINDTODEVICE": (64, _text),
    "TCP_CONGESTION": (64, _text),
    "TCP_INFO": (struct_tcp_info.SIZE, struct_tcp_info.read),
}


@call(
    *(parameters.SOCKET, _OPTION, _LEVEL),
    Parameter("bytes", int, "so many bytes of it, as they are", 0, 4096),
)
def getsockopt(opened: Handles, given: Given) -> Any:
    """Give an option's value: SO_ERROR as the name of an errno (or 0), TCP_INFO by its fields."""
    asked, name = opened.socket(given["socket"]), given["option"]
    level, number = _numbers(given)
    if given["bytes"] is not None:
        return asked.getsockopt(level, number, given["bytes"])
    if name in _STRUCTURES:
        size, meaning = _STRUCTURES[name]
        return meaning(asked.getsockopt(level, number, size))
    value = asked.getsockopt(level, number)
    return constants.errno_name(value) if name == "SO_ERROR" and value else value


@call(
    *(parameters.SOCKET, _OPTION, _LEVEL),
    Parameter("value", OptionValue, "what to set it to", required=True),
)
def setsockopt(opened: Handles, given: Given) -> None:
    """Set an option."""
    level, number = _numbers(given)
    opened.socket(given["socket"]).setsockopt(level, number, _value(given))


@call(parameters.SOCKET, Parameter("field", str, "only this one", choices=struct_tcp_info.FIELDS))
def tcp_info(opened: Handles, given: Given) -> Any:
    """Give what the kernel knows of a TCP connection (TCP_INFO, tcp(7)), or one field of it."""
    info = struct_tcp_info.info(opened.socket(given["socket"]))
    return info[given["field"]] if given["field"] else info


@call(parameters.SOCKET)
def getsockname(opened: Handles, given: Given) -> str:
    """Give the socket's own address."""
    return addresses.write(opened.socket(given["socket"]).getsockname())


@call(parameters.SOCKET)
def getpeername(opened: Handles, given: Given) -> str:
    """Give the address of the socket's peer."""
    return addresses.write(opened.socket(given["socket"]).getpeername())


@call(parameters.SOCKET)
def fileno(opened: Handles, given: Given) -> int:
    """Give the socket's descriptor on its host; -1 when it is closed."""
    return opened.socket(given["socket"]).fileno()


def _numbers(given: Given) -> tuple[int, int]:
    name, level = given["option"], given["level"]
    if isinstance(name, str):
        own, number = constants.option(name)
        return (own if level is None else level), number
    if level is None:
        raise ParameterError("level: must be given with an option that is a number")
    return level, name


def _value(given: Given) -> int | bytes:
    name, value = given["option"], given["value"]
    if isinstance(value, dict):
        return _LINGER.pack(value["on"], value["seconds"])
    if name in _TIMES:
        seconds = Duration.read(value)
        return _TIME.pack(int(seconds), round(seconds % 1 * 1e6))
    if isinstance(value, str):
        return constants.VALUES[value] if value in constants.VALUES else value.encode()
    return value if isinstance(value, bytes) else int(value)
