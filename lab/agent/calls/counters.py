"""Calls that read what the kernel of a host has counted."""

import re
from collections.abc import Iterator

from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, KernelNames, call
from lab.net.parameters import Parameter, ParameterError

# Those of ICMP's types are there once a message of the type has been.
_MAY_COME = re.compile(r"(?:IcmpMsg|Icmp6)(?:In|Out)Type\d{1,3}")
_NET = "/proc/self/net"  # of the namespace that this process is in


def names() -> list[str]:
    """Return the names of all counters of this machine's kernel; none where it is no Linux."""
    try:
        return [name for name, _ in _all()]
    except (OSError, ValueError):
        return []


def _may_come(name: str) -> bool:
    return _MAY_COME.fullmatch(name) is not None


@call(
    Parameter(
        "name", str, "as nstat(8) has it: TcpExtListenOverflows, UdpRcvbufErrors", required=True
    ),
    kernel_names=KernelNames("name", "counter", names, _may_come, "nstat -az lists them"),
)
def counter(_opened: Handles, given: Given) -> int:
    """Give what the host's kernel has counted so far, since the host began."""
    name = given["name"]
    for known, value in _all():
        if known == name:
            return value
    if _may_come(name):
        return 0
    text = f"counter: name {name!r}: the kernel has none of that name; nstat -az lists them"
    raise ParameterError(text)


def _all() -> Iterator[tuple[str, int]]:
    """Yield every counter, as it comes."""
    from pathlib import Path  # noqa: PLC0415 - only here: the caller is to be there at once

    for file in ("netstat", "snmp"):
        lines = Path(_NET, file).read_text().splitlines()
        # Two lines each: `TcpExt: SyncookiesSent ...`, `TcpExt: 0 ...`.
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            group, *columns = names.split()
            prefix = group.removesuffix(":")
            yield from zip(
                (prefix + column for column in columns),
                map(int, values.split()[1:]),
                strict=True,
            )
    for line in Path(_NET, "snmp6").read_text().splitlines():
        name, value = line.split()
        yield name, int(value)
