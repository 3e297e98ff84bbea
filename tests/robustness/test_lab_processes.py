"""The lab's own processes beside those of hosts: what they hold, and what comes of their end."""

import json
import secrets
from pathlib import Path

from lab.api.engine import Engine
from lab.evidence.verdict import Verdict
from tests.integration import command
from tests.integration.left import assert_nothing_left
from tests.integration.test_scenarios import play

# A host's own program ends the process that makes the host's calls, and its sockets with it.
ENDED = """\
title: A program ends the process that makes calls
shows: what came of it proves nothing
hosts: [server, client]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - on: server
    run:
      - sh
      - -c
      - |
        for one in /proc/[0-9]*; do
          grep -qas 'call[-_]server' "$one/cmdline" && kill -KILL "${one#/proc/}" && echo ended
        done; true
    output: "ended\\n"
  - {on: client, call: connect, as: c, to: "server:21567", raises: ECONNREFUSED}
"""


def test_the_end_of_what_makes_calls_proves_nothing(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "ended.yaml"
    file.write_text(ENDED, encoding="utf-8")
    outcome = play(engine, file, tmp_path / "results")
    assert outcome.verdict is Verdict.UNKNOWN, outcome
    lines = (outcome.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    ended = [one for one in map(json.loads, lines) if one["kind"] == "ended_by_others"]
    assert [(one["host"], one["part"]) for one in ended] == [("server", "call_server")]


def test_nothing_of_the_persons_environment_is_in_the_labs_processes(namespaces: Engine) -> None:
    name, secret = f"lab-test-{secrets.token_hex(3)}", secrets.token_hex(16)
    up = ("up", "--engine", namespaces.name, "--file", command.PAIR, "--name", name)
    assert command.run(*up, environment={"A_SECRET": secret}).returncode == 0
    try:
        fault = ("fault", "add", "--lab", name, "left", "right", "delay", "--delay-ms", "1")
        assert command.run(*fault, environment={"A_SECRET": secret}).returncode == 0
        found = environments(name)
        assert len(found) >= 6  # supervisor, two inits, two programs, an agent
        assert not [pid for pid, text in found.items() if secret in text]
    finally:
        command.run("down", name)
    assert_nothing_left(name, 15)


def environments(lab: str) -> dict[int, str]:
    """Return the environments of the processes of a lab, by their pids on this machine."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            text = (place / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"SOCKET_LAB={lab}" in text.split("\0"):
            found[int(place.name)] = text
    return found
