"""`lab try` as a person uses it: programs of a folder, on both engines, tried, broken and wrong."""

import contextlib
import json
import os
import secrets
import signal
import stat
import subprocess
from pathlib import Path

import docker
import pytest

from lab.api.engine import Engine
from lab.engines import choice
from lab.evidence import event_file
from lab.evidence.events import ProgramCall
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.left import assert_nothing_left
from tests.waiting import wait_until

SERVER = """\
import socket
with socket.create_server(("", 9000)) as door:
    print("ready", flush=True)
    while True:
        connection, _ = door.accept()
        with connection:
            connection.sendall(connection.recv(100).upper())
"""
CLIENT = """\
import socket, sys
with socket.create_connection((sys.argv[1], 9000), timeout=5) as connection:
    connection.sendall(b"hello")
    print(connection.recv(100).decode())
"""
LOOKS = """\
import os
print(os.getcwd(), sorted(name for name in os.listdir() if name.endswith(".py")))
try:
    open("written", "w")
except OSError as error:
    print(error.strerror)
print(os.path.exists("/tmp/mine"))
open("/tmp/mine", "w").close()
print(os.path.exists("/tmp/mine"))
"""
# It binds late: a client that does not wait gets ECONNREFUSED.
UDP_SERVER = """\
import socket, time
time.sleep(0.5)
with socket.socket(type=socket.SOCK_DGRAM) as s:
    s.bind(("", 9000))
    while True:
        data, peer = s.recvfrom(100)
        s.sendto(data.upper(), peer)
"""
UDP_CLIENT = """\
import socket, sys
with socket.socket(type=socket.SOCK_DGRAM) as s:
    s.settimeout(5)
    s.connect((sys.argv[1], 9000))
    s.send(b"hello")
    print(s.recv(100).decode())
"""
BOTH = ("--server", "python3 server.py", "--client", "python3 client.py server")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with programs, which the user of the hosts may read."""
    folder = tmp_path / "programs"
    folder.mkdir()
    files = {"server": SERVER, "client": CLIENT, "looks": LOOKS}
    files |= {"udp_server": UDP_SERVER, "udp_client": UDP_CLIENT}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    # pytest makes the folders above for their owner alone.
    for above in (tmp_path, *tmp_path.parents):
        if above.owner() == tmp_path.owner() and above.name.startswith(("pytest-", "test_")):
            above.chmod(above.stat().st_mode | stat.S_IXOTH | stat.S_IXGRP)
    return folder


def tried(
    engine: Engine, folder: Path, *words: str, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run `lab try` in the folder; assert its status."""
    done = command.run(
        *("try", "--engine", engine.name, "--results", str(folder.parent / "results"), *words),
        cwd=folder,
    )
    assert done.returncode == status, done
    return done


def test_two_programs_of_a_folder_are_tried(engine: Engine, programs: Path) -> None:
    done = tried(engine, programs, *BOTH)
    lines = done.stdout.splitlines()
    assert "try: python3 client.py server" in lines
    assert "  program python3 client.py server on client: exit 0" in lines
    assert lines[-1] == "    HELLO"
    assert "    ready" in lines
    (folder,) = (programs.parent / "results" / "try").iterdir()
    traced = {one.host for one in event_file.read(folder) if isinstance(one, ProgramCall)}
    assert traced == {"server", "client"}
    verified = command.run("verify", str(folder))
    assert verified.returncode == 0, verified


def test_programs_see_the_folder_read_only_and_have_a_tmp_of_their_own(
    engine: Engine, programs: Path
) -> None:
    done = tried(
        *(engine, programs, "--host", "db=python3 server.py", "--server", "python3 server.py"),
        *("--client", "python3 looks.py", "--no-trace"),
    )
    where, why, before, after = done.stdout.splitlines()[-4:]
    assert where.strip().startswith(f"{programs.resolve()} ['client.py', ")
    assert [why.strip(), before.strip(), after.strip()] == [
        *("Read-only file system", "False", "True"),
    ]
    assert not (programs / "written").exists()
    assert not Path("/tmp/mine").exists()  # noqa: S108 - that is what is asked


