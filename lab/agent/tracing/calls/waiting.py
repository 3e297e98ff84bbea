"""Calls that wait for sockets: poll and select."""

import struct
from collections.abc import Iterator
from typing import Any

from lab.agent.tracing import names
from lab.agent.tracing.calls import common
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.ptrace import signed_int
from lab.agent.tracing.task import PendingCall

_POLL = struct.Struct("=ihh")  # struct pollfd
_MOST_POLLED = 1024
_MOST_SELECTED = 1024  # FD_SETSIZE
_TIME = struct.Struct("=qq")  # struct timespec and struct timeval


def _polled(pending: PendingCall) -> list[tuple[int, int, int]]:
    address, count = pending.arguments[:2]
    data = common.read(pending, address, min(count, _MOST_POLLED) * _POLL.size)
    return list(_POLL.iter_unpack(data[: len(data) // _POLL.size * _POLL.size]))


def _polls(pending: PendingCall) -> bool:
    entries = _polled(pending)
    pending.seen["entries"] = entries
    return pending.process.descriptors.has_socket_among(one[0] for one in entries)


def _has_polled(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        pending.seen["entries"] = _polled(pending)
        pending.seen["returned"] = True


def _poll_arguments(pending: PendingCall) -> dict[str, Any]:
    found = []
    # Those that are ready first: of very many only some are shown.
    ready_first = sorted(pending.seen["entries"], key=lambda one: not one[2])
    for descriptor, events, returned in ready_first[: common.MOST_SHOWN]:
        one = {"fd": descriptor, "events": names.mask(names.POLL_EVENTS, events & 0xFFFF)}
        if pending.seen.get("returned"):
            one["revents"] = names.mask(names.POLL_EVENTS, returned & 0xFFFF)
        found.append(one)
    return {"fds": found, "nfds": pending.arguments[1]}


@traced("poll", descriptor=None, relevant=_polls, at_exit=_has_polled)
def poll(pending: PendingCall) -> dict[str, Any]:
    """poll(2)."""
    return {**_poll_arguments(pending), "timeout_ms": signed_int(pending.arguments[2])}


def _time_ms(pending: PendingCall, address: int, units_per_ms: int) -> float | None:
    data = common.read(pending, address, _TIME.size)
    if len(data) != _TIME.size:
        return None
    seconds, parts = _TIME.unpack(data)
    return float(seconds * 1000 + parts / units_per_ms)


def _polls_in_time(pending: PendingCall) -> bool:
    # Now: the kernel may write there how much is left.
    pending.seen["timeout_ms"] = _time_ms(pending, pending.arguments[2], 1_000_000)
    return _polls(pending)


@traced("ppoll", descriptor=None, relevant=_polls_in_time, at_exit=_has_polled)
def ppoll(pending: PendingCall) -> dict[str, Any]:
    """ppoll(2)."""
    return {**_poll_arguments(pending), "timeout_ms": pending.seen["timeout_ms"]}


def _members(data: bytes) -> Iterator[int]:
    bits = int.from_bytes(data, "little")
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _sets(pending: PendingCall) -> dict[str, list[int]]:
    count = min(signed_int(pending.arguments[0]), _MOST_SELECTED)
    found = {}
    for name, address in zip(
        ("readfds", "writefds", "exceptfds"), pending.arguments[1:4], strict=True
    ):
        data = common.read(pending, address, (max(count, 0) + 63) // 64 * 8) if address else b""
        found[name] = [one for one in _members(data) if one < count]
    return found


def _selects(pending: PendingCall) -> bool:
    sets = pending.seen["sets"] = _sets(pending)
    per_ms = 1000 if pending.kind.name == "select" else 1_000_000
    pending.seen["timeout_ms"] = _time_ms(pending, pending.arguments[4], per_ms)
    members = {one for of in sets.values() for one in of}
    return pending.process.descriptors.has_socket_among(iter(members))


def _has_selected(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        pending.seen["ready"] = _sets(pending)


def _select_arguments(pending: PendingCall) -> dict[str, Any]:
    def shown(sets: dict[str, list[int]]) -> dict[str, list[int]]:
        return {name: members[: common.MOST_SHOWN] for name, members in sets.items()}

    found = {
        "nfds": signed_int(pending.arguments[0]),
        **shown(pending.seen["sets"]),
        "timeout_ms": pending.seen["timeout_ms"],
    }
    if "ready" in pending.seen:
        found["ready"] = shown(pending.seen["ready"])
    return found


for _name in ("select", "pselect6"):
    traced(_name, descriptor=None, relevant=_selects, at_exit=_has_selected)(_select_arguments)
