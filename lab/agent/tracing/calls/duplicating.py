"""Calls that make more descriptors for a socket, and such as leave the tracer blind."""

from typing import Any

from lab.agent.tracing import names
from lab.agent.tracing.kinds import traced
from lab.agent.tracing.ptrace import signed_int
from lab.agent.tracing.task import PendingCall


def _is_known(pending: PendingCall) -> bool:
    table = pending.process.descriptors.table
    descriptor = signed_int(pending.arguments[0])
    pending.descriptor, pending.opened = descriptor, pending.process.descriptors.socket(descriptor)
    return descriptor in table


def _is_of_socket(pending: PendingCall) -> bool:
    return pending.opened is not None


def _duplicated(pending: PendingCall) -> None:
    if (result := pending.result) is None or result < 0 or pending.descriptor is None:
        return
    pending.process.descriptors.duplicate(pending.descriptor, result)
    if pending.opened:
        pending.made = pending.opened.state


def _replaces(pending: PendingCall) -> bool:
    """Tell whether either descriptor is of interest: the new one may be a socket until now."""
    known = _is_known(pending)
    return known or signed_int(pending.arguments[1]) in pending.process.descriptors.table


@traced(
    "dup",
    descriptor=None,
    uses=True,
    relevant=_is_known,
    reported=_is_of_socket,
    at_exit=_duplicated,
)
def dup(_pending: PendingCall) -> dict[str, Any]:
    """dup(2) of a socket."""
    return {}


def _dup2(pending: PendingCall) -> dict[str, Any]:
    found: dict[str, Any] = {"newfd": signed_int(pending.arguments[1])}
    if pending.kind.name == "dup3":
        flags = pending.arguments[2] & 0xFFFFFFFF
        found["flags"] = names.mask(names.DESCRIPTOR_FLAGS, flags)
    return found


for _name in ("dup2", "dup3"):
    traced(
        _name,
        descriptor=None,
        uses=True,
        relevant=_replaces,
        reported=_is_of_socket,
        at_exit=_duplicated,
    )(_dup2)


def _copies(pending: PendingCall) -> bool:
    return signed_int(pending.arguments[1]) in names.FCNTL and _is_known(pending)


@traced(
    "fcntl",
    descriptor=None,
    uses=True,
    relevant=_copies,
    reported=_is_of_socket,
    at_exit=_duplicated,
)
def fcntl(pending: PendingCall) -> dict[str, Any]:
    """fcntl(2) with F_DUPFD or F_DUPFD_CLOEXEC, of a socket."""
    command, least = (signed_int(one) for one in pending.arguments[1:3])
    return {"op": names.one(names.FCNTL, command), "arg": least}


@traced("io_uring_setup", descriptor=None)
def io_uring_setup(pending: PendingCall) -> dict[str, Any]:
    """io_uring_setup(2): what is done through the ring is not seen."""
    return {"entries": pending.arguments[0] & 0xFFFFFFFF}


@traced("ptrace", descriptor=None, reported=lambda _pending: False)
def ptrace(_pending: PendingCall) -> dict[str, Any]:
    """ptrace(2): a program that traces others."""
    return {}
