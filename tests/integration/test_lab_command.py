"""The command `lab` on real Docker: labs come, are seen, are used, and go."""

import json
import secrets
from collections.abc import Callable, Iterator

import pytest

from lab import runner
from lab.engines.base import Engine, Lab
from tests.integration import command
from tests.integration.left import assert_nothing_left, left_of

pytestmark = pytest.mark.usefixtures("docker_services")  # it has built the images


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


def test_up_and_down_leave_nothing(new_name: Callable[[], str]) -> None:
    name = new_name()
    up = command.run("up", "--file", command.PAIR, "--name", name)
    assert up.returncode == 0, up.stderr
    assert {"left", "right"} <= set(up.stdout.split())
    assert f"lab down {name}" in up.stdout
    assert len(left_of(name)) == 4  # two containers, a network, a volume
    down = command.run("down", name)
    assert (down.returncode, down.stdout) == (0, f"gone: {name}\n")
    assert_nothing_left(name)


def test_up_makes_a_name_and_says_it() -> None:
    status = command.run_json("up", "--file", command.PAIR)
    name = status["name"]
    try:
        assert {host["name"] for host in status["hosts"]} == {"left", "right"}
        assert status["topology"] == command.PAIR
    finally:
        command.run("down", name)
    assert_nothing_left(name)


def test_two_labs_stand_side_by_side_and_do_not_see_each_other(
    lab: Lab, new_name: Callable[[], str]
) -> None:
    other = command.run_json("up", "--no-build", "--name", new_name())
    addresses = {host["name"]: host["addresses"] for host in other["hosts"]}
    assert not set(addresses["server"]) & set(lab.host("server").status().addresses)
    own = ["python3", "-m", "services.client", "server", "--send", "x"]
    assert command.run("exec", "--lab", other["name"], "client", *own).returncode == 0
    for address in addresses["server"]:
        argv = ["python3", "-m", "services.client", address, "--timeout", "0.5", "--send", "x"]
        output = lab.host("client").run(argv, user="lab", timeout_s=30)
        # Timed out or unreachable, as the engine keeps its networks apart.
        assert output.exit_status in {6, 8}, output
    assert command.run("down", other["name"]).returncode == 0
    assert_nothing_left(other["name"])
    assert {host.state for host in lab.status().hosts} == {"running"}


def test_a_taken_name_is_refused_and_its_lab_stays(lab: Lab) -> None:
    done = command.run("up", "--file", command.PAIR, "--name", lab.name)
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
    assert command.run("up", "--file", command.PAIR, "--name", name).returncode == 0
    runner.find([engine], name).host("left").pause()
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
