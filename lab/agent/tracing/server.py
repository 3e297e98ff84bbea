"""The tracer of a host's programs as a process: JSON lines on its standard streams.

A request is {"id": NUMBER, "do": VERB, ...}; its response has the id and "done": {...}, "invalid":
TEXT where the request makes no sense, or "failed": TEXT. Verbs: hello; trace (`pid`: a process that
stops itself with SIGSTOP, which goes on then); programs (of the host, that run and are not traced);
attach and release (`pid`: one that runs already; it goes on unharmed, and nothing of it is traced
any more when the response to release comes); add (`values`: a fault of calls; `addresses`: those of
hosts, by name), status and lift (`fault`: its number). Between responses there are {"call": ...}
for each call, {"notice": ...} for what cannot be seen, {"attached": ...} before the first call of a
process that was attached to, and {"exited": PID} for each process that has ended.

When nobody is at the other end any more, it lets go of what it has attached to, and ends, and with
it what it traces from the begin.
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

from lab.agent.tracing import host_processes, reporting
from lab.agent.tracing.fault import CallFault
from lab.agent.tracing.output import Output
from lab.agent.tracing.task import program
from lab.agent.tracing.tracer import Tracer
from lab.net.parameters import ParameterError

_PIECE_BYTES = 1 << 16
_STOPS_WITHIN_S, _LOOK_AGAIN_S = 10.0, 0.001
# What a thread waits for may end no sooner, such as a disk's answer; then the kernel lets go of it.
_LETS_GO_WITHIN_S = 5.0
_Request = Mapping[str, Any]


def serve() -> NoReturn:
    """Do what is requested until nobody requests anything any more; then end this process."""
    try:
        server = _Server()
        threading.Thread(target=_read, args=(server,), daemon=True).start()
        gc.freeze()
        gc.disable()
        server.tracer.run(forever=True)
    finally:
        os._exit(0)


def _read(server: "_Server") -> NoReturn:
    try:
        for line in _lines():
            server.receive(json.loads(line))
        ended = threading.Event()
        server.tracer.request(partial(server.end, ended.set))
        ended.wait(_LETS_GO_WITHIN_S)
    finally:
        os._exit(0)


def _lines() -> Iterator[bytes]:
    left = b""
    with suppress(OSError):
        while piece := os.read(0, _PIECE_BYTES):
            *lines, left = (left + piece).split(b"\n")
            yield from lines


class _Server:
    """Does what is requested. Only the tracer's thread sends anything."""

    def __init__(self) -> None:
        self._output = Output()
        send = self._output.send
        self.tracer = Tracer(
            lambda call: send(f'{{"call":{reporting.text(call)}}}'),
            lambda notice: send(f'{{"notice":{reporting.notice_text(notice)}}}'),
            lambda pid: send(json.dumps({"exited": pid})),
            self._output.flush,
        )
        self._last = 0
        self._faults: dict[int, CallFault] = {}
        self._verbs: dict[str, Callable[[_Request], dict[str, Any]]] = {
            "hello": lambda _request: {},
            "trace": self._trace,
            "programs": lambda _request: {"pids": host_processes.pids()},
            "attach": self._attach,
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

    def end(self, on_done: Callable[[], None]) -> None:
        """Let go of all that goes on without a tracer; of the tracer's thread alone."""
        left = self.tracer.unfiltered

        def let_go(root: int) -> None:
            left.discard(root)
            if not left:
                on_done()

        for root in list(left):
            self.tracer.release(root, partial(let_go, root))
        if not left:
            on_done()

    def _handle(self, request: _Request, why: str) -> None:
        if request["do"] == "release":
            self._release(request)
            return
        response: dict[str, Any]
        try:
            response = {"failed": why} if why else {"done": self._verbs[request["do"]](request)}
        except ParameterError as error:
            response = {"invalid": str(error)}
        except OSError as error:
            response = {"failed": error.strerror or str(error)}
        self._respond(request, response)

    def _respond(self, request: _Request, response: dict[str, Any]) -> None:
        self._output.send(json.dumps({"id": request["id"], **response}))

    def _trace(self, request: _Request) -> dict[str, Any]:
        self.tracer.attach(request["pid"], resume=True)
        return {}

    def _attach(self, request: _Request) -> dict[str, Any]:
        host_processes.refuse_own(request["pid"])
        pid = request["pid"]
        self.tracer.attach(pid, filtered=False)
        begun = {"root": pid, "program": program(pid), "at_ns": time.time_ns()}
        self._output.send(json.dumps({"attached": begun}))
        return {}

    def _release(self, request: _Request) -> None:
        """Let go of a process that was attached to; it may not stop before much later."""

        def done() -> None:
            self._respond(request, {"done": {"at_ns": time.time_ns()}})

        self.tracer.release(request["pid"], done)

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
