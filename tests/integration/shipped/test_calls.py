"""Socket calls made on hosts of a lab: between them, as a user without rights, and gone at the end.

What each call gives by itself is tested beside the caller, in tests/unit/lab/calls.
"""

import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lab.api.call_client import CallClient, CallConnection
from lab.api.call_result import Result
from lab.api.host import Host
from lab.api.lab import Lab
from lab.errors import EngineError
from tests.integration.helpers import LONGEST_S, ROOT, lines_with
from tests.waiting import wait_until


@pytest.fixture
def door(server: Host) -> Iterator[str]:
    """The name of a listening socket on the server; its end is the test's."""
    name = f"door-{secrets.token_hex(3)}"
    assert server.calls.call("listen", port=0, **{"as": name}).raised is None
    yield name
    server.calls.call("close", socket=name)


def port_of(server: Host, name: str) -> int:
    """Return the port of a socket there."""
    return int(gave(server, "getsockname", socket=name).rpartition(":")[2])


def gave(host: Host, call: str, /, **arguments: Any) -> Any:
    """Make a call that must not raise; return what it gave, as the caller wrote it."""
    result = host.calls.call(call, **arguments)
    assert result.raised is None, result
    return result.returned


def raised(host: Host, call: str, /, **arguments: Any) -> str:
    """Make a call that must raise; return the name of that."""
    result = host.calls.call(call, **arguments)
    assert result.raised, result
    return str(result.raised["name"])


def test_a_connection_between_two_hosts(server: Host, client: Host, door: str) -> None:
    waiting = server.calls.start("accept", socket=door, **{"as": f"{door}-s"})
    assert server.calls.collect(waiting, within_s=0.05) is None
    gave(client, "connect", to=f"server:{port_of(server, door)}", **{"as": f"{door}-c"})
    accepted = server.calls.collect(waiting, within_s=LONGEST_S)
    assert isinstance(accepted, Result)
    assert accepted.returned == gave(client, "getsockname", socket=f"{door}-c")
    gave(client, "sendall", socket=f"{door}-c", data="hello")
    assert gave(server, "recv", socket=f"{door}-s") == {"text": "hello"}
    gave(server, "abort", socket=f"{door}-s")
    assert raised(client, "recv", socket=f"{door}-c") == "ECONNRESET"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_sockets_of_hosts_are_used_as_ones_own(server: Host, client: Host, family: int) -> None:
    with server.socket(family) as door, client.socket(family) as there:
        door.bind(("", 0))
        door.listen(1)
        there.settimeout(LONGEST_S)
        there.connect(("server", door.getsockname()[1]))
        here, peer = door.accept()
        assert peer == there.getsockname()
        with here, there.makefile("rw", encoding="utf-8", newline="\n") as file:
            file.write("a line\n")
            file.flush()
            assert here.recv(100) == b"a line\n"
            here.sendall(b"an answer\nand")
            assert file.readline() == "an answer\n"
        assert here.fileno() == -1


def test_a_call_that_blocks_in_a_thread_holds_up_no_other(server: Host, client: Host) -> None:
    with server.socket(type=socket.SOCK_DGRAM) as receiver, client.socket(type=2) as sender:
        receiver.bind(("", 0))
        received: list[Any] = []
        thread = threading.Thread(target=lambda: received.append(receiver.recvmsg(3)))
        thread.start()
        sender.sendto(b"too long", ("server", receiver.getsockname()[1]))
        thread.join(LONGEST_S)
        (message,) = received
        assert message[:3] == (b"too", [], socket.MSG_TRUNC)
        receiver.settimeout(0.02)
        with pytest.raises(TimeoutError):
            receiver.recv(1)


def test_errors_come_from_the_hosts_kernel_and_resolver(
    server: Host, client: Host, names: Host
) -> None:
    del names
    with server.socket() as nobody, client.socket() as one:
        nobody.bind(("", 0))
        with pytest.raises(ConnectionRefusedError) as refused:
            one.connect(("server", nobody.getsockname()[1]))
        assert refused.value.errno == errno.ECONNREFUSED
        with pytest.raises(socket.gaierror) as unknown:
            one.connect(("no-such-host", 80))
        assert unknown.value.errno == socket.EAI_NONAME
        assert raised(client, "gethostbyaddr", host="198.51.100.1") == "herror"
        assert raised(client, "getservbyname", service="no-such") == "OSError"
        assert gave(client, "getservbyname", service="lab-time", protocol="tcp") == 21567


