"""Scenarios with traced programs, on both engines: what is expected of their calls, and found."""

from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.errors import ScenarioError
from lab.evidence.verdict import Judgement, Verdict
from lab.runner import run
from lab.scenario.reader import read
from tests.integration.own_lab import quiet

# What it does is on the lines of `-c`; its errors do not matter.
CLIENT = """\
title: A client of a slow and broken network
shows: its calls say what happened
hosts: [server, client]
trace: [client]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {fault: drop, link: client -> server, tcp: syn, first: 1, as: loss}
  - on: client
    run:
      - python3
      - -c
      - |
        import socket
        with socket.socket() as line:
            line.connect(("server", 21567))
            line.recv(100)
    later: program
  - {on: server, call: accept, socket: door, as: s, within: 20s}
  - {lift: loss, acted: 1}
  - {wait: {calls: {on: client, of: program, call: connect, to: server}, gives: 0}}
  - {on: server, call: abort, socket: s}
  - {wait: {calls: {on: client, of: program, call: recv}, raises: ECONNRESET}}
  - {collect: program, exit: 1}
"""
CONNECT = 'on: client, program: python3, call: connect, to: "server:21567", protocol: tcp'
# A program with a timeout, whose connect does not wait.
REFUSED = """\
title: A client with a timeout is refused
shows: connect gave EINPROGRESS, and what came of it the program asked for later
hosts: [server, client]
steps:
  - on: client
    run:
      - python3
      - -c
      - |
        import socket
        line = socket.socket()
        line.settimeout(20)
        try:
            line.connect(("server", 21567))
        except ConnectionRefusedError:
            print("refused")
    trace: true
    output: "refused\\n"
"""


def play(engine: Engine, folder: Path, text: str, *expected: str) -> list[Judgement]:
    """Play a scenario with these conditions expected; return the judgements on them."""
    path = folder / "traced.yaml"
    steps = [f"  - {{expect: {{{one}}}}}\n" for one in expected]
    path.write_text(text + "".join(steps), encoding="utf-8")
    outcome = run.run(engine, read(path), folder, show=lambda *_: None, progress=quiet)
    assert run.verify(outcome.folder).judgements == outcome.judgements
    judged = outcome.judgements
    first = len(judged) - len(expected)
    assert [one for one in judged[:first] if one.verdict is not Verdict.PASS] == []
    return list(judged[first:])


def test_calls_of_a_program_are_as_expected_or_say_what_they_are(
    engine: Engine, tmp_path: Path
) -> None:
    received = "on: client, program: python3, call: recv, peer: server, family: ipv4"
    good = (
        f"calls: {{{CONNECT}}}, gives: 0, after: 900ms, within: 20s, count: 1",
        f"calls: {{{received}}}, raises: ECONNRESET, count: 1",
        "calls: {on: client, program: python3, call: send, peer: server}, count: 0",
    )
    bad = (
        f"calls: {{{CONNECT}}}, raises: ETIMEDOUT",
        f"calls: {{{received}}}, gives: 0",
    )
    unknown = ("calls: {on: client, program: wget}, count: 0",)
    judged = play(engine, tmp_path, CLIENT, *good, *bad, *unknown)
    assert [one.verdict for one in judged] == [
        *(Verdict.PASS for _ in good),
        *(Verdict.FAIL for _ in bad),
        Verdict.UNKNOWN,
    ]
    found = [one.found for one in judged[len(good) :]]
    assert found[0].startswith("0; not so: connect to server:21567 gave 0 in ")
    assert found[1].startswith("0; not so: recvfrom to server:21567 raised ECONNRESET in ")
    assert found[2].startswith("0; no call of a program wget was seen on client; seen: ")


def test_a_connect_that_does_not_wait_is_what_came_of_it(engine: Engine, tmp_path: Path) -> None:
    judged = play(
        engine,
        tmp_path,
        REFUSED,
        f"calls: {{{CONNECT}}}, raises: ECONNREFUSED, count: 1",
        f"calls: {{{CONNECT}}}, raises: EINPROGRESS, count: 1",
        f"calls: {{{CONNECT}}}, gives: 0, count: 0",
    )
    assert [one.verdict for one in judged] == [Verdict.PASS] * 3, judged


def test_a_program_that_goes_on_may_do_more(engine: Engine, tmp_path: Path) -> None:
    text = CLIENT.replace("line.recv(100)", "line.recv(100); line.recv(100)")
    until_reset, _, _ = text.partition("  - {on: server, call: abort")
    judged = play(
        engine,
        tmp_path,
        until_reset,
        f"calls: {{{CONNECT}}}, gives: 0",
        f"calls: {{{CONNECT}}}, gives: 0, count: 1",
        "calls: {on: client, program: python3, call: recv}, raises: ECONNRESET",
    )
    assert [one.verdict for one in judged] == [*(Verdict.PASS, Verdict.UNKNOWN, Verdict.UNKNOWN)]
    assert "was still under way when the run ended" in judged[1].found


def test_calls_of_what_nobody_traces_are_refused_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "untraced.yaml"
    text = CLIENT.replace("trace: [client]\n", "")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        read(path)
    lines = str(refused.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"{path}:{line}" for line in (19, 21)]
    assert "of: 'program' is not traced: line 7 runs 'python3 -c import socket" in lines[0]
