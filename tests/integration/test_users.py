"""A program runs as the user that the compose file says, and one of root's may change its user."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.engines.namespaces import client, idmap
from lab.errors import UnsupportedError
from tests.integration import command
from tests.integration.left import assert_nothing_left
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

WORKER = "sleep\00086399\0"


@pytest.fixture(autouse=True)
def other_users(request: pytest.FixtureRequest) -> None:
    """Skip where this machine lets its user have no others."""
    if "compose" not in request.node.name:
        try:
            idmap.ranges()
        except UnsupportedError as error:
            pytest.skip(f"hosts have one user on this machine: {error}")


@pytest.fixture
def users(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "users.yaml") as lab:
        yield lab


def printed(lab: Lab, host: str, count: int) -> list[str]:
    """Wait for so many lines of a host."""
    wait_until(lambda: len(list(lab.output(host))) >= count, f"{count} lines of {host}")
    return [line.text for line in lab.output(host)]


def worker(host: Host) -> list[str]:
    """Return the four user and the four group ids of the program that has changed its own."""
    look = (
        "for p in /proc/[0-9]*; do"
        " [ \"$(tr '\\0' ' ' <$p/cmdline)\" = 'sleep 86399 ' ]"
        ' && echo $(grep -hE "^[UG]id:" $p/status); done 2>/dev/null; true'
    )
    return host.run(["sh", "-c", look], user="root", timeout_s=20).stdout.decode().split()


def test_programs_have_their_users_and_change_them(users: Lab) -> None:
    assert printed(users, "master", 2) == ["0", "33"]
    assert printed(users, "numbered", 2) == ["4321", "4322"]
    expected = ["Uid:", *["33"] * 4, "Gid:", *["34"] * 4]
    wait_until(lambda: worker(users.host("master")) == expected, "the worker's own ids")


def test_rights_are_those_that_the_file_leaves(users: Lab) -> None:
    assert printed(users, "few", 2) == ["0", "refused"]


def test_exec_is_the_user_lab_all_the_same(users: Lab) -> None:
    done = command.run("exec", "--lab", users.name, "--user", "lab", "master", "id", "-u")
    assert (done.returncode, done.stdout) == (0, "800\n")


def test_programs_of_other_users_have_no_right_over_their_host(namespaces: Engine) -> None:
    with own_lab(namespaces, "users.yaml") as lab:
        master = lab.host("master")
        pid = int(client.request(lab.name, "status")["hosts"][0]["pid"])
        assert master.name == "master"
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = Path(f"/proc/{child}/status").read_text().splitlines()
        rights = dict(line.split(":\t") for line in lines if line.startswith(("Cap", "NoNew")))
        # Docker's own, but NET_BIND_SERVICE and NET_RAW.
        assert rights["CapEff"] == rights["CapBnd"] == "00000000a80401fb"
        assert rights["NoNewPrivs"] == "1"


def workers() -> list[int]:
    """Return the processes of this machine that have changed their user in these tests."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cmdline").read_text() == WORKER:
                found.append(int(place.name))
        except (OSError, UnicodeDecodeError):
            continue
    return found


@pytest.mark.parametrize("moment", ["supervisor", "up"])
def test_killed_lab_leaves_no_program_of_another_user(namespaces: Engine, moment: str) -> None:
    name = f"lab-test-{secrets.token_hex(3)}"
    file = str(command.TOPOLOGIES / "users.yaml")
    before = set(workers())
    argv = ("up", "--engine", namespaces.name, "--file", file, "--name", name)
    if moment == "supervisor":
        assert command.run(*argv).returncode == 0
        wait_until(lambda: bool(set(workers()) - before), "a program that has changed its user")
        os.kill(client.request(name, "status")["pid"], signal.SIGKILL)
    else:
        process = command.start(*argv)
        wait_until(lambda: bool(set(workers()) - before), "a program that has changed its user")
        process.kill()
        process.communicate()
        if name in client.names():  # it was up, and so let go of
            assert command.run("down", name).returncode == 0
    wait_until(lambda: not set(workers()) - before, "the end of its programs", 5)
    assert_nothing_left(name, 5)


def test_user_that_cannot_be_is_refused_with_its_line(namespaces: Engine, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  a:\n    image: socket-lab/host\n    user: nosuch\n")
    done = command.run("up", "--engine", namespaces.name, "--file", str(file), "--name", "lab-x")
    assert f"{file}:4: " in command.refused(done)
    assert "no user nosuch on this machine; name one that it has, or a number" in done.stderr