def test_a_server_of_udp_is_waited_for(engine: Engine, programs: Path) -> None:
    words = ("--server", "python3 udp_server.py", "--client", "python3 udp_client.py server")
    assert tried(engine, programs, *words).stdout.splitlines()[-1] == "    HELLO"


DIES = "import sys; print('half way'); sys.exit('no such database')"


@pytest.mark.parametrize(
    ("server", "last_words"),
    [
        (f'python3 -c "{DIES}"', ["      half way", "      no such database"]),
        ("./not-there", ["not found"]),
    ],
)
def test_a_server_that_ends_at_once_fails_at_once_with_its_last_words(
    engine: Engine, programs: Path, server: str, last_words: list[str]
) -> None:
    done = tried(engine, programs, "--server", server, "--client", "true", "--json", status=1)
    (waited,) = [
        one["found"] for one in json.loads(done.stdout)["judgements"] if "listen" in one["what"]
    ]
    assert waited.startswith("0 sockets")
    shown = tried(engine, programs, "--server", server, "--client", "true", status=1).stdout
    (took_s,) = [
        float(line.split()[0]) for line in shown.splitlines() if " s  wait for server" in line
    ]
    assert took_s < 5  # of the 10 s that it may take to listen
    for text in last_words:
        assert any(text in line for line in shown.splitlines())


def test_a_client_that_fails_is_a_fail(engine: Engine, programs: Path) -> None:
    words = ("--server", "python3 server.py", "--client", "python3 client.py no-such-host")
    shown = tried(engine, programs, *words, status=1).stdout
    assert "expected: exit status 0; found: exit status 1" in shown
    assert "socket.gaierror" in shown


def test_a_fault_acts(engine: Engine, programs: Path) -> None:
    fault = ("--fault", "drop client -> server data")
    shown = tried(engine, programs, *BOTH, *fault, status=1).stdout
    assert "fault drop on client -> server" in shown
    assert "TimeoutError: timed out" in shown
    passed = tried(engine, programs, *BOTH, "--fault", "delay server -> client delay_ms=100")
    assert passed.stdout.splitlines()[-1] == "    HELLO"


def test_what_is_written_can_be_played_from_another_folder(engine: Engine, programs: Path) -> None:
    file = programs.parent / "mine" / "it.yaml"
    file.parent.mkdir()
    fault = ("--fault", "drop client -> server tcp=syn first=1")
    tried(engine, programs, *BOTH, *fault, "--write", str(file))
    results = programs.parent / "results"
    done = command.run(
        *("run", str(file), "--engine", engine.name, "--results", str(results)), cwd=ROOT
    )
    assert done.returncode == 0, done
    assert "fault drop on client -> server" in done.stdout
    again = tried(engine, programs, *BOTH, "--write", str(file), status=2)
    assert f"{file}: is there already; name another file" in command.refused(again)


def test_json_is_the_outcome_and_nothing_else(engine: Engine, programs: Path) -> None:
    found = json.loads(tried(engine, programs, *BOTH, "--json").stdout)
    assert (found["scenario"], found["engine"], found["verdict"]) == ("try", engine.name, "PASS")
    assert Path(found["folder"], "verdict.json").exists()


@pytest.mark.parametrize("name", ["a folder", "$HOME", "it's", 'a "b"', "new\nline", "naïve→λ"])
def test_the_folder_may_have_any_name(engine: Engine, programs: Path, name: str) -> None:
    odd = programs.rename(programs.parent / name)
    assert tried(engine, odd, *BOTH).stdout.splitlines()[-1] == "    HELLO"


