"""A run that loses packets between its hosts says so, and takes no count of packets for certain."""

import secrets
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import report
from lab.api import lifecycle
from lab.api.engine import Engine
from lab.evidence import verdict_file
from lab.evidence.verdict import Judgement, Verdict, failures
from lab.net.packet import UDP
from lab.runner import run
from lab.scenario.reader import read
from lab.scenario.steps import Step
from tests.integration import command
from tests.integration.lossy_bridge import LossyBridge

SCENARIO = """\
title: A datagram is lost on the way
shows: nobody knows how many there were
hosts: [server, client]
steps:
  - {on: server, call: bind, as: s, type: datagram, port: 21567}
  - {on: client, call: connect, as: c, type: datagram, to: "server:21567"}
  - {on: client, call: send, socket: c, data: lost}
  - {on: client, call: send, socket: c, data: comes}
  - {on: server, call: recv, socket: s, gives: comes}
  - {expect: {packets: {link: client -> server, protocol: udp}, count: 1}}
  - {expect: {packets: {link: client -> server, protocol: udp}, at_least: 1}}
  - {expect: {packets: {link: server -> client}, count: 0}}
"""
CONNECTS, IS_LOST, COUNTS = 6, 7, 10  # lines
LOST = "1 packet from client to server was lost outside of the lab (1 UDP)"


def test_it_is_unknown_and_tells_why(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lossy.yaml"
    file.write_text(SCENARIO)
    token = secrets.token_hex(4)
    monkeypatch.setattr(run, "secrets", SimpleNamespace(token_hex=lambda _bytes: token))
    with ExitStack() as lossy:

        def after(step: Step, _judged: list[Judgement], _took_s: float) -> None:
            if step.line == CONNECTS:
                lab = lifecycle.find([namespaces], f"run-{token}")
                address = lab.host("client").status().addresses[0]
                bridge = lossy.enter_context(LossyBridge(lab, address, UDP))
                # Before the block ends, so that it can be asked.
                lossy.callback(bridge.wait_for, 1)
            elif step.line == IS_LOST:
                lossy.close()

        outcome = run.run(
            namespaces, read(file), tmp_path, show=after, progress=lambda _d, _t: None
        )
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.lost_outside == (LOST,)
    (unknown,) = failures(outcome.judgements)
    assert (unknown.line, unknown.found) == (COUNTS, f"1; {LOST}")
    assert run.verify(outcome.folder).judgements == outcome.judgements
    assert verdict_file.read(outcome.folder).lost_outside == (LOST,)
    verified = command.run("verify", str(outcome.folder))
    assert verified.returncode == 3
    assert f"  {LOST}; lab doctor" in verified.stdout
    assert f"{LOST}." in report.write(outcome.folder).read_text()
