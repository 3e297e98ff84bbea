"""Whoever takes a name before the lab does, or sends what is no message, is neither trusted nor
lets others wait. Real sockets, and labs of the engine `namespaces`.
"""

import contextlib
import errno
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.engines import choice
from lab.engines.namespaces import client, diagnostics, protocol
from lab.errors import EngineError, LabGoneError
from tests.integration import command
from tests.integration.own_lab import own_lab
from tests.integration.wire.agents import agents_of
from tests.waiting import wait_until

NAMESPACES = ("--engine", choice.NAMESPACES)
WITHIN_S = 20.0
NOBODY = 65534
# Somebody else, who listens at an abstract address and never accepts; FULL: and lets nobody in.
LISTENS = f"""\
import os, socket, sys
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
sock = socket.socket(socket.AF_UNIX)
sock.bind(b"\\0" + bytes.fromhex(sys.argv[1]))
sock.listen(0 if sys.argv[2] == "full" else 100)
waiting = []
while sys.argv[2] == "full":
    one = socket.socket(socket.AF_UNIX)
    one.setblocking(False)
    try:
        one.connect(b"\\0" + bytes.fromhex(sys.argv[1]))
    except BlockingIOError:
        break
    waiting.append(one)
print("ready", flush=True)
sys.stdin.read()
"""
# Somebody else, who asks the supervisor at an abstract address to end the lab.
ASKS = f"""\
import os, socket, sys
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
with socket.socket(socket.AF_UNIX) as sock:
    sock.settimeout(20)
    sock.connect(b"\\0" + bytes.fromhex(sys.argv[1]))
    try:
        sock.sendall(b'{{"command": "down"}}\\n')
        print(sock.recv(1000))
    except (BrokenPipeError, ConnectionResetError):
        print(b"")
"""
NOT_JSON = (
    b"\n",
    b"\0\0\0\n",
    b"\xff\xfe\n",
    b"[" * 60_000 + b"\n",
    b"9" * 5000 + b"\n",
    b'{"comm',
)
another_user = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can have a process of another user"
)


@pytest.fixture(scope="module")
def namespaces() -> Engine:
    if not (found := diagnostics.user_namespaces()).ok:
        pytest.skip(f"{found.name}: {found.seen}; {found.remedy}")
    return choice.load(choice.NAMESPACES)


@pytest.fixture
def pair(namespaces: Engine) -> Iterator[Lab]:
    with own_lab(namespaces, "pair.yaml") as lab:
        yield lab


@pytest.fixture
def name() -> str:
    return f"lab-test-{secrets.token_hex(3)}"


@pytest.fixture
def own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep apart what this test listens at as the user of other tests: it would trouble theirs."""
    monkeypatch.setattr(protocol, "_PREFIX", f"socket-lab-test.{secrets.token_hex(3)}")


def address(name: str) -> bytes:
    return protocol.address_of(name).encode()


@contextmanager
def listening(at: bytes) -> Iterator[socket.socket]:
    """Listen at an address; none is accepted, and no second one may wait."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(at)
        sock.listen(0)
        yield sock


@contextmanager
def full(at: bytes) -> Iterator[None]:
    """Listen at an address where as many wait as may."""
    with listening(at), contextlib.ExitStack() as waiting:
        while True:
            one = waiting.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            try:
                one.connect(at)
            except BlockingIOError:
                break
        yield


@contextmanager
def somebody_else(at: bytes, how: str) -> Iterator[None]:
    """Let another user listen at an address."""
    argv = [sys.executable, "-c", LISTENS, at[1:].hex(), how]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield
        process.communicate()


@contextmanager
def answering(sock: socket.socket, response: bytes) -> Iterator[None]:
    """Let whoever connects have this response, until the listener is closed."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = sock.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(1 << 16)
                    connection.sendall(response)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        sock.shutdown(socket.SHUT_RDWR)
        thread.join()


def named_sockets(name: str) -> set[str]:
    """Return the names of sockets of this machine in which that of the lab is."""
    lines = Path("/proc/net/unix").read_text(errors="replace").splitlines()
    return {line.split()[-1] for line in lines if f"/{name}" in line}


def send(lab: str, *messages: bytes, descriptors: Sequence[int] = ()) -> bytes:
    """Send a supervisor messages on one connection; return what it sends, up to the end."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(WITHIN_S)
        sock.connect(address(lab))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for message in messages:
                socket.send_fds(sock, [message], descriptors)
            sock.shutdown(socket.SHUT_WR)
            with sock.makefile("rb") as file:
                return file.read()
    return b""


