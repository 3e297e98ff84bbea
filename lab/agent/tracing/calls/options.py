"""Calls that ask a socket for its addresses, and read and set its options."""

from typing import Any

from lab.agent.tracing import options
from lab.agent.tracing.calls import common
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.ptrace import signed_int
from lab.agent.tracing.task import PendingCall


def _named(pending: PendingCall) -> None:
    if pending.result == 0:
        pending.seen["addr"] = common.address_given(pending, *pending.arguments[1:3])


def _address(pending: PendingCall) -> dict[str, Any]:
    return {"addr": pending.seen.get("addr", "")}


traced("getsockname", at_exit=_named)(_address)
traced("getpeername", at_exit=_named)(_address)


def _sets(pending: PendingCall) -> None:
    address, size = pending.arguments[3:5]
    pending.seen["value"] = common.read(pending, address, min(size, options.MOST_BYTES))


def _got(pending: PendingCall) -> None:
    if pending.result == 0:
        address, size_at = pending.arguments[3:5]
        size = common.uint(pending, size_at) or 0
        pending.seen["value"] = common.read(pending, address, min(size, options.MOST_BYTES))


def _arguments(pending: PendingCall) -> dict[str, Any]:
    level, option = (signed_int(one) for one in pending.arguments[1:3])
    name = options.option(level, option)
    found = {"level": options.level(level), "optname": name, "optval": None}
    if "value" in pending.seen:
        found["optval"] = options.value(name, pending.seen["value"])
    return found


traced("setsockopt", at_entry=_sets)(_arguments)
traced("getsockopt", at_exit=_got)(_arguments)
