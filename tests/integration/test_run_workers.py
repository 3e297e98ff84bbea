"""A process of `lab run --jobs` that somebody ends is one run that is UNKNOWN; the others go on."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.evidence import event_file
from lab.evidence.events import End
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.waiting import wait_until

BLOCKS = """\
title: A server that waits for a client
shows: accept waits for as long as nobody comes
hosts: [server]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {on: server, call: accept, socket: door, as: s, blocks: 50s}
"""


def waits(folder: Path) -> bool:
    file = folder / event_file.FILE
    return file.exists() and '"call": "listen"' in file.read_text(encoding="utf-8")


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_process_that_others_end_is_one_run_that_is_unknown(
    namespaces: Engine, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "blocks.yaml").write_text(BLOCKS, encoding="utf-8")
    words = ["run", str(tmp_path / "blocks.yaml"), "refused", "no-path", "--jobs", "2"]
    options = ["--engine", namespaces.name, "--results", str(tmp_path)]
    with subprocess.Popen(
        [*command.ARGV, *words, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        folder = tmp_path / "blocks" / "001"
        wait_until(lambda: waits(folder), "it is in accept", LONGEST_S)
        wait_until(lambda: len(children(process.pid)) == 1, "the others have ended", LONGEST_S)
        os.kill(children(process.pid)[0], number)
        printed, said = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 3, said
    why = f"blocks: its process was ended by {number.name}; the evidence of it is in {folder}"
    assert said == f"note: {why}\n"
    assert printed.splitlines()[-1] == "3 runs: 2 PASS, 1 UNKNOWN"
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["verdict"] == "UNKNOWN"
    # Who has the time says what ended it.
    ended = isinstance(event_file.read(folder)[-1], End)
    assert ended == (number is not signal.SIGKILL)
