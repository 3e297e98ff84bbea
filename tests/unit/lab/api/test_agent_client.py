"""A connection to an agent: what counts as an answer, and what as the agent's end."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from lab.api import agent_client
from lab.api.agent_client import AgentClient
from lab.errors import AgentEndedError, EngineError, UsageError

HELLO = b'{"done": {}}\n'


@pytest.fixture
def ends() -> Iterator[tuple[AgentClient, socket.socket]]:
    ours, theirs = socket.socketpair()
    with theirs:
        agent = AgentClient("server", ours)
        yield agent, theirs
        agent.close()


def test_an_answer_may_come_in_pieces(ends: tuple[AgentClient, socket.socket]) -> None:
    agent, theirs = ends

    def answer() -> None:
        theirs.recv(1000)
        theirs.sendall(b'{"done": ')
        theirs.sendall(b'{"x": 1}}\n{"done": 2}\n')

    thread = threading.Thread(target=answer)
    thread.start()
    assert agent.ask("status") == {"x": 1}
    assert agent.ask("status") == 2
    thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"half a line",
        b"OCI runtime exec failed: setns process: exit status 1: unknown\r\n",
        b"[]\n",
        b"{}\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
    ],
)
def test_anything_but_an_answer_is_the_end(
    ends: tuple[AgentClient, socket.socket], answer: bytes
) -> None:
    agent, theirs = ends
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    assert not agent.answers()
    with pytest.raises(AgentEndedError, match=r"^server: the agent on its wire: it has ended$"):
        agent.ask("list")


def test_what_the_agent_refuses_is_an_error(ends: tuple[AgentClient, socket.socket]) -> None:
    agent, theirs = ends
    theirs.sendall(b'{"invalid": "drop: no"}\n{"failed": "Operation not permitted", "errno": 1}\n')
    with pytest.raises(UsageError, match=r"^drop: no$"):
        agent.ask("add")
    with pytest.raises(EngineError, match=r"^server: .*: Operation not permitted; lab doctor"):
        agent.ask("add")


def test_it_is_known_to_have_ended_without_asking(ends: tuple[AgentClient, socket.socket]) -> None:
    agent, theirs = ends
    assert not agent.ended
    theirs.sendall(HELLO)
    assert not agent.ended
    assert agent.ask("hello") == {}
    theirs.close()
    assert agent.ended


def test_an_answer_that_comes_too_late_is_never_taken_for_the_next_ones(
    ends: tuple[AgentClient, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_client, "_ANSWER_WITHIN_S", 0.05)
    agent = AgentClient("server", ends[0].stream()[0])
    with pytest.raises(EngineError, match=r"^server: .*: it has not answered for 0.05 s$"):
        agent.ask("status")
    with contextlib.suppress(BrokenPipeError):  # nobody is there to read it
        ends[1].sendall(b'{"done": "late"}\n')
    assert agent.ended
    with pytest.raises(AgentEndedError):
        agent.ask("list")


def test_one_that_just_ends_is_begun_again() -> None:
    agents = [b"", b"task abc not found: not found\r\n", HELLO]
    begun: list[socket.socket] = []

    def connect() -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.sendall(agents[len(begun)])
        theirs.shutdown(socket.SHUT_WR)
        begun.append(theirs)
        return ours

    AgentClient.begin("server", connect).close()
    assert len(begun) == len(agents)
    for one in begun:
        one.close()