def test_a_call_server_has_its_hosts_name_and_no_rights(
    lab: Lab, client: Host, server: Host
) -> None:
    assert gave(client, "gethostname") == client.run(["hostname"]).stdout.decode().strip()
    addresses = lab.host("server").status().addresses
    assert gave(client, "gethostbyname", host="server") in addresses
    start = client.run(["cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"], timeout_s=20)
    if int(start.stdout) > 80:
        assert raised(server, "bind", port=80, **{"as": f"low-{secrets.token_hex(3)}"}) == "EACCES"
    name = f"raw-{secrets.token_hex(3)}"
    gave(client, "socket", **{"as": name})
    assert raised(client, "setsockopt", socket=name, option="SO_RCVBUFFORCE", value=1) == "EPERM"


def test_descriptors_of_the_call_server_begin_as_in_any_program(client: Host) -> None:
    name = f"first-{secrets.token_hex(3)}"
    caller = CallClient(CallConnection("client", client.begin_call_server))
    caller.call("socket", **{"as": name})
    # A socket gets the lowest number that is free; the first three are the standard streams.
    assert caller.call("fileno", socket=name).value() == 3
    caller.close()


def test_unix_sockets_are_in_a_folder_of_the_call_server(client: Host) -> None:
    names = {key: f"{key}-{secrets.token_hex(3)}" for key in ("door", "c", "s")}
    path, kind = names["door"], {"family": "unix"}
    gave(client, "listen", address=path, **{"as": names["door"]}, **kind)
    gave(client, "connect", to=path, **{"as": names["c"]}, **kind)
    gave(client, "accept", socket=names["door"], **{"as": names["s"]})
    gave(client, "send", socket=names["c"], data="x")
    assert gave(client, "recv", socket=names["s"]) == {"text": "x"}


def test_log_lines_are_the_hosts(lab: Lab, client: Host) -> None:
    mark = secrets.token_hex(4)
    gave(client, "openlog", ident="called", logopt="LOG_PID", facility="LOG_LOCAL3")
    gave(client, "syslog", message=f"a line {mark}", priority="LOG_WARNING")
    (line,) = lines_with(lab, mark)
    assert (line.host, line.severity, line.facility) == ("client", "warning", "local3")


def test_a_paused_host_makes_no_calls_until_it_is_resumed(server: Host, client: Host) -> None:
    with server.socket() as door, client.socket() as there:
        door.bind(("", 0))
        door.listen()
        port = door.getsockname()[1]
        server.pause()
        try:
            there.connect(("server", port))  # its kernel answers
            waiting = server.calls.start("gethostname")
            assert waiting.result(0.2) is None
        finally:
            server.resume()
        result = waiting.result(LONGEST_S)
        assert result
        assert result.raised is None
        accepted, _ = door.accept()
        accepted.close()


def test_the_call_server_ends_with_its_host_and_the_next_call_begins_another(lab: Lab) -> None:
    host = lab.host("inetd")
    gave(host, "listen", port=0, **{"as": "before"})
    waiting = host.calls.start("accept", socket="before", **{"as": "never"})
    host.kill()
    with pytest.raises(EngineError, match="inetd: "):
        waiting.result(LONGEST_S)
    with pytest.raises(EngineError, match="inetd: "):
        host.calls.call("gethostname")
    host.restart()
    assert raised(host, "fileno", socket="before") == "ParameterError"


_PROGRAM = """
import sys
from lab.api import lifecycle
from lab.engines import choice
host = lifecycle.find([choice.load(sys.argv[1])], sys.argv[2]).host("client")
door = host.socket()
door.bind(("", int(sys.argv[3])))
door.listen()
host.calls.start("accept", socket=door.name, **{"as": "s"})
print("waits", flush=True)
sys.stdin.read()
"""


def test_the_call_server_ends_with_its_program(lab: Lab, client: Host) -> None:
    port = 20_000 + secrets.randbelow(10_000)
    argv = [sys.executable, "-c", _PROGRAM, lab.status().engine, lab.name, str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout
        assert program.stdout.readline() == b"waits\n"
        assert _listens(client, port)
        os.kill(program.pid, signal.SIGKILL)
    wait_until(lambda: not _listens(client, port), "the caller's socket is closed")


def _listens(host: Host, port: int) -> bool:
    output = host.run(["ss", "-Htln", f"sport = {port}"], timeout_s=20)
    return bool(output.stdout.strip())
