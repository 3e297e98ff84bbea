"""Calls that read and write with several buffers."""

from typing import Any

from lab.agent.tracing import names
from lab.agent.tracing.calls import common
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.ptrace import signed, signed_int
from lab.agent.tracing.task import PendingCall


def _writes(pending: PendingCall) -> None:
    _, address, count = pending.arguments[:3]
    buffers = common.vectors(pending, address, count)
    pending.seen["sizes"] = [size for _, size in buffers]
    pending.size_bytes = sum(pending.seen["sizes"])
    pending.data = common.gathered(pending, buffers, pending.size_bytes)


def _written(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        pending.size_bytes = pending.result
        pending.data = pending.data[: pending.result]
        common.refresh(pending)


def _read(pending: PendingCall) -> None:
    _, address, count = pending.arguments[:3]
    buffers = common.vectors(pending, address, count)
    pending.seen["sizes"] = [size for _, size in buffers]
    if pending.result is not None and pending.result >= 0:
        pending.size_bytes = pending.result
        pending.data = common.gathered(pending, buffers, pending.result)


def _arguments(pending: PendingCall) -> dict[str, Any]:
    found: dict[str, Any] = {
        "iovcnt": signed_int(pending.arguments[2]),
        "iov_len": pending.seen.get("sizes", []),
    }
    if pending.kind.name.startswith("p"):
        found["offset"] = signed(pending.arguments[3])
    if pending.kind.name.endswith("2"):
        found["flags"] = names.mask(names.RWF_FLAGS, pending.arguments[5] & 0xFFFFFFFF)
    return found


for _name in ("readv", "preadv", "preadv2"):
    traced(_name, any_file=True, count=-1, at_exit=_read)(_arguments)
for _name in ("writev", "pwritev", "pwritev2"):
    traced(_name, any_file=True, count=-1, at_entry=_writes, at_exit=_written)(_arguments)
