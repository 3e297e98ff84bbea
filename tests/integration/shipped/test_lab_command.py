"""The command `lab` on real Docker: labs come, are seen, are used, and go."""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.api import lifecycle
from lab.api.engine import Engine
from lab.api.lab import Lab
from tests.integration import command
from tests.integration.left import assert_nothing_left, left_of

# The docker command, whose first `down` fails as it does when Docker writes of what it removes.
FAILS_ONCE = """\
#!/bin/sh
case " $* " in *" down "*) if mkdir "$0.failed" 2>/dev/null; then
    echo "Error response from daemon: unable to remove filesystem: directory not empty" >&2
    exit 1
fi ;; esac
exec {real} "$@"
"""


@pytest.fixture
def new_name() -> Iterator[Callable[[], str]]:
    """Names for labs; each lab is down after the test, whatever the test does."""
    names: list[str] = []

    def make() -> str:
        names.append(f"lab-test-{secrets.token_hex(3)}")
        return names[-1]

    yield make
    for name in names:
        if left_of(name):
            command.run("down", name)


def test_up_and_down_leave_nothing(engine: Engine, new_name: Callable[[], str]) -> None:
    name = new_name()
    up = command.run("up", "--engine", engine.name, "--file", command.PAIR, "--name", name)
    assert up.returncode == 0, up.stderr
    assert {"left", "right"} <= set(up.stdout.split())
    assert f"lab down {name}" in up.stdout
    assert left_of(name)
    down = command.run("down", name)
    assert (down.returncode, down.stdout) == (0, f"gone: {name}\n")
    assert_nothing_left(name)


@pytest.mark.usefixtures("docker_images")
def test_down_on_compose_goes_on_when_docker_fails_to_remove_once(
    new_name: Callable[[], str], tmp_path: Path
) -> None:
    name = new_name()
    up = command.run("up", "--engine", "compose", "--file", command.PAIR, "--name", name)
    assert up.returncode == 0, up.stderr
    docker = tmp_path / "docker"
    docker.write_text(FAILS_ONCE.format(real=shutil.which("docker")), encoding="utf-8")
    docker.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    down = command.run("down", name, environment={"PATH": path})
    assert (down.returncode, down.stdout) == (0, f"gone: {name}\n")
    assert docker.with_suffix(".failed").exists()
    assert_nothing_left(name)


def test_up_makes_a_name_and_says_it(engine: Engine) -> None:
    status = command.run_json("up", "--engine", engine.name, "--file", command.PAIR)
    name = status["name"]
    try:
        assert {host["name"] for host in status["hosts"]} == {"left", "right"}
        assert status["topology"] == command.PAIR
    finally:
        command.run("down", name)
    assert_nothing_left(name)


def test_two_labs_stand_side_by_side_and_do_not_hear_each_other(
    lab: Lab, engine: Engine, new_name: Callable[[], str]
) -> None:
    name = new_name()
    other = command.run_json("up", "--engine", engine.name, "--no-build", "--name", name)
    own = ["python3", "-m", "services.client", "server", "--send", "x"]
    assert command.run("exec", "--lab", name, "client", *own).returncode == 0
    addresses = {host["name"]: host["addresses"] for host in other["hosts"]}
    word = secrets.token_hex(8)
    for address in addresses["server"]:
        argv = ["python3", "-m", "services.client", address, "--timeout", "0.5", "--send", word]
        output = lab.host("client").run(argv, user="lab", timeout_s=30)
        # The engine namespaces gives both labs the same addresses, and each its own network.
        if address not in lab.host("server").status().addresses:
            assert output.exit_status in {6, 8}, output
    assert word not in command.run("logs", "--lab", name).stdout
    assert command.run("down", name).returncode == 0
    assert_nothing_left(name)
    assert {host.state for host in lab.status().hosts} == {"running"}


def test_a_taken_name_is_refused_and_its_lab_stays(engine: Engine, lab: Lab) -> None:
    done = command.run("up", "--engine", engine.name, "--file", command.PAIR, "--name", lab.name)
    assert f"lab {lab.name}: is up already" in command.refused(done)
    assert {host.state for host in lab.status().hosts} == {"running"}


def test_status_shows_what_was_done_to_a_host(lab: Lab) -> None:
    lab.host("inetd").pause()
    try:
        (status,) = command.run_json("status", lab.name)
    finally:
        lab.host("inetd").resume()
    states = {host["name"]: host["state"] for host in status["hosts"]}
    assert states.pop("inetd") == "paused"
    assert set(states.values()) == {"running"}


def test_down_removes_a_lab_with_a_paused_host(engine: Engine, new_name: Callable[[], str]) -> None:
    name = new_name()
    done = command.run("up", "--engine", engine.name, "--file", command.PAIR, "--name", name)
    assert done.returncode == 0, done.stderr
    lifecycle.find([engine], name).host("left").pause()
    assert command.run("down", name).returncode == 0
    assert_nothing_left(name)


def test_logs_are_the_syslog_lines_of_the_hosts_asked_for(lab: Lab) -> None:
    done = command.run("logs", "--lab", lab.name, "--json", "server", "client")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["host"] for line in lines} == {"server", "client"}
    plain = command.run("logs", "--lab", lab.name, "server").stdout
    assert "tcp-time-server" in plain
    assert "\x1b" not in plain  # no colours where there is no terminal


def test_logs_can_show_what_the_programs_printed(lab: Lab) -> None:
    done = command.run("logs", "--lab", lab.name, "--output", "client")
    assert done.stdout.count(":hello over TCP\n") == 3
    assert done.stdout.count(":hello over UDP\n") == 3


def test_exec_gives_the_programs_own_output_and_status(lab: Lab) -> None:
    done = command.run("exec", "--lab", lab.name, "client", "sh", "-c", "hostname; exit 7")
    assert (done.returncode, done.stdout) == (7, "client\n")


@pytest.mark.parametrize("words", [["logs", "nobody"], ["exec", "nobody", "true"]])
def test_unknown_host_is_refused_with_the_hosts_there_are(lab: Lab, words: list[str]) -> None:
    line = command.refused(command.run(words[0], "--lab", lab.name, *words[1:]))
    assert "host 'nobody'" in line
    assert "client, inetd, names, server, syslog" in line


def test_unknown_lab_is_refused(lab: Lab) -> None:
    for words in (["down", "nolab"], ["status", "nolab"], ["logs", "--lab", "nolab"]):
        line = command.refused(command.run(*words))
        assert "lab 'nolab': not up" in line
        assert lab.name in line
