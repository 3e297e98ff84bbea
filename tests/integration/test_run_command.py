"""`lab run` as a person or a program uses it: several at a time, repeated, interrupted, in vain."""

import json
import os
import pty
import re
import secrets
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.api.engine import Engine
from lab.engines import choice
from lab.evidence import event_file
from lab.evidence.events import CallOutcome, End
from lab.scenario import catalogue
from tests import installed
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.waiting import wait_until

NAMESPACES = ("--engine", choice.NAMESPACES)
BLOCKS = """\
title: A server that waits for a client
shows: accept waits for as long as nobody comes
hosts: [server]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {on: server, call: accept, socket: door, as: s, blocks: 50s}
"""
LACKS = """\
services:
  one:
    image: socket-lab/any
    labels: {socket-lab.native: no-such-program-here}
  two:
    image: socket-lab/any
    labels: {socket-lab.native: sleep infinity}
"""
ASKS = """\
title: A server that this machine does not have
shows: nothing, here
compose: lacks.yaml
steps:
  - {on: two, call: connect, as: c, to: "one:21567"}
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_several_at_a_time_are_said_in_the_order_in_which_they_were_asked_for(
    engine: Engine, tmp_path: Path
) -> None:
    words = ["syn-lost", "refused", str(catalogue.find("abort")), "refused"]
    options = ["--jobs", "2", "--engine", engine.name, "--results", str(tmp_path)]
    found = command.run_json("run", *words, *options)
    assert [one["scenario"] for one in found] == ["syn-lost", "refused", "abort"]
    assert [one["counts"] for one in found] == [{"PASS": 1}] * 3
    for one in found:
        (run,) = one["runs"]
        assert Path(run["folder"], "verdict.json").exists()
        assert (run["engine"], run["verdict"], run["step"]) == (engine.name, "PASS", None)
        assert {judged["verdict"] for judged in run["judgements"]} == {"PASS"}


@pytest.mark.usefixtures("namespaces")
def test_what_is_repeated_is_summed_up(tmp_path: Path) -> None:
    words = ["refused", str(ROOT / "tests" / "negative" / "wrong-errno.yaml"), "--repeat", "2"]
    options = ["--jobs", "2", *NAMESPACES, "--results", str(tmp_path)]
    done = command.run("run", *words, *options)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-3:] == [
        "refused: 2 of 2 PASS",
        "wrong-errno: 2 of 2 FAIL",
        "4 runs: 2 PASS, 2 FAIL",
    ]
    refused, wrong = json.loads(command.run("run", *words, *options, "--json").stdout)
    assert (refused["verdict"], refused["counts"], refused["flaky"]) == ("PASS", {"PASS": 2}, False)
    assert (wrong["verdict"], wrong["counts"], len(wrong["runs"])) == ("FAIL", {"FAIL": 2}, 2)


@pytest.mark.usefixtures("namespaces")
def test_a_topic_and_a_folder_stand_for_their_files(tmp_path: Path) -> None:
    written(tmp_path, "mine.yaml", (ROOT / catalogue.find("refused")).read_text(encoding="utf-8"))
    results = str(tmp_path / "results")
    found = command.run_json("run", "unix/", str(tmp_path), *NAMESPACES, "--results", results)
    assert [one["scenario"] for one in found] == [
        *(path.stem for path in catalogue.paths("unix")),
        "mine",
    ]
    (tmp_path / "empty").mkdir()
    assert "no scenario" in command.refused(command.run("run", str(tmp_path / "empty")))


@pytest.mark.usefixtures("namespaces")
def test_a_fail_shows_the_packets_of_its_own_connection(tmp_path: Path) -> None:
    text = """\
title: Two connections, one of them silent
shows: the packets of the other one are no help
hosts: [server, client]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {on: client, call: connect, as: c, to: "server:21567"}
  - {on: server, call: accept, socket: door, as: s}
  - {on: client, call: connect, as: d, to: "server:21567"}
  - {on: server, call: accept, socket: door, as: t}
  - {fault: drop, link: client -> server, data: true, as: loss}
  - {on: client, call: send, socket: c, data: lost, gives: 4}
  - {wait: {packets: {link: client -> server, data: true}}}
  - {on: client, call: getsockname, socket: d}
  - {on: server, call: recv, socket: s, gives: lost, within: 300ms}
