"""The caller as a process: what it refuses, what survives, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.agent import calls
from lab.api.call_client import CallClient, CallConnection
from lab.errors import EngineError, UsageError
from lab.net.parameters import ParameterError
from tests.unit.lab.agent.calls.conftest import PROGRAM, Here
from tests.waiting import wait_until

CHAPTER = {
    *("bind", "listen", "accept", "connect", "connect_ex", "recv", "send", "sendall", "recvfrom"),
    *("sendto", "getpeername", "getsockname", "getsockopt", "setsockopt", "close"),
    *("read", "write", "readline", "settimeout", "syslog", "openlog"),
}


def test_every_method_of_the_chapter_is_a_call() -> None:
    assert set(calls.names()) >= CHAPTER


def test_calls_say_which_names_they_make_and_use() -> None:
    assert (calls.makes("accept"), calls.uses("accept")) == (("as",), ("socket",))
    assert (calls.makes("socketpair"), calls.uses("recv")) == (("as", "peer"), ("socket",))
    assert (calls.makes("makefile"), calls.uses("readline")) == (("as",), ("file",))


@pytest.mark.parametrize("name", calls.names())
def test_every_call_and_parameter_has_help_and_a_schema(name: str) -> None:
    assert calls.find(name).help.endswith((".", ";", ":"))
    for parameter in calls.parameters(name):
        assert parameter.help
        assert parameter.allowed
        assert parameter.schema.keys() & {"type", "anyOf", "enum"}


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("conect", {}, "call 'conect': must be one of abort, accept"),
        ("recv", {}, "recv: socket: must be given, the name of an open socket"),
        ("recv", {"socket": "c", "size": 1}, "'size': no such parameter; it has socket, bytes"),
        ("recv", {"socket": 7}, "socket 7: must be the name of an open socket"),
        ("recv", {"socket": "c", "bytes": -1}, "bytes -1: must be a whole number from 0"),
        ("recv", {"socket": "c", "flags": "PEEK"}, "flags 'PEEK': must be MSG_ names"),
        ("connect", {"to": "a:1"}, "one of socket, as must be given"),
        ("connect", {"to": "a:1", "socket": "a", "as": "b"}, "one of socket, as must be given"),
        ("bind", {"as": "u", "port": 1, "address": "a:1"}, "one of address, port must be given"),
        ("send", {"socket": "c", "data": 7}, "data 7: must be text, {hex: 00ff}"),
        ("send", {"socket": "c", "data": {"hex": "f"}}, "must be text, {hex: 00ff}"),
        ("send", {"socket": "c", "data": {"repeat": "x", "times": 1 << 40}}, "must be text"),
        ("settimeout", {"socket": "c", "timeout": "soon"}, "must be a duration like 500ms"),
        ("socket", {"as": "c", "family": "ipx"}, "must be one of ipv4, ipv6, unix"),
        ("socket", {"as": "a b"}, "as 'a b': must be a new name"),
        ("setsockopt", {"socket": "c", "option": "SO_NO", "value": 1}, "must be a socket option"),
        ("tcp_info", {"socket": "c", "field": "speed"}, "must be one of state, ca_state"),
    ],
)
def test_nonsense_is_refused_and_named(name: str, given: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError) as refused:
        calls.checked(name, given, f"file.yaml:3: {name}")
    assert why in str(refused.value)


def test_nonsense_that_only_the_caller_sees_is_an_answer(here: Here) -> None:
    assert here.raises("recv", socket="c") == "ParameterError"
    here.gives("socket", as_="c")
    assert here.raises("socket", as_="c") == "ParameterError"
    assert here.raises("readline", file="c") == "ParameterError"
    assert here.raises("connect", socket="c", to="no-port") == "ParameterError"
    with pytest.raises(UsageError, match="c: is open already"):
        here.caller.call("socket", **{"as": "c"}).value()
    here.gives("close", socket="c")
    assert here.raises("send", socket="c", data="x") == "EBADF"
    here.gives("socket", as_="c")


any_value = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    st.sampled_from(["c", "127.0.0.1:1", "SO_LINGER", "MSG_PEEK", "SHUT_WR", "1ms", "[::1]:1"]),
    st.dictionaries(st.sampled_from(["hex", "repeat", "times", "on"]), st.integers()),
)
# What may wait for ever, or logs, is not asked for with whatever comes.
harmless = sorted(set(calls.names()) - {"syslog", "openlog", "gethostbyname", "gethostbyaddr"})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_nothing_that_can_be_asked_ends_the_caller(data: st.DataObject) -> None:
    here = Here()
    here.gives("socket", as_="c")
    here.gives("settimeout", socket="c", timeout="1ms")
    for _ in range(20):
        name = data.draw(st.sampled_from(harmless))
        table = calls.parameters(name)
        asked = {one.name: data.draw(any_value) for one in table if one.name not in {"socket"}}
        if "socket" in {one.name for one in table} and "as" not in asked:
            asked["socket"] = "c"
        here.caller.start(name, **json.loads(json.dumps(asked)))
    assert here.gives("gethostname")
    here.caller.close()
    assert here.processes[0].wait(timeout=20) == 0


def test_it_ends_with_its_questions_whatever_is_pending(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    here.gives("listen", as_="door", address="door", family="unix")
    # One descriptor is left, which accept takes before it waits: then there is none.
    here.gives("limit_files", more=1)
    pending = here.caller.start("accept", socket="door", **{"as": "s"})
    (process,) = here.processes
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("socket-lab-")
    assert (folder / "door").is_socket()
    here.caller.close()
    assert process.wait(timeout=20) == 0
    assert not folder.exists()
    with pytest.raises(EngineError, match="here: what makes socket calls there has ended"):
        pending.result(20)
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_the_program_that_began_it_killed_or_not() -> None:
    source = (
        "import sys; sys.path.insert(0, ''); from tests.unit.lab.agent.calls.conftest import Here;"
        "here = Here(); here.gives('listen', as_='door', port=0);"
        "here.caller.start('accept', socket='door', **{'as': 's'});"
        "print(here.processes[0].pid, flush=True); sys.stdin.read()"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[5],
    )
    with program:
        assert program.stdout
        caller = os.pidfd_open(int(program.stdout.readline()))
        program.send_signal(signal.SIGKILL)
        wait_until(lambda: _has_ended(caller), "the caller has ended")
    os.close(caller)


def test_after_its_end_the_next_call_begins_another(here: Here) -> None:
    here.gives("socket", as_="c")
    process = here.processes.pop()
    process.kill()
    process.wait()

    def begun() -> bool:
        try:
            return here.raises("fileno", socket="c") == "ParameterError"
        except EngineError:  # the end has not been noticed yet
            return False

    wait_until(begun, "another caller, which knows no sockets")
    assert len(here.processes) == 1


def test_a_failed_begin_is_told_in_its_own_words() -> None:
    def connect() -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.sendall(b'{"failed": "server: cannot exec: it is exited"}\n')
        return ours

    with pytest.raises(EngineError, match=r"^server: cannot exec: it is exited$"):
        CallClient(CallConnection("server", connect)).call("gethostname")


def test_it_runs_without_site_packages_and_says_nothing_else() -> None:
    question = b'{"id": 1, "call": "gethostname", "arguments": {}}\n'
    argv = [sys.executable, "-I", "-S", str(PROGRAM)]
    # The answer may be cut off by the end of the questions, so wait for it first.
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(question)
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.stdout.read() == b""
    assert (answer["id"], answer["returned"]) == (1, socket.gethostname())


def _has_ended(pidfd: int) -> bool:
    try:
        signal.pidfd_send_signal(pidfd, 0)
    except ProcessLookupError:
        return True
    return False


def test_one_can_wait_for_a_caller_and_hears_that_it_cannot_be(here: Here) -> None:
    here.caller.wait_until_ready()
    (process,) = here.processes
    assert process.poll() is None

    def connect_nobody() -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    with pytest.raises(EngineError, match="what makes socket calls there has ended"):
        CallConnection("nobody", connect_nobody).wait_until_ready()
