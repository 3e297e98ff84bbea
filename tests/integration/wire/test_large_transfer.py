"""Many megabytes cross a lossy link in a scenario: the evidence has every packet, and is small."""

import json
from pathlib import Path

from lab.api.engine import Engine
from tests.integration import command

SIZE = 50_000_000
MSS = 1448
MOST_EVIDENCE = SIZE // 2
SCENARIO = f"""\
title: Many megabytes cross a lossy link
shows: every packet of them is in the evidence
hosts: [server, client]
steps:
  - {{on: server, run: [python3, -c, "import socket; s=socket.create_server(('',21567));
      print('ready', flush=True); c=s.accept()[0];
      print(sum(iter(lambda: len(c.recv(1<<20)), 0)))"], later: sink}}
  - {{wait: {{output: ready, of: sink}}, within: 10s}}
  - {{fault: drop, link: client -> server, protocol: tcp, data: true, probability: 0.005, seed: 7,
      as: loss}}
  - {{on: client, run: [python3, -c, "import socket;
      c=socket.create_connection(('server',21567)); c.sendall(bytes({SIZE})); c.close()"],
      within: 60s}}
  - {{collect: sink, output_matches: '{SIZE}', within: 60s}}
  - {{lift: loss, at_least: 20}}
  - {{expect: {{packets: {{link: client -> server, data: true}}, at_least: {SIZE // MSS}}}}}
"""


def test_evidence_of_many_megabytes_is_whole(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(SCENARIO)
    done = command.run("run", str(file), "--engine", engine.name, "--results", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "large" / "001"
    assert json.loads((folder / "verdict.json").read_text())["verdict"] == "PASS"
    assert sum(one.stat().st_size for one in folder.iterdir()) < MOST_EVIDENCE