"""
    path = written(tmp_path, "two.yaml", text)
    done = command.run("run", str(path), *NAMESPACES, "--results", str(tmp_path))
    assert done.returncode == 1
    own, other = (
        event.addresses.local
        for event in event_file.read(tmp_path / "two" / "001")
        if isinstance(event, CallOutcome) and event.call == "connect"
    )
    where = f"{path}:14: server: recv(s): expected: returns within 0.3 s; found: has not returned"
    assert where in done.stdout
    _, _, shown = done.stdout.partition("the last packets of this connection:\n")
    assert re.search(rf"client -> server: {own} > \S+ .* len 4: dropped", shown)
    assert other not in shown


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_ends_all_runs_with_their_evidence(tmp_path: Path, jobs: int) -> None:
    scenario = written(tmp_path, "blocks.yaml", BLOCKS)
    mark = f"LAB_TEST_{secrets.token_hex(8)}"
    words = ["run", str(scenario), "--repeat", "4", "--jobs", str(jobs), *NAMESPACES]
    with subprocess.Popen(
        [*command.ARGV, *words, "--results", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, mark: "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        folders = [tmp_path / "blocks" / f"{number:03}" for number in range(1, jobs + 1)]
        wait_until(lambda: all(map(waits, folders)), "all runs are in accept", LONGEST_S)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 130
    assert "lab run: interrupted" in said
    for folder in folders:
        assert f"the evidence of blocks is in {folder}" in said
        assert isinstance(event_file.read(folder)[-1], End)
        verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        assert verdict["verdict"] == "UNKNOWN"
        assert "ended by KeyboardInterrupt" in verdict["judgements"][-1]["found"]
    assert sorted((tmp_path / "blocks").iterdir()) == folders
    wait_until(lambda: processes_with(mark) == [], "nothing of the runs is left", 10)


def waits(folder: Path) -> bool:
    file = folder / event_file.FILE
    return file.exists() and '"call": "listen"' in file.read_text(encoding="utf-8")


def processes_with(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return found


@pytest.mark.usefixtures("namespaces")
def test_a_terminal_shows_what_runs_and_no_line_is_garbled(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = ["run", "refused", "abort", "no-path", "--jobs", "2", *NAMESPACES]
    process = subprocess.Popen(
        [*command.ARGV, *words, "--results", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "NO_COLOR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    text = everything(ours)
    assert process.wait() == 0
    assert "0 of 3, 0 s; running: refused, abort" in text
    seen = on_screen(text)
    for name in ("refused", "abort", "no-path"):
        assert any(re.fullmatch(rf"PASS +{name}  [\d.]+ s  \S+", line) for line in seen), seen
    assert [line for line in seen if line][-1] == "3 runs: 3 PASS"


def everything(descriptor: int) -> str:
    data = b""
    while select.select([descriptor], [], [], LONGEST_S)[0]:
        try:
            data += os.read(descriptor, 65536)
        except OSError:  # nobody has the other end any more
            break
    os.close(descriptor)
    return data.decode()


def on_screen(text: str) -> list[str]:
    """Return what a terminal shows in the end; it knows only what rich's status line needs."""
    lines, row = [""], 0
    for part in re.split(r"(\x1b\[[?\d;]*[A-Za-z]|\r|\n)", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\x1b[1A":
            row = max(0, row - 1)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part and part[0] not in "\x1b\r":
            lines[row] += part
    return lines


@installed.needs_docker_command
def test_an_engine_that_cannot_work_here_is_status_4_and_says_why(tmp_path: Path) -> None:
    environment = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    words = ["run", "refused", "--engine", choice.COMPOSE, "--results", str(tmp_path)]
    done = command.run(*words, environment=environment)
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    assert "lab run: the engine compose cannot work here: Docker Engine: no answer at" in line


@pytest.mark.usefixtures("namespaces")
def test_namespaces_that_are_switched_off_are_status_4(tmp_path: Path) -> None:
    off = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    argv = ["unshare", "--user", "--map-root-user", "sh", "-c", off, "sh", *command.ARGV]
    words = ["run", "refused", *NAMESPACES, "--results", str(tmp_path)]
    done = subprocess.run(
        [*argv, *words], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert (done.returncode, done.stdout) == (4, ""), done
    assert "user namespaces: switched off by /proc/sys/user/max_user_namespaces" in done.stderr


@pytest.mark.usefixtures("namespaces")
def test_a_container_that_hides_its_proc_is_status_4_and_the_remedy_is_named(
    tmp_path: Path,
) -> None:
    hide = 'mount --bind /dev/null /proc/keys; exec unshare --user --map-root-user "$@"'
    argv = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", hide, "sh"]
    words = ["run", "refused", *NAMESPACES, "--results", str(tmp_path)]
    done = subprocess.run(
        [*argv, *command.ARGV, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (4, ""), done
    assert "user namespaces: unshare: mount /proc failed" in done.stderr
    assert "seccomp=unconfined --security-opt systempaths=unconfined" in done.stderr


@pytest.mark.usefixtures("namespaces")
def test_a_program_that_this_machine_lacks_is_named_and_no_verdict_of_the_scenario(
    tmp_path: Path,
) -> None:
    written(tmp_path, "lacks.yaml", LACKS)
    path = written(tmp_path, "asks.yaml", ASKS)
    words = ["run", str(path), *NAMESPACES, "--results", str(tmp_path)]
    done = command.run(*words)
    assert done.returncode == 4, done
    assert "this machine lacks one: no-such-program-here is not installed" in done.stdout
    found: list[dict[str, Any]] = json.loads(command.run(*words, "--json").stdout)
    assert found[0]["runs"][0]["lacking"]


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_verdict_that_nobody_reads_is_no_success(tmp_path: Path, more: list[str]) -> None:
    words = ["run", str(ROOT / "tests" / "negative" / "wrong-errno.yaml"), *NAMESPACES, *more]
    with subprocess.Popen(
        [*command.ARGV, *words, "--results", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(timeout=LONGEST_S) == 141


@pytest.mark.usefixtures("namespaces")
def test_what_had_ended_is_summed_up_when_the_rest_cannot_be(tmp_path: Path) -> None:
    text = "title: x\nshows: y\ncompose: broken.yaml\nsteps:\n  - {on: a, run: 'true'}\n"
    written(tmp_path, "broken.yaml", "services:\n  a: {image: somebodys/any}\n")
    path = written(tmp_path, "unfit.yaml", text)
    words = ["run", "refused", "abort", str(path), *NAMESPACES, "--results", str(tmp_path)]
    done = command.run(*words)
    assert done.returncode == 2, done
    assert done.stdout.splitlines()[-1] == "2 runs: 2 PASS"
    assert "broken.yaml" in done.stderr


def test_numbers_that_are_none_are_refused() -> None:
    for words in (["--repeat", "\u00b2"], ["--jobs", "0"], ["--seed", "-5"], ["--seed", "1" * 99]):
        done = command.run("run", "refused", *words)
        assert done.returncode == 2, done
        assert "must be a whole number from" in done.stderr.splitlines()[-1]


def test_the_catalogue_can_be_listed_while_it_is_read_by_a_program_that_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "lab", "list"], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(timeout=LONGEST_S) == 0


BROKEN_HOST = """\
services:
  one:
    image: {image}
    entrypoint: [{program}]
    labels: {{socket-lab.native: "sh -c 'echo no config; exit 3'"}}
"""


def test_a_host_that_does_not_come_up_is_not_blamed_on_the_machine(
    engine: Engine, tmp_path: Path
) -> None:
    image = engine.bare_image(lambda _doing, _detail: None)
    written(tmp_path, "compose.yaml", BROKEN_HOST.format(image=image, program="/no/such/program"))
    text = ASKS.replace("lacks.yaml", "compose.yaml").replace("two", "one")
    scenario = str(written(tmp_path, "broken-host.yaml", text))
    words = ["run", scenario, "--engine", engine.name, "--results", str(tmp_path / "results")]
    # A folder without `.env`: nothing there names the base image, and nothing here needs it.
    environment = {"LAB_BASE_IMAGE": "socket-lab/no-such-base"}
    done = command.run(*words, cwd=tmp_path, environment=environment)
    why = "/no/such/program" if engine.name == choice.COMPOSE else "one ended with status 3"
    assert done.returncode == 2, done
    assert why in done.stderr
    assert "base image" not in done.stderr
