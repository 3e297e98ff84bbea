"""The caller: reads questions, makes each call in a thread of its own, answers when it returns.

A question is {"id": 7, "call": "recv", "arguments": {"socket": "c"}}; the answer {"id": 7,
"began_ns": ..., "ended_ns": ..., "gave": VALUE}, or "raised" in place of "gave" (`encoding` has
both). With "tell" true, {"id": 7, "begun_ns": ...} comes as soon as the call begins. Times are of
CLOCK_REALTIME at the beginning; what passed until the end is of CLOCK_MONOTONIC. `ends` has the
addresses of the socket that it was about (`Handles.ends`). When the questions end, so does the
process, whatever its threads wait for.
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


class Caller:
    """One process's calls."""

    def __init__(self, questions: int, answers: int) -> None:
        self._questions = questions
        self._answers = answers
        self._opened = Handles()
        self._lock = threading.Lock()

    def run(self) -> NoReturn:
        """Serve until the questions end; never return."""
        try:
            calls.table()  # so that no call waits for what is loaded
            rest = b""
            while piece := os.read(self._questions, _PIECE_BYTES):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    self._begin(json.loads(line))
        finally:
            self._opened.remove_folder()
            os._exit(0)

    def _begin(self, question: dict[str, Any]) -> None:
        try:
            threading.Thread(target=self._make, args=(question,), daemon=True).start()
        except RuntimeError as error:  # no more threads
            now_ns = time.time_ns()
            self._answer(question, began_ns=now_ns, ended_ns=now_ns, raised=encode_error(error))

    def _make(self, question: dict[str, Any]) -> None:
        began_ns, clock_ns = time.time_ns(), time.monotonic_ns()
        outcome: dict[str, Any]
        try:
            call = calls.find(question["call"])
            given = call.checked(question["arguments"], call.name)
            if question.get("tell"):
                self._answer(question, begun_ns=began_ns)
            began_ns, clock_ns = time.time_ns(), time.monotonic_ns()
            gave = call.make(self._opened, given)
            ended_ns = began_ns + time.monotonic_ns() - clock_ns
            outcome = {"gave": encode(gave)}
        except BaseException as error:  # whatever it was is the answer
            ended_ns = began_ns + time.monotonic_ns() - clock_ns
            outcome = {"raised": encode_error(error)}
        arguments = question["arguments"]
        if ends := self._opened.ends(arguments.get("as") or arguments.get("socket")):
            outcome["ends"] = ends
        self._answer(question, began_ns=began_ns, ended_ns=ended_ns, **outcome)

    def _answer(self, question: dict[str, Any], **answer: Any) -> None:
        line = json.dumps({"id": question["id"], **answer}).encode() + b"\n"
        with self._lock:
            while line:
                try:
                    line = line[os.write(self._answers, line) :]
                except OSError:  # nobody is there any more
                    self._opened.remove_folder()
                    os._exit(0)
