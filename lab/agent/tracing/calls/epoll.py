"""Calls on epoll instances that have sockets in them (epoll(7))."""

import struct
from typing import Any

from lab.agent.tracing import names
from lab.agent.tracing.calls import common
from lab.agent.tracing.descriptors import Interest, OpenEpoll
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.ptrace import signed_int
from lab.agent.tracing.task import PendingCall

# struct epoll_event is packed on x86_64 alone.
_EVENT = struct.Struct("=IQ" if this_machine().name == "x86_64" else "=I4xQ")
_ADD, _DELETE = 1, 2
_TIME = struct.Struct("=qq")


def _controls(pending: PendingCall) -> bool:
    """Note the change as it begins: another thread may be told of events before it is back."""
    instance, operation, descriptor = (signed_int(one) for one in pending.arguments[:3])
    data = common.read(pending, pending.arguments[3], _EVENT.size)
    pending.seen["event"] = _EVENT.unpack(data) if len(data) == _EVENT.size else (0, 0)
    table = pending.process.descriptors
    epoll = table.epoll(instance)
    if epoll is None:
        epoll = OpenEpoll()
        table.add(instance, epoll)
    known = table.table.get(descriptor)
    if operation == _DELETE:
        gone = epoll.interests.pop(descriptor, None)
        known = known or (gone.open_file if gone else None)
    else:
        one = Interest(descriptor, pending.seen["event"][1], known)
        epoll.interests[descriptor] = one
    return known is not None


def _controlled(pending: PendingCall) -> None:
    operation, descriptor = (signed_int(one) for one in pending.arguments[1:3])
    if pending.result is not None and pending.result < 0 and operation == _ADD:
        epoll = pending.process.descriptors.epoll(signed_int(pending.arguments[0]))
        if epoll is not None and pending.result != -17:  # EEXIST
            epoll.interests.pop(descriptor, None)


@traced("epoll_ctl", descriptor=None, relevant=_controls, at_exit=_controlled)
def epoll_ctl(pending: PendingCall) -> dict[str, Any]:
    """epoll_ctl(2) about a socket."""
    instance, operation, descriptor = (signed_int(one) for one in pending.arguments[:3])
    events = pending.seen["event"][0]
    return {
        "epfd": instance,
        "op": names.one(names.EPOLL_OPERATIONS, operation),
        "fd": descriptor,
        "events": "" if operation == _DELETE else names.mask(names.EPOLL_EVENTS, events),
    }


def _waits(pending: PendingCall) -> bool:
    return pending.process.descriptors.is_of_sockets(signed_int(pending.arguments[0]))


def _has_waited(pending: PendingCall) -> None:
    if (result := pending.result) is None or result < 0:
        return
    epoll = pending.process.descriptors.epoll(signed_int(pending.arguments[0]))
    count = min(result, common.MOST_SHOWN)
    data = common.read(pending, pending.arguments[1], count * _EVENT.size)
    pending.seen["events"] = [
        (epoll.descriptor(called) if epoll else None, events)
        for events, called in _EVENT.iter_unpack(data[: len(data) // _EVENT.size * _EVENT.size])
    ]


def _timeout(pending: PendingCall) -> float | None:
    if pending.kind.name != "epoll_pwait2":
        return signed_int(pending.arguments[3])
    seconds, nanos = pending.seen.get("timeout", (None, None))
    return None if seconds is None else seconds * 1000 + nanos / 1e6


def _reads_time(pending: PendingCall) -> None:
    data = common.read(pending, pending.arguments[3], _TIME.size)
    if len(data) == _TIME.size:
        pending.seen["timeout"] = _TIME.unpack(data)


def _wait_arguments(pending: PendingCall) -> dict[str, Any]:
    return {
        "epfd": signed_int(pending.arguments[0]),
        "maxevents": signed_int(pending.arguments[2]),
        "timeout_ms": _timeout(pending),
        "events": [
            {"fd": descriptor, "events": names.mask(names.EPOLL_EVENTS, events)}
            for descriptor, events in pending.seen.get("events", [])
        ],
    }


for _name in ("epoll_wait", "epoll_pwait"):
    traced(_name, descriptor=None, relevant=_waits, at_exit=_has_waited)(_wait_arguments)
traced("epoll_pwait2", descriptor=None, relevant=_waits, at_entry=_reads_time, at_exit=_has_waited)(
    _wait_arguments
)