def test_a_command_may_have_quotes(engine: Engine, programs: Path) -> None:
    client = """python3 -c "import sys; print(sys.argv[1:])" 'a  b' "it's $HOME" """
    words = ("--server", "python3 server.py", "--client", client)
    shown = tried(engine, programs, *words).stdout.splitlines()[-1]
    assert shown.strip() == """['a  b', "it's $HOME"]"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_that_hosts_may_not_read_is_refused(engine: Engine, programs: Path) -> None:
    programs.chmod(0o700)
    os.chown(programs, 64321, 64321)
    line = command.refused(tried(engine, programs, *BOTH, status=2))
    assert f"{programs}: programs on hosts may not read this folder" in line
    assert "chmod o+rx" in line


def test_a_folder_in_that_of_root_can_be_read(engine: Engine) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has a folder there")
    folder = Path("/root") / f"lab-test-{secrets.token_hex(4)}" / "programs"
    folder.mkdir(parents=True)
    try:
        (folder / "server.py").write_text(SERVER, encoding="utf-8")
        (folder / "client.py").write_text(CLIENT, encoding="utf-8")
        assert tried(engine, folder, *BOTH).stdout.splitlines()[-1] == "    HELLO"
    finally:
        subprocess.run(["rm", "-r", "--", str(folder.parent)], check=True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "--server and --client: say what runs"),
        (["--server", "./server"], "--server and --client: say what runs"),
        (["--client", "./client"], "--server and --client: say what runs"),
        ([*BOTH, "--fault", "drop client -> sever"], "'sever' is no host; did you mean server?"),
        ([*BOTH, "--fault", "drop client -> server payload_contains='"], "no closing quotation"),
        ([*BOTH, "--host", "db"], "--host db: must be NAME=COMMAND"),
        ([*BOTH, "--write", "no/folder/x.yaml"], "no/folder/x.yaml: No such file or directory"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_started(
    engine: Engine, programs: Path, words: list[str], why: str
) -> None:
    done = tried(engine, programs, *words, status=2)
    assert why in command.refused(done)
    assert not (programs.parent / "results").exists()


def test_ctrl_c_leaves_nothing_but_the_evidence(engine: Engine, programs: Path) -> None:
    results = programs.parent / "results"
    words = ["--engine", engine.name, "--results", str(results), "--server", "python3 server.py"]
    with subprocess.Popen(
        [*command.ARGV, "try", *words, "--client", "sleep 50"],
        cwd=programs,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        events = results / "try" / "001" / event_file.FILE
        wait_until(lambda: is_running(events), "the server listens", LONGEST_S)
        wait_until(lambda: working_in(programs) != [], "its programs run", LONGEST_S)
        labs = labs_of(programs)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 130
    assert "lab try: interrupted" in said
    wait_until(lambda: working_in(programs) == [], "nothing of the programs is left", 15)
    assert len(labs) == (engine.name == choice.COMPOSE)
    for lab in labs:
        assert_nothing_left(lab, 15)
    verdict = json.loads((events.parent / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["verdict"] == "UNKNOWN"


def is_running(events: Path) -> bool:
    return events.exists() and '"kind": "wait"' in events.read_text(encoding="utf-8")


def working_in(folder: Path) -> list[str]:
    """Return the programs of hosts whose current folder this is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_text(encoding="utf-8").split("\0")
            if (process / "cwd").readlink() == folder and words[0] == "sleep":
                found.append(" ".join(words))
    return found


def labs_of(folder: Path) -> set[str]:
    """Return the labs of containers that see the folder."""
    if not choice.docker_answers():
        return set()
    return {
        one["Labels"]["com.docker.compose.project"]
        for one in docker.from_env().api.containers(all=True)
        if any(mount.get("Source") == str(folder) for mount in one["Mounts"])
    }


def test_without_docker_nothing_of_docker_is_needed(programs: Path) -> None:
    environment = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    done = command.run("try", *BOTH, cwd=programs, environment=environment)
    assert done.returncode == 0, done
    assert f"--engine {choice.NAMESPACES}" in done.stderr
    assert done.stdout.splitlines()[-1] == "    HELLO"
