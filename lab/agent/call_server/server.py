"""The call server: reads requests, makes each call in a thread of its own, answers when it returns.

A request is {"id": 7, "call": "recv", "arguments": {"socket": "c"}}; the answer {"id": 7,
"began_ns": ..., "ended_ns": ..., "returned": VALUE}, or "raised" in place of "returned" (`encoding`
has both). With "confirm" true, {"id": 7, "begun_ns": ...} comes as soon as the call begins. Times
are of CLOCK_REALTIME at the beginning; what passed until the end is of CLOCK_MONOTONIC. `addresses`
are those of the socket that it was about. When the requests end, so does the process, whatever its
threads wait for.
"""

import json
import os
import threading
import time
from typing import Any, NoReturn

from lab.agent import calls
from lab.agent.call_server.encoding import encode, encode_error
from lab.agent.call_server.handles import Handles

_PIECE_BYTES = 1 << 16


class CallServer:
    """One process's calls."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._opened = Handles()
        self._lock = threading.Lock()

    def run(self) -> NoReturn:
        """Serve until the requests end; never return."""
        try:
            calls.table()  # so that no call waits for what is loaded
            rest = b""
            while piece := os.read(self._requests, _PIECE_BYTES):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    self._begin(json.loads(line))
        finally:
            self._opened.remove_folder()
            os._exit(0)

    def _begin(self, request: dict[str, Any]) -> None:
        try:
            threading.Thread(target=self._make, args=(request,), daemon=True).start()
        except RuntimeError as error:  # no more threads
            now_ns = time.time_ns()
            self._answer(request, began_ns=now_ns, ended_ns=now_ns, raised=encode_error(error))

    def _make(self, request: dict[str, Any]) -> None:
        began_ns, clock_ns = time.time_ns(), time.monotonic_ns()
        outcome: dict[str, Any]
        try:
            call = calls.find(request["call"])
            given = call.checked(request["arguments"], call.name)
            if request.get("confirm"):
                self._answer(request, begun_ns=began_ns)
            began_ns, clock_ns = time.time_ns(), time.monotonic_ns()
            returned = call.make(self._opened, given)
            ended_ns = began_ns + time.monotonic_ns() - clock_ns
            outcome = {"returned": encode(returned)}
        except BaseException as error:  # whatever it was is the answer
            ended_ns = began_ns + time.monotonic_ns() - clock_ns
            outcome = {"raised": encode_error(error)}
        arguments = request["arguments"]
        if addresses := self._opened.addresses(arguments.get("as") or arguments.get("socket")):
            outcome["addresses"] = addresses
        self._answer(request, began_ns=began_ns, ended_ns=ended_ns, **outcome)

    def _answer(self, request: dict[str, Any], **answer: Any) -> None:
        line = json.dumps({"id": request["id"], **answer}).encode() + b"\n"
        with self._lock:
            while line:
                try:
                    line = line[os.write(self._answers, line) :]
                except OSError:  # nobody is there any more
                    self._opened.remove_folder()
                    os._exit(0)
