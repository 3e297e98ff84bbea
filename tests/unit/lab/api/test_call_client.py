"""A connection to a call server: whoever waits for a call is told, whatever comes."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lab.api.call_client import CallConnection
from lab.errors import EngineError

WITHIN_S = 20.0
ANSWER = {"id": 1, "began_ns": 5, "ended_ns": 6, "returned": 7}


@pytest.fixture
def ends() -> Iterator[tuple[CallConnection, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = CallConnection("server", lambda: ours)
        yield connection, theirs
        connection.close(WITHIN_S)


def test_a_result_is_one(ends: tuple[CallConnection, socket.socket]) -> None:
    connection, theirs = ends
    pending = connection.request("recv", {"socket": "c"})
    theirs.sendall(json.dumps(ANSWER).encode() + b"\n")
    result = pending.result(WITHIN_S)
    assert result
    assert (result.began_ns, result.ended_ns, result.value()) == (5, 6, 7)


@pytest.mark.parametrize(
    "answer",
    [
        b"OCI runtime exec failed: setns process: exit status 1: unknown\r\n",
        *(b"[]\n", b"\xff\n", b"[" * 100_000 + b"\n", b'{"id": []}\n', b'{"id": 1}\n'),
        *({**ANSWER, "began_ns": "x"}, {**ANSWER, "raised": "x"}, {**ANSWER, "raised": {"a": 1}}),
        {**ANSWER, "addresses": []},
    ],
)
def test_what_is_no_answer_ends_it_and_who_waits_is_told(
    ends: tuple[CallConnection, socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes | dict[str, Any],
) -> None:
    failed: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    connection, theirs = ends
    pending = connection.request("recv", {"socket": "c"}, confirm=True)
    line = answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"
    theirs.sendall(line)
    with pytest.raises(EngineError, match="server: what makes socket calls there sent no answer"):
        pending.result(WITHIN_S)
    assert failed == []
