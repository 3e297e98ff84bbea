"""Calls that make sockets, connect them, and end them."""

import errno
import struct
from typing import Any

from lab.agent.tracing import inspection, names, sockaddr
from lab.agent.tracing.calls import common
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.ptrace import signed_int
from lab.agent.tracing.task import PendingCall

_PAIR = struct.Struct("=ii")
_CONNECTING = (-errno.EINPROGRESS, -errno.EINTR)
_TYPE_BITS = 0xF


def _made(pending: PendingCall) -> None:
    if (result := pending.result) is not None and result >= 0:
        family, kind, protocol = (signed_int(one) for one in pending.arguments[:3])
        opened = inspection.opened(family, kind, protocol)
        pending.process.descriptors.add(result, opened)
        pending.made = opened.state


def _will_make(pending: PendingCall) -> None:
    family, kind, protocol = (signed_int(one) for one in pending.arguments[:3])
    pending.will_be = inspection.opened(family, kind, protocol).state


@traced("socket", descriptor=None, at_fault=_will_make, at_exit=_made)
def socket(pending: PendingCall) -> dict[str, Any]:
    """socket(2)."""
    family, kind, protocol = (signed_int(one) for one in pending.arguments[:3])
    return {
        "domain": names.one(names.FAMILIES, family),
        "type": names.socket_type(kind),
        "protocol": names.protocol_argument(family, protocol),
    }


def _pair_made(pending: PendingCall) -> None:
    data = common.read(pending, pending.arguments[3], _PAIR.size)
    if pending.result != 0 or len(data) != _PAIR.size:
        return
    family, kind, protocol = (signed_int(one) for one in pending.arguments[:3])
    pair = _PAIR.unpack(data)
    for descriptor in pair:
        opened = inspection.opened(family, kind, protocol)
        opened.settled = True
        pending.process.descriptors.add(descriptor, opened)
        pending.made = opened.state
    pending.seen["pair"] = list(pair)


@traced("socketpair", descriptor=None, at_fault=_will_make, at_exit=_pair_made)
def socketpair(pending: PendingCall) -> dict[str, Any]:
    """socketpair(2)."""
    return {**socket(pending), "sv": pending.seen.get("pair")}


def _read_address(pending: PendingCall) -> None:
    _, address, size = pending.arguments[:3]
    pending.seen["addr"] = common.address_at(pending, address, size)


def _given_peer(pending: PendingCall) -> None:
    _read_address(pending)
    pending.peer = pending.seen["addr"]


def _bound(pending: PendingCall) -> None:
    if pending.result == 0 and pending.opened:
        pending.opened.settled = False
        common.refresh(pending)


@traced("bind", uses=True, at_entry=_read_address, at_exit=_bound)
def bind(pending: PendingCall) -> dict[str, Any]:
    """bind(2)."""
    return {"addr": pending.seen.get("addr", "")}


def _connected(pending: PendingCall) -> None:
    opened = pending.opened
    if opened is None or pending.result is None:
        return
    if pending.result == 0 or pending.result in _CONNECTING:
        opened.settled = False
        opened.change(peer=pending.seen.get("addr", ""))
        common.refresh(pending)
        if pending.seen.get("addr") == sockaddr.UNSPECIFIED and pending.result == 0:
            opened.change(peer="")  # it is connected no more (connect(2))


@traced("connect", uses=True, at_fault=_given_peer, at_entry=_read_address, at_exit=_connected)
def connect(pending: PendingCall) -> dict[str, Any]:
    """connect(2)."""
    return {"addr": pending.seen.get("addr", "")}


@traced("listen", uses=True, at_exit=_bound)
def listen(pending: PendingCall) -> dict[str, Any]:
    """listen(2)."""
    return {"backlog": signed_int(pending.arguments[1])}


def _accepted(pending: PendingCall) -> None:
    if (result := pending.result) is None or result < 0:
        return
    pending.process.descriptors.table.pop(result, None)
    if opened := pending.process.look(result):
        opened.settled = True
        pending.made = opened.state
    pending.seen["addr"] = common.address_given(pending, *pending.arguments[1:3])


@traced("accept", uses=True, at_exit=_accepted)
def accept(pending: PendingCall) -> dict[str, Any]:
    """accept(2)."""
    return {"addr": pending.seen.get("addr", "")}


@traced("accept4", uses=True, at_exit=_accepted)
def accept4(pending: PendingCall) -> dict[str, Any]:
    """accept4(2)."""
    flags = names.mask(names.TYPE_FLAGS, signed_int(pending.arguments[3]))
    return {"addr": pending.seen.get("addr", ""), "flags": flags}


def _taken(pending: PendingCall) -> None:
    if (result := pending.result) is not None and result >= 0:
        pending.process.descriptors.table.pop(result, None)
        if opened := pending.process.look(result):
            pending.made = opened.state


def _made_a_socket(pending: PendingCall) -> bool:
    return bool(pending.made.family)


@traced("pidfd_getfd", descriptor=None, uses=True, at_exit=_taken, reported=_made_a_socket)
def pidfd_getfd(pending: PendingCall) -> dict[str, Any]:
    """pidfd_getfd(2), where it took a socket."""
    pidfd, target, _ = pending.arguments[:3]
    return {"pidfd": signed_int(pidfd), "targetfd": signed_int(target)}


@traced("shutdown")
def shutdown(pending: PendingCall) -> dict[str, Any]:
    """shutdown(2)."""
    return {"how": names.one(names.SHUTDOWN, signed_int(pending.arguments[1]))}


def _closes(pending: PendingCall) -> bool:
    """Forget it as it begins: another thread may get the same number before this one is back."""
    assert pending.descriptor is not None
    pending.process.descriptors.close(pending.descriptor)
    return pending.opened is not None


def _stays_open(pending: PendingCall) -> None:
    if pending.fault is not None and pending.result != 0 and pending.opened:
        assert pending.descriptor is not None
        pending.process.descriptors.add(pending.descriptor, pending.opened)


@traced("close", any_file=True, relevant=_closes, at_exit=_stays_open)
def close(_pending: PendingCall) -> dict[str, Any]:
    """close(2) of a socket."""
    return {}


def _closes_range(pending: PendingCall) -> bool:
    first, last, flags = (one & 0xFFFFFFFF for one in pending.arguments[:3])
    if flags & 2:  # CLOSE_RANGE_UNSHARE
        pending.process.descriptors = pending.process.descriptors.copy()
    if flags & 4:  # CLOSE_RANGE_CLOEXEC: nothing is closed yet
        return False
    table = pending.process.descriptors
    known = [one for one in table.table if first <= one <= last and table.socket(one)]
    pending.seen["closed"] = sorted(known)
    table.close_range(first, last)
    return bool(known)


@traced("close_range", descriptor=None, relevant=_closes_range)
def close_range(pending: PendingCall) -> dict[str, Any]:
    """close_range(2) where sockets are among the descriptors."""
    first, last, flags = (one & 0xFFFFFFFF for one in pending.arguments[:3])
    return {
        "first": first,
        "last": last,
        "flags": names.mask(names.CLOSE_RANGE_FLAGS, flags),
        "sockets": pending.seen.get("closed", []),
    }
