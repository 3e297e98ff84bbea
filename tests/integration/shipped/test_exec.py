"""`lab exec`: a terminal where the person has one, plain pipes elsewhere, and how it ends."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.engines import choice
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

SIZE = (33, 77)  # rows, columns
ON_A_TERMINAL = (
    "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
)


class Person:
    """Somebody at a terminal who has typed a command."""

    def __init__(self, *words: str) -> None:
        self.master, slave = os.openpty()
        termios.tcsetwinsize(self.master, SIZE)
        self.before = termios.tcgetattr(self.master)
        argv = [sys.executable, "-c", ON_A_TERMINAL, str(slave), *command.ARGV, *words]
        environment = {**os.environ, "TERM": "vt100"}
        self.process = subprocess.Popen(argv, cwd=ROOT, pass_fds=[slave], env=environment)
        self._slave = slave  # kept open, so that the terminal can be looked at after the end
        self.seen = b""

    def types(self, text: bytes) -> None:
        os.write(self.master, text)

    def sees(self, text: bytes) -> None:
        """Wait until the text is on the screen."""
        wait_until(lambda: self.shows(text), f"{text!r} on the terminal")

    def shows(self, text: bytes) -> bool:
        """Tell whether the text is on the screen."""
        os.set_blocking(self.master, False)
        with suppress(BlockingIOError):
            self.seen += os.read(self.master, 1 << 16)
        return text in self.seen

    def resizes(self, rows: int, columns: int, until: bytes) -> None:
        """Give the window that size until the text is on the screen.

        Not once: `docker exec` begins to listen for it a little after the program has begun.
        """

        def resized() -> bool:
            for size in (SIZE, (rows, columns)):  # the kernel tells of a change only
                termios.tcsetwinsize(self.master, size)
            return self.shows(until)

        wait_until(resized, f"{until!r} on the terminal")

    def leaves(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self._slave)


@contextmanager
def person(*words: str) -> Iterator[Person]:
    somebody = Person(*words)
    try:
        yield somebody
    finally:
        somebody.leaves()


def test_program_has_a_terminal_of_the_host_and_of_the_callers_kind(lab: Lab) -> None:
    look = 'tty; echo "kind $TERM"; while [ "$(stty size)" != "33 77" ]; do sleep 0.02; done'
    argv = ("exec", "--lab", lab.name, "client", "sh", "-c", f"{look}; echo sized; exit 7")
    with person(*argv) as somebody:
        somebody.sees(b"sized\r\n")
        assert re.match(rb"/dev/pts/\d+\r\nkind vt100\r\nsized\r\n$", somebody.seen), somebody.seen
        assert somebody.process.wait(LONGEST_S) == 7


def test_size_of_the_terminal_is_followed(lab: Lab) -> None:
    wait = 'until [ "$(stty size)" = "11 22" ]; do sleep 0.02; done; echo resized'
    with person("exec", "--lab", lab.name, "client", "sh", "-c", f"echo begun; {wait}") as somebody:
        somebody.sees(b"begun")
        somebody.resizes(11, 22, until=b"resized")
        assert somebody.process.wait(LONGEST_S) == 0


def test_ctrl_c_is_for_the_program_and_the_terminal_is_as_before(lab: Lab) -> None:
    argv = ("sh", "-c", "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.02; done")
    with person("exec", "--lab", lab.name, "client", *argv) as somebody:
        somebody.sees(b"ready")
        assert termios.tcgetattr(somebody.master) != somebody.before
        somebody.types(b"\x03")
        somebody.sees(b"caught")
        assert somebody.process.wait(LONGEST_S) == 9
        assert termios.tcgetattr(somebody.master) == somebody.before


def test_what_is_typed_is_read_to_its_end(lab: Lab) -> None:
    argv = ("python3", "-c", "import sys; print('ready'); print(sum(map(int, sys.stdin)))")
    with person("exec", "--lab", lab.name, "client", *argv) as somebody:
        somebody.sees(b"ready")
        somebody.types(b"".join(b"%d\n" % number for number in range(200)) + b"\x04")
        somebody.sees(b"\n19900\r\n")
        assert somebody.process.wait(LONGEST_S) == 0


# `docker exec` itself says so where the program has not begun within a second, on a busy machine:
# anywhere in the output, its line ended by the terminal or, once that is raw, by itself.
OF_DOCKER = re.compile(rb"failed to resize tty, using default size\r?\n")


def test_much_output_arrives_whole(lab: Lab) -> None:
    with person("exec", "--lab", lab.name, "client", "seq", "20000") as somebody:
        somebody.sees(b"\n20000\r\n")
        seen = OF_DOCKER.sub(b"", somebody.seen)
        assert seen.split() == [b"%d" % number for number in range(1, 20001)]
        assert somebody.process.wait(LONGEST_S) == 0


OWN = """\
import socket, sys
with socket.create_connection((sys.argv[1], 21567), timeout=5) as connection:
    connection.sendall(b"mine" + chr(10).encode())
    print(connection.makefile().readline(), end="")
