"""What is given to others of a call that was seen."""

from dataclasses import fields
from typing import Any

from lab.agent.call_server.encoding import encode
from lab.agent.tracing.task import PendingCall
from lab.agent.tracing.traced_call import NO_SOCKET, Notice, SocketState, TracedCall
from lab.net.constants import errno_name

_NAMES = {kind: [one.name for one in fields(kind)] for kind in (Notice, SocketState)}


def call(pending: PendingCall) -> TracedCall:
    """Return a call as a value."""
    task, result = pending.task, pending.result
    failed = result is not None and -4096 < result < 0
    process = task.process
    return TracedCall(
        root=process.root,
        pid=process.pid,
        tid=task.tid,
        own_pid=process.own_pid,
        own_tid=task.own_tid,
        program=process.program,
        call=pending.kind.name,
        descriptor=pending.descriptor,
        socket=pending.opened.state if pending.opened else NO_SOCKET,
        made=pending.made,
        arguments=pending.kind.arguments(pending),
        data=pending.data,
        size_bytes=pending.size_bytes,
        result=None if failed else result,
        error=errno_name(-result) if failed and result is not None else None,
        began_ns=pending.began_ns,
        ended_ns=pending.ended_ns,
        restarts=pending.restarts,
        fault=pending.fault,
    )


def as_json(value: TracedCall | Notice) -> dict[str, Any]:
    """Return a call or a notice as JSON has values; `data` as `call_server.encoding` has bytes."""
    if isinstance(value, Notice):
        return {name: getattr(value, name) for name in _NAMES[Notice]}
    return {
        **value._asdict(),
        "data": encode(value.data),
        "socket": _socket(value.socket),
        "made": _socket(value.made),
    }


def _socket(state: SocketState) -> dict[str, str]:
    return {name: getattr(state, name) for name in _NAMES[SocketState]}
