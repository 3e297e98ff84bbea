"""The tracer of a host's programs as a process: JSON lines on its standard streams.

A request is {"id": NUMBER, "do": VERB, ...}; its response has the id and "done": {...}, "invalid":
TEXT where the request makes no sense, or "failed": TEXT. Verbs: hello; trace (`pid`: a process that
stops itself with SIGSTOP, which goes on then); add (`values`: a fault of calls; `addresses`: those
of hosts, by name), status and lift (`fault`: its number). Between responses there are
{"call": ...} for each call, {"notice": ...} for what cannot be seen, and {"exited": PID} for each
process that has ended.

When nobody is at the other end any more, it ends, and with it what it traces.
"""

import errno
import gc
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from lab.agent.tracing import reporting
from lab.agent.tracing.fault import CallFault
from lab.agent.tracing.tracer import Tracer
from lab.net.parameters import ParameterError

_PIECE_BYTES = 1 << 16
_STOPS_WITHIN_S, _LOOK_AGAIN_S = 10.0, 0.001
_Request = Mapping[str, Any]


def serve() -> NoReturn:
    """Do what is requested until nobody requests anything any more; then end this process."""
    try:
        server = _Server()
        threading.Thread(target=_read, args=(server,), daemon=True).start()
        gc.freeze()
        gc.disable()
        server.tracer.run(forever=True)
    except OSError:  # nobody is there to read it
        pass
    finally:
        os._exit(0)


def _read(server: "_Server") -> NoReturn:
    try:
        for line in _lines():
            server.receive(json.loads(line))
    finally:
        os._exit(0)


def _lines() -> Iterator[bytes]:
    left = b""
    with suppress(OSError):
        while piece := os.read(0, _PIECE_BYTES):
            *lines, left = (left + piece).split(b"\n")
            yield from lines


def _send(message: Mapping[str, Any]) -> None:
    left = json.dumps(message).encode() + b"\n"
    while left:
        left = left[os.write(1, left) :]


class _Server:
    """Does what is requested. Only the tracer's thread sends anything."""

    def __init__(self) -> None:
        self.tracer = Tracer(
            lambda call: _send({"call": reporting.as_json(call)}),
            lambda notice: _send({"notice": reporting.as_json(notice)}),
            lambda pid: _send({"exited": pid}),
        )
        self._last = 0
        self._faults: dict[int, CallFault] = {}
        self._verbs: dict[str, Callable[[_Request], dict[str, Any]]] = {
            "hello": lambda _request: {},
            "trace": self._trace,
            "add": self._add,
            "status": lambda request: _status(self._find(request)),
            "lift": self._lift,
        }

    def receive(self, request: _Request) -> None:
        """Take a request; of any thread."""
        why = ""
        if request["do"] == "trace":
            try:
                _wait_until_stopped(request["pid"])
            except OSError as error:
                why = error.strerror or str(error)
        self.tracer.request(partial(self._handle, request, why))

    def _handle(self, request: _Request, why: str) -> None:
        if why:
            _send({"id": request["id"], "failed": why})
            return
        response: dict[str, Any]
        try:
            response = {"done": self._verbs[request["do"]](request)}
        except ParameterError as error:
            response = {"invalid": str(error)}
        except OSError as error:
            response = {"failed": error.strerror or str(error)}
        _send({"id": request["id"], **response})

    def _trace(self, request: _Request) -> dict[str, Any]:
        self.tracer.attach(request["pid"], resume=True)
        return {}

    def _add(self, request: _Request) -> dict[str, Any]:
        fault = CallFault(self._last + 1, request["values"], request.get("addresses", {}))
        self._last += 1
        self._faults[self._last] = fault
        self.tracer.faults.append(fault)
        return _status(fault)

    def _lift(self, request: _Request) -> dict[str, Any]:
        fault = self._find(request)
        self.tracer.faults.remove(fault)
        del self._faults[fault.number]
        return _status(fault)

    def _find(self, request: _Request) -> CallFault:
        number = request["fault"]
        if number not in self._faults:
            text = f"fault {number}: there is none of that number"
            raise ParameterError(text)
        return self._faults[number]


def _status(fault: CallFault) -> dict[str, Any]:
    return {"fault": fault.number, "matched_calls": fault.matched, "acted_calls": fault.acted}


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