"""


def test_a_program_of_ones_own_comes_over_standard_input(lab: Lab, tmp_path: Path) -> None:
    """As README.md has it: `lab exec client python3 - server < my_client.py`."""
    (tmp_path / "my_client.py").write_text(OWN, encoding="utf-8")
    with (tmp_path / "my_client.py").open(encoding="utf-8") as mine:
        argv = [*command.ARGV, "exec", "--lab", lab.name, "client", "python3", "-", "server"]
        done = subprocess.run(
            argv,
            cwd=ROOT,
            stdin=mine,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(":mine\n")


def test_a_program_of_ones_own_is_copied_and_asks_at_a_terminal(lab: Lab) -> None:
    """As README.md has it: a file is copied to /tmp, where programs may write."""
    name = f"{secrets.token_hex(4)}.py"
    into = ["exec", "--lab", lab.name, "client", "sh", "-c", f"cat >/tmp/{name}"]
    with (ROOT / "services" / "simple" / "tcp_client.py").open("rb") as listing:
        subprocess.run(
            [*command.ARGV, *into], cwd=ROOT, stdin=listing, timeout=LONGEST_S, check=True
        )
    argv = ("exec", "--lab", lab.name, "client", "python3", f"/tmp/{name}", "server")  # noqa: S108
    with person(*argv) as somebody:
        somebody.sees(b">: ")
        somebody.types(b"hello\n")
        somebody.sees(b":hello\r\n>: ")
        somebody.types(b"\n")
        assert somebody.process.wait(LONGEST_S) == 0
    lab.host("client").run(["rm", f"/tmp/{name}"], timeout_s=LONGEST_S)  # noqa: S108


def test_without_a_terminal_there_is_none(lab: Lab) -> None:
    look = 'tty; echo "kind $TERM"'
    done = command.run("exec", "--lab", lab.name, "client", "sh", "-c", look)
    assert (done.returncode, done.stdout) == (0, "not a tty\nkind \n")


@pytest.fixture
def pair(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "pair.yaml") as lab:
        yield lab


def runs(host: Host, words: str) -> bool:
    """Tell whether a program with these words runs on the host."""
    every = host.run(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"], timeout_s=20)
    return words in every.stdout.decode()


def test_program_does_not_outlive_its_lab_exec_without_docker(pair: Lab) -> None:
    left = pair.host("left")
    process = command.start("exec", "--lab", pair.name, "left", "sleep", "4321")
    wait_until(lambda: runs(left, "sleep 4321"), "the program on the host")
    process.kill()
    process.communicate()
    if pair.status().engine == choice.NAMESPACES:
        wait_until(lambda: not runs(left, "sleep 4321"), "the end of the program")
    else:  # as README.md says: Docker lets it run
        assert runs(left, "sleep 4321")


def test_program_gets_the_signal_that_ends_its_lab_exec(namespaces: Engine) -> None:
    with own_lab(namespaces, "pair.yaml") as pair:
        wait = "trap 'echo ended in order; exit 5' TERM; echo ready; while :; do sleep 0.02; done"
        process = command.start("exec", "--lab", pair.name, "left", "sh", "-c", wait)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate(timeout=LONGEST_S)
        assert (process.returncode, stdout) == (5, "ended in order\n")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that hosts see where it is: not below /tmp."""
    path = Path(tempfile.mkdtemp(dir="/var/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def test_folder_of_the_compose_file_may_go_while_the_lab_is_up(
    engine: Engine, folder: Path
) -> None:
    file = folder / "compose.yaml"
    shutil.copy(command.PAIR, file)
    with own_lab(engine, file) as lab:
        shutil.rmtree(folder)
        done = command.run("exec", "--lab", lab.name, "left", "pwd")
        assert (done.returncode, done.stdout) == (0, "/\n")
        if engine.name == choice.NAMESPACES:
            assert done.stderr == f"note: {folder}: No such file or directory; starting in /\n"
        lab.host("left").restart()
        assert lab.host("left").status().state == "running"


@pytest.mark.parametrize(("user", "number"), [("lab", b"800"), ("root", b"0"), ("0", b"0")])
def test_program_runs_as_the_user_that_is_asked_for(client: Host, user: str, number: bytes) -> None:
    assert client.run(["id", "-u"], user=user, timeout_s=20).stdout.strip() == number


def test_user_that_hosts_do_not_have_is_refused(namespaces: Engine) -> None:
    with own_lab(namespaces, "pair.yaml") as pair:
        done = command.run("exec", "--lab", pair.name, "--user", "nosuch", "left", "id")
        said = "left: cannot exec: no user nosuch; on this engine hosts have root, lab"
        assert said in command.refused(done)


RIGHTS = """\
import os, socket
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
sets = [int(status[name], 16) for name in ("CapEff", "CapInh", "CapAmb")]
print("capabilities", sum(sets))
# Docker's is what the compose file leaves to the entry point: SETUID and SETGID.
print("bounding set", status["CapBnd"].strip().lstrip("0") or "empty")
print("no new privileges", int(status["NoNewPrivs"]))
print("home", os.environ["HOME"])
open(os.path.join(os.environ["HOME"], "mine"), "w").close()
try:
    socket.create_server(("", 80))
    print("port 80: bound")
except PermissionError:
    print("port 80: EACCES")
"""


def exec_as_typed(lab: Lab, host: str, *argv: str) -> subprocess.CompletedProcess[str]:
    return command.run("exec", "--lab", lab.name, host, *argv)


def test_a_program_has_no_right_and_no_way_to_get_one(lab: Lab) -> None:
    done = exec_as_typed(lab, "client", "python3", "-c", RIGHTS)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "capabilities 0",
        f"bounding set {'empty' if lab.status().engine == choice.NAMESPACES else 'c0'}",
        "no new privileges 1",
        "home /tmp",
        "port 80: EACCES",
    ]


def test_a_program_cannot_disconnect_its_host(lab: Lab) -> None:
    done = exec_as_typed(lab, "client", "ip", "link", "set", "eth0", "down")
    assert done.returncode != 0
    assert "Operation not permitted" in done.stderr
    assert exec_as_typed(lab, "client", "cat", "/sys/class/net/eth0/operstate").stdout == "up\n"


def test_where_the_compose_file_says_nothing_any_port_can_be_had(engine: Engine) -> None:
    with own_lab(engine, "pair.yaml") as lab:
        done = exec_as_typed(lab, sorted(lab.hosts)[0], "python3", "-c", RIGHTS)
        assert "port 80: bound" in done.stdout, done.stderr
