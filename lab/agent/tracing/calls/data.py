"""Calls that send and receive with one buffer."""

from typing import Any

from lab.agent.tracing import names
from lab.agent.tracing.calls import common
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.ptrace import signed, signed_int
from lab.agent.tracing.task import PendingCall
from lab.agent.tracing.traced_call import FIRST_BYTES


def _sends(pending: PendingCall) -> None:
    _, address, size = pending.arguments[:3]
    pending.size_bytes = size
    pending.data = common.read(pending, address, min(size, FIRST_BYTES))


def _sent(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        pending.size_bytes = pending.result
        pending.data = pending.data[: pending.result]
        common.refresh(pending)


def _received(pending: PendingCall) -> None:
    if (result := pending.result) is None or result < 0:
        return
    pending.size_bytes = result
    room = min(result, FIRST_BYTES, pending.arguments[2])  # MSG_TRUNC: it may be more than fits
    pending.data = common.read(pending, pending.arguments[1], room)


def _sends_to(pending: PendingCall) -> None:
    _sends(pending)
    address, size = pending.arguments[4:6]
    if address:
        pending.seen["dest_addr"] = common.address_at(pending, address, size)


def _given_peer(pending: PendingCall) -> None:
    pending.peer = common.address_at(pending, *pending.arguments[4:6])


@traced("sendto", count=2, uses=True, at_fault=_given_peer, at_entry=_sends_to, at_exit=_sent)
def sendto(pending: PendingCall) -> dict[str, Any]:
    """send(2) and sendto(2): one call of the kernel."""
    return {
        "len": pending.arguments[2],
        "flags": common.message_flags(pending.arguments[3]),
        "dest_addr": pending.seen.get("dest_addr", ""),
    }


def _received_from(pending: PendingCall) -> None:
    _received(pending)
    address, size_at = pending.arguments[4:6]
    if address and pending.result is not None and pending.result >= 0:
        pending.seen["src_addr"] = common.address_given(pending, address, size_at)


@traced("recvfrom", count=2, uses=True, at_exit=_received_from)
def recvfrom(pending: PendingCall) -> dict[str, Any]:
    """recv(2) and recvfrom(2): one call of the kernel."""
    return {
        "len": pending.arguments[2],
        "flags": common.message_flags(pending.arguments[3]),
        "src_addr": pending.seen.get("src_addr", ""),
    }


@traced("read", any_file=True, count=2, at_exit=_received)
def read(pending: PendingCall) -> dict[str, Any]:
    """read(2) of a socket."""
    return {"count": pending.arguments[2]}


@traced("write", any_file=True, count=2, at_entry=_sends, at_exit=_sent)
def write(pending: PendingCall) -> dict[str, Any]:
    """write(2) to a socket."""
    return {"count": pending.arguments[2]}


def _positioned(pending: PendingCall) -> dict[str, Any]:
    count, offset = pending.arguments[2:4]
    return {"count": count, "offset": signed(offset)}


@traced("pread64", any_file=True, count=2, at_exit=_received)
def pread64(pending: PendingCall) -> dict[str, Any]:
    """pread(2) of a socket, which cannot be sought in."""
    return _positioned(pending)


@traced("pwrite64", any_file=True, count=2, at_entry=_sends, at_exit=_sent)
def pwrite64(pending: PendingCall) -> dict[str, Any]:
    """pwrite(2) to a socket, which cannot be sought in."""
    return _positioned(pending)


def _moved(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        pending.size_bytes = pending.result
        common.refresh(pending)


@traced("sendfile", any_file=True, count=3, at_exit=_moved)
def sendfile(pending: PendingCall) -> dict[str, Any]:
    """sendfile(2) to a socket."""
    return {"in_fd": signed_int(pending.arguments[1]), "count": pending.arguments[3]}


def _splices(pending: PendingCall) -> bool:
    """Take the end that is a socket as what the call is made on."""
    for place in (0, 2):
        descriptor = signed_int(pending.arguments[place])
        if opened := pending.process.descriptors.socket(descriptor):
            pending.descriptor, pending.opened = descriptor, opened
            return True
    return False


@traced("splice", descriptor=None, count=4, relevant=_splices, at_exit=_moved)
def splice(pending: PendingCall) -> dict[str, Any]:
    """splice(2) from a socket or to one."""
    source, _, target, _, count, flags = pending.arguments
    return {
        "fd_in": signed_int(source),
        "fd_out": signed_int(target),
        "len": count,
        "flags": names.mask(names.SPLICE_FLAGS, flags & 0xFFFFFFFF),
    }