# --- the agent's


def test_an_agent_has_no_name_that_others_could_take(pair: Lab) -> None:
    with pair.link("left", "right").drop():
        assert len(agents_of(pair.name)) == 1
        assert named_sockets(pair.name) == {"@" + protocol.address_of(pair.name)[1:]}


def test_who_claims_to_be_an_agent_is_not_asked(pair: Lab) -> None:
    taken = f"\0socket-lab-agent/{os.geteuid()}/{pair.name}/right".encode()
    claim = b'{"done": {"fault": 1, "number": 1, "source": "left"}}\n'
    with listening(taken) as sock, answering(sock, claim):
        link = ("--lab", pair.name, "left", "right", "drop")
        done = command.run("fault", "add", *link)
        assert done.returncode == 0, done.stderr
        assert len(agents_of(pair.name)) == 1
        assert [fault.impairment for fault in pair.faults()] == ["drop"]


def test_what_is_no_request_to_an_agent_lifts_nobodys_fault(pair: Lab) -> None:
    host = pair.host("right")
    with pair.link("left", "right").drop() as fault:
        for message in (*NOT_JSON, b'{"do": []}\n', b'{"do": "add"}\n', b"{}\n", b"x" * (5 << 20)):
            connected = host.find_agent()
            assert connected
            with connected, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connected.settimeout(WITHIN_S)
                connected.sendall(message)
                connected.shutdown(socket.SHUT_WR)
                while connected.recv(1 << 16):
                    pass
        assert fault.status.active
        assert len(agents_of(pair.name)) == 1


def test_what_is_no_connection_to_an_agent_lifts_nobodys_fault(pair: Lab) -> None:
    request = b'{"command": "agent", "host": "right"}\n'
    with pair.link("left", "right").drop() as fault:
        ends = os.pipe()
        with socket.socket() as tcp:
            for descriptor in (*ends, tcp.fileno()):
                assert json.loads(send(pair.name, request, descriptors=[descriptor]))["agent"]
        for descriptor in ends:
            os.close(descriptor)
        lost = json.loads(send(pair.name, request))
        assert lost["error"] == f"right: the agent on its wire: {os.strerror(errno.EMFILE)}"
        assert fault.status.active


def test_only_a_channel_to_the_agent_of_a_host_that_runs_is_kept(pair: Lab) -> None:
    pid = next(
        entry["pid"]
        for entry in client.request(pair.name, "status")["hosts"]
        if entry["name"] == "right"
    )
    begun = {"command": "agent_begun", "host": "right", "pid": pid}
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stream, _other = socket.socketpair()
    with ours, theirs, stream, _other, contextlib.ExitStack() as stack:
        null = stack.enter_context(Path(os.devnull).open("rb"))
        for descriptor in (stream.fileno(), null.fileno()):
            line = json.dumps(begun).encode()
            assert "error" in json.loads(send(pair.name, line, descriptors=[descriptor]))
        for other in (1, None, "right"):
            line = json.dumps({**begun, "pid": other}).encode()
            response = json.loads(send(pair.name, line, descriptors=[ours.fileno()]))
            assert response["agent"] is False
    assert pair.host("right").find_agent() is None
    with pair.link("left", "right").drop() as fault:
        assert fault.status.active


# --- the supervisor's: others at its name


@another_user
@pytest.mark.parametrize("how", ["listens", "full"])
def test_another_user_at_a_labs_name_is_no_lab_and_troubles_none(
    namespaces: Engine, pair: Lab, name: str, how: str
) -> None:
    with somebody_else(address(name), how):
        # Not `lab status` of all: a lab of another test may stand still on purpose.
        status = command.run("status", pair.name)
        assert status.returncode == 0, status.stderr
        assert name not in status.stdout + status.stderr
        assert name in client.names()
        assert namespaces.labs(name) == []
        up = command.run("up", "--file", command.PAIR, "--name", name, *NAMESPACES)
        (line,) = [line for line in up.stderr.splitlines() if "taken" in line]
        whose = f"user {NOBODY}" if how == "listens" else "another user"
        assert line.endswith(f"lab {name}: its name is taken by {whose}; choose another --name")
        assert up.returncode not in {0, 70}
        with pytest.raises(LabGoneError, match=f"lab {name}: its name is taken by {whose}"):
            client.request(name, "down")


@another_user
def test_another_user_cannot_ask_a_supervisor_anything(pair: Lab) -> None:
    argv = [sys.executable, "-c", ASKS, address(pair.name)[1:].hex()]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=WITHIN_S)
    assert done.stdout == "b''\n"
    assert pair.status().hosts


