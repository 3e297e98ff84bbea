"""The tracer of one program as a process: JSON lines on its standard streams.

It reads {"trace": PID}, of a process that stops itself (SIGSTOP), lets it go on, and answers
{"traced": PID}, or {"failed": TEXT} and ends. Then it writes {"call": ...} for each call,
{"notice": ...} for what cannot be seen, {"exited": PID} for each process that has ended, and
{"ended": true} when all have.
When nobody is at the other end any more, it ends, and with it what it traces.
"""

import errno
import gc
import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from lab.agent.call_server import encoding
from lab.agent.tracing.traced_call import Notice, SocketState, TracedCall
from lab.agent.tracing.tracer import Tracer

_MOST_REQUEST_BYTES = 4096
_STOPS_WITHIN_S, _LOOK_AGAIN_S = 10.0, 0.001


def serve() -> NoReturn:
    """Trace what is asked for, to its end; then end this process."""
    try:
        _trace()
    except OSError:  # nobody is there to read it
        pass
    finally:
        os._exit(0)


def _trace() -> None:
    tracer = Tracer(
        lambda call: _send({"call": _call(call)}),
        lambda notice: _send({"notice": _notice(notice)}),
        lambda pid: _send({"exited": pid}),
    )
    request = os.read(0, _MOST_REQUEST_BYTES)
    if not request:
        return
    pid = int(json.loads(request)["trace"])
    try:
        _wait_until_stopped(pid)
        tracer.attach(pid, resume=True)
    except OSError as error:
        _send({"failed": error.strerror or str(error)})
        return
    _send({"traced": pid})
    threading.Thread(target=_end_with_reader, daemon=True).start()
    gc.freeze()
    gc.disable()
    tracer.run()
    _send({"ended": True})


def _wait_until_stopped(pid: int) -> None:
    """Wait until a process has stopped itself; OSError when it has ended, or does not stop."""
    until_s = time.monotonic() + _STOPS_WITHIN_S
    while True:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        if state == b"T":
            return
        if time.monotonic() > until_s:
            raise OSError(errno.ETIMEDOUT, f"process {pid} has not stopped before it begins")
        time.sleep(_LOOK_AGAIN_S)  # the pause of a poll, bounded by the deadline


def _send(message: Mapping[str, Any]) -> None:
    left = json.dumps(message).encode() + b"\n"
    while left:
        left = left[os.write(1, left) :]


def _end_with_reader() -> NoReturn:
    with suppress(OSError):
        while os.read(0, _MOST_REQUEST_BYTES):
            pass
    os._exit(0)


def _call(call: TracedCall) -> dict[str, Any]:
    """Return a call as JSON; its process and thread are those that the program itself knows."""
    return {
        "pid": call.own_pid,
        "tid": call.own_tid,
        "program": call.program,
        "call": call.call,
        "descriptor": call.descriptor,
        "socket": _socket(call.socket),
        "made": _socket(call.made),
        "arguments": call.arguments,
        "data": encoding.encode(call.data) if call.data else None,
        "size_bytes": call.size_bytes,
        "result": call.result,
        "error": call.error,
        "began_ns": call.began_ns,
        "ended_ns": call.ended_ns,
        "restarts": call.restarts,
    }


def _socket(state: SocketState) -> dict[str, str] | None:
    if not state.family:
        return None
    return {
        "family": state.family,
        "type": state.type,
        "protocol": state.protocol,
        "local": state.local,
        "peer": state.peer,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "subject": notice.subject,
        "pid": notice.pid,
        "program": notice.program,
        "detail": notice.detail,
        "at_ns": notice.at_ns,
    }
