"""What is given to others of a call that was seen."""

import json
from dataclasses import fields
from functools import lru_cache

from lab.agent.call_server.encoding import encode
from lab.agent.tracing.task import PendingCall
from lab.agent.tracing.traced_call import NO_SOCKET, Notice, SocketState, TracedCall
from lab.net.constants import errno_name

_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_NO_DATA = _json(encode(b""))
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


def text(call: TracedCall) -> str:
    """Return a call as JSON; `data` as `call_server.encoding` has bytes.

    Most texts are the same again and again: numbers aside, only arguments and data are made anew.
    """
    return (
        f'{{"root":{call.root},"pid":{call.pid},"tid":{call.tid},"own_pid":{call.own_pid},'
        f'"own_tid":{call.own_tid},"program":{_known(call.program)},"call":{_known(call.call)},'
        f'"began_ns":{call.began_ns},"descriptor":{_number(call.descriptor)},'
        f'"socket":{_socket(call.socket)},"made":{_socket(call.made)},'
        f'"arguments":{_json(call.arguments) if call.arguments else "{}"},'
        f'"data":{_json(encode(call.data)) if call.data else _NO_DATA},'
        f'"size_bytes":{_number(call.size_bytes)},"result":{_number(call.result)},'
        f'"error":{_known(call.error)},"ended_ns":{_number(call.ended_ns)},'
        f'"restarts":{call.restarts},"fault":{_number(call.fault)}}}'
    )


def notice_text(notice: Notice) -> str:
    """Return a notice as JSON."""
    return _json({name: getattr(notice, name) for name in _NAMES[Notice]})


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


@lru_cache(1024)
def _known(value: str | None) -> str:
    return _json(value)


@lru_cache(1024)
def _socket(state: SocketState) -> str:
    return _json({name: getattr(state, name) for name in _NAMES[SocketState]})