@pytest.mark.usefixtures("own_names")
def test_ones_own_supervisor_that_is_full_of_clients_does_not_pass_for_gone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_STATUS_TIMEOUT_S", 0.1)
    remedy = f"does not answer; kill -KILL {os.getpid()} ends the lab"
    with full(address(name)), pytest.raises(EngineError, match=remedy) as raised:
        client.request(name, "status")
    assert not isinstance(raised.value, LabGoneError)


@pytest.mark.usefixtures("own_names")
def test_no_process_is_named_that_somebody_only_claims_to_be_it(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as innocent, socket.socket(socket.AF_UNIX) as claims:
        inode = os.fstat(innocent.fileno()).st_ino
        path = "@" + protocol.address_of(name)[1:]
        claims.bind(f"\0\n0: 00000002 00000000 00010000 0001 01 {inode} {path}".encode())
        with full(address(name)), pytest.raises(LabGoneError, match="by another user"):
            client.request(name, "status")


@pytest.mark.usefixtures("own_names")
@pytest.mark.parametrize(
    "odd", ["\x1b[31mred", "a\tb", "a\rb", "a b", "a\nb", "\x7f", "é", "../x", "", "a" * 41]
)
def test_what_no_lab_can_be_called_is_no_lab(name: str, odd: str) -> None:
    with listening(address(odd)), listening(address(name)):
        found = client.names()
    assert set(found) - {"a"} == {name}  # of a line that ends in the midst of a name, there is `a`


@pytest.mark.usefixtures("own_names")
@pytest.mark.parametrize(
    "response",
    [
        b"no JSON\n",
        b"[]\n",
        b"{}\n",
        b'{"hosts": []}\n',
        b"[" * 60_000 + b"\n",
        b"\xff\n",
        b"half",
    ],
)
def test_a_supervisor_of_another_version_is_named(
    namespaces: Engine, name: str, response: bytes
) -> None:
    with (
        listening(address(name)) as sock,
        answering(sock, response),
        pytest.raises(EngineError) as raised,
    ):
        namespaces.labs()
    text = f"lab {name}: status: its supervisor answers as none of this version does"
    assert str(raised.value) == f"{text}; kill -KILL {os.getpid()} ends the lab"


# --- the supervisor's: what is sent to it


@pytest.mark.parametrize(
    "messages",
    [
        *((one,) for one in NOT_JSON),
        (b"[]\n",),
        (b'{"ask": "status"}\n',),
        (b'{"command": []}\n',),
        (b'{"command": "pause"}\n',),
        (b'{"command": "none", "host": "right"}\n',),
        (b'{"command": "status", "host": {}}\n',),
        (b'{"command": "kill", "host": "right"}\n',),
        (b'{"command": "kill", "host": "right", "signal": ["KILL"]}\n',),
        (b'{"command": "call", "host": "right"}\n',),
        (b'{"command": "agent_begun", "host": "right"}\n',),
        (b'{"command": "output", "host": "right", "position": "x"}\n',),
        (b'{"command": "output_since", "host": "right", "position": -1}\n',),
        (b'{"command": "output_since", "host": "right", "position": [1]}\n',),
        (b'{"command": "pause", "host": "left"}\n', b'{"command": "pause", "host": "left"}\n'),
    ],
)
def test_what_is_no_request_ends_no_lab(pair: Lab, messages: Sequence[bytes]) -> None:
    supervisor = client.request(pair.name, "status")["pid"]
    response = send(pair.name, *messages)
    if response and len(messages) == 1:
        assert "error" in json.loads(response)
    assert client.request(pair.name, "status")["pid"] == supervisor


def test_a_client_that_pauses_a_host_twice_ends_no_lab(pair: Lab) -> None:
    status = client.request(pair.name, "status")
    init = next(entry["pid"] for entry in status["hosts"] if entry["name"] == "left")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(address(pair.name))
        os.kill(init, signal.SIGSTOP)  # so that the second comes before the first is done
        try:
            for _ in range(2):
                with contextlib.suppress(BrokenPipeError):
                    sock.sendall(b'{"command": "pause", "host": "left"}\n')
                client.request(pair.name, "status")  # what was sent before it has been taken
        finally:
            os.kill(init, signal.SIGCONT)
        wait_until(lambda: pair.host("left").status().state == "paused", "the host is paused")
    pair.host("left").resume()
    assert client.request(pair.name, "status")["pid"] == status["pid"]
