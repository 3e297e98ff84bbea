"""`lab run --report`: the page of a real run, on every engine, says what really happened."""

from pathlib import Path

from lab.api.engine import Engine
from lab.report.reading import read
from tests.integration import command

SCENARIO = """\
title: The first segment is lost, and another peer says nothing
shows: the server reads all the same
reproduces: [late]
hosts: [server, client]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {on: client, call: connect, as: c, to: "server:21567"}
  - {on: server, call: accept, socket: door, as: s}
  - {fault: drop, link: client -> server, data: true, first: 1, as: loss}
  - {on: client, call: sendall, socket: c, data: hello}
  - {on: server, call: recv, socket: s, gives: hello}
  - {on: server, call: recv, socket: s, blocks: 300ms}
"""


def test_page_shows_what_really_happened(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "first-lost.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    results = tmp_path / "results"
    asked = ("--engine", engine.name, "--results", str(results), "--report")
    done = command.run("run", str(file), *asked)
    assert done.returncode == 0, done.stderr + done.stdout
    folder = results / "first-lost" / "001"
    assert f"page: {folder / 'report.html'}" in done.stdout
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "server: recv did not return: it was still waiting" in text
    run = read(folder)
    assert run.missing == ()
    assert run.hosts == ("client", "server")
    calls = {(call.host, call.name, call.result): call for call in run.calls}
    sent = [run.packets[number] for number in calls["client", "sendall", "ok"].packets]
    carrying = [packet for packet in sent if packet.length]
    assert carrying[0].fate == "dropped"
    assert carrying[0].fault == "loss"
    assert "retransmission" in carrying[1].marks
    # A call that has not returned began when it was asked for, not when that was found out.
    waiting = calls["server", "recv", "has not returned"]
    assert 250e6 < waiting.looked_ns - waiting.began_ns < 5e9
