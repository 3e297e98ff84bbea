"""What is given to others of a call that was seen."""

from lab.agent.tracing.task import PendingCall
from lab.agent.tracing.traced_call import NO_SOCKET, TracedCall
from lab.net.constants import errno_name


def call(pending: PendingCall) -> TracedCall:
    """Return a call as a value."""
    task, result = pending.task, pending.result
    failed = result is not None and -4096 < result < 0
    process = task.process
    return TracedCall(
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
