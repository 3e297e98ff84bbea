"""Calls that send and receive messages: addresses, buffers and ancillary data (struct msghdr)."""

import socket
import struct
from typing import Any, NamedTuple

from lab.agent.tracing import memory
from lab.agent.tracing.calls import common
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.task import PendingCall

_HEADER = struct.Struct("=QI4xQQQQi4x")
_ENTRY_BYTES = _HEADER.size + 8  # struct mmsghdr: a header, and how many bytes it was
_LENGTH = struct.Struct("=I")
_CONTROL = struct.Struct("=Qii")  # struct cmsghdr
_MOST_CONTROL_BYTES = 4096
_CREDENTIALS, _RIGHTS = 2, 1
_CONTROL_TYPES = {_RIGHTS: "SCM_RIGHTS", _CREDENTIALS: "SCM_CREDENTIALS"}


class _Header(NamedTuple):
    name: int
    name_bytes: int
    vectors: int
    buffers: int
    control: int
    control_bytes: int
    flags: int


def _header(pending: PendingCall, address: int) -> _Header | None:
    data = common.read(pending, address, _HEADER.size)
    return _Header._make(_HEADER.unpack(data)) if len(data) == _HEADER.size else None


def _control(pending: PendingCall, header: _Header) -> list[dict[str, Any]]:
    """Return the ancillary data by level, type, and descriptors where it has some."""
    data = common.read(pending, header.control, min(header.control_bytes, _MOST_CONTROL_BYTES))
    found: list[dict[str, Any]] = []
    at = 0
    while at + _CONTROL.size <= len(data) and len(found) < common.MOST_SHOWN:
        size, level, kind = _CONTROL.unpack_from(data, at)
        if size < _CONTROL.size:
            break
        one: dict[str, Any] = {"cmsg_level": level, "cmsg_type": kind}
        if level == socket.SOL_SOCKET:
            one = {"cmsg_level": "SOL_SOCKET", "cmsg_type": _CONTROL_TYPES.get(kind, kind)}
            if kind == _RIGHTS:
                held = data[at + _CONTROL.size : at + size]
                one["fds"] = [int(of) for (of,) in struct.iter_unpack("=i", held[: len(held) & ~3])]
        found.append(one)
        at += (size + 7) & ~7
    return found


def _message(pending: PendingCall, address: int) -> _Header | None:
    """Note what a message that is sent has."""
    header = _header(pending, address)
    if header is None:
        return None
    if header.name:
        name = common.address_at(pending, header.name, header.name_bytes)
        pending.seen.setdefault("msg_name", name)
    if header.control_bytes and header.control:
        pending.seen.setdefault("msg_control", _control(pending, header))
    return header


def _sends(pending: PendingCall) -> None:
    if header := _message(pending, pending.arguments[1]):
        buffers = common.vectors(pending, header.vectors, header.buffers)
        pending.size_bytes = sum(size for _, size in buffers)
        pending.data = common.gathered(pending, buffers, pending.size_bytes)


def _given_peer(pending: PendingCall) -> None:
    if (header := _header(pending, pending.arguments[1])) and header.name:
        pending.peer = common.address_at(pending, header.name, header.name_bytes)


def _sent(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        pending.size_bytes = pending.result
        pending.data = pending.data[: pending.result]
        common.refresh(pending)


def _received(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        pending.size_bytes = pending.result
        _take(pending, pending.arguments[1], pending.result)


def _take(pending: PendingCall, address: int, size: int) -> None:
    """Note what a message that was received has, and the sockets that came with it."""
    header = _message(pending, address)
    if header is None:
        return
    if not pending.data:
        buffers = common.vectors(pending, header.vectors, header.buffers)
        pending.data = common.gathered(pending, buffers, size)
    pending.seen["msg_flags"] = common.message_flags(header.flags)
    if header.control_bytes and header.control:
        for one in _control(pending, header):
            for descriptor in one.get("fds", ()):
                pending.process.descriptors.table.pop(descriptor, None)
                pending.process.look(descriptor)


@traced("sendmsg", count=-2, uses=True, at_fault=_given_peer, at_entry=_sends, at_exit=_sent)
def sendmsg(pending: PendingCall) -> dict[str, Any]:
    """sendmsg(2)."""
    return {
        "msg_name": pending.seen.get("msg_name", ""),
        "msg_control": pending.seen.get("msg_control", []),
        "flags": common.message_flags(pending.arguments[2]),
    }


@traced("recvmsg", count=-2, uses=True, at_exit=_received)
def recvmsg(pending: PendingCall) -> dict[str, Any]:
    """recvmsg(2)."""
    return {**sendmsg(pending), "msg_flags": pending.seen.get("msg_flags", "0")}


def _several(pending: PendingCall, count: int, *, have_come: bool) -> None:
    """Note the sizes of messages, and what the first has."""
    sizes = []
    for number in range(min(count, common.MOST_SHOWN)):
        address = pending.arguments[1] + number * _ENTRY_BYTES
        data = memory.read(pending.task.tid, address + _HEADER.size, _LENGTH.size)
        if len(data) != _LENGTH.size:
            break
        sizes.append(int(_LENGTH.unpack(data)[0]))
        if have_come:
            _take(pending, address, sizes[-1])
    pending.seen["msg_len"] = sizes
    pending.size_bytes = sum(sizes)


def _sends_several(pending: PendingCall) -> None:
    if pending.arguments[2] & 0xFFFFFFFF:
        _sends(pending)


def _sent_several(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        _several(pending, pending.result, have_come=False)
        common.refresh(pending)


def _received_several(pending: PendingCall) -> None:
    if pending.result is not None and pending.result >= 0:
        _several(pending, pending.result, have_come=True)


def _several_arguments(pending: PendingCall) -> dict[str, Any]:
    return {
        "vlen": pending.arguments[2] & 0xFFFFFFFF,
        "flags": common.message_flags(pending.arguments[3]),
        "msg_name": pending.seen.get("msg_name", ""),
        "msg_control": pending.seen.get("msg_control", []),
        "msg_len": pending.seen.get("msg_len", []),
    }


traced("sendmmsg", uses=True, at_fault=_given_peer, at_entry=_sends_several, at_exit=_sent_several)(
    _several_arguments
)
traced("recvmmsg", uses=True, at_exit=_received_several)(_several_arguments)
