"""Expectations of traced programs' calls: how they are read, and which calls are meant."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.agent.tracing.matching import is_named
from lab.errors import ScenarioError
from lab.evidence.events import ProgramCall, ProgramSocket
from lab.scenario.conditions.calls import Calls
from lab.scenario.model import Scenario
from lab.scenario.peers import Peer
from lab.scenario.reader import read
from lab.scenario.steps.expect import ExpectStep
from lab.scenario.steps.run import RunStep
from lab.scenario.traced_calls import CallCounter, CallOutcome, CallPattern

HEAD = "title: x\nshows: y\nhosts: [server, client]\n"
TRACED = "  - {on: client, run: curl server, trace: true, later: fetch}\n"
KNOWN = {"server": ("198.18.0.2", "fd00::2"), "client": ("198.18.0.3",)}
TCP = ProgramSocket(
    family="AF_INET", type="SOCK_STREAM", protocol="tcp", peer="198.18.0.2:80", local="198.18.0.3:9"
)
CONNECT = ProgramCall(
    host="client",
    program="curl",
    pid=7,
    tid=7,
    call="connect",
    descriptor=3,
    socket=TCP,
    arguments={"addr": "198.18.0.2:80"},
    result=0,
    began_ns=0,
    ended_ns=1_000_000_000,
)
RECEIVED = replace(CONNECT, call="recvfrom", arguments={"src_addr": ""}, result=5)
STARTED = replace(CONNECT, result=None, error="EINPROGRESS", ended_ns=1_000)


def scenario(folder: Path, steps: str, head: str = HEAD) -> Scenario:
    path = folder / "scenario.yaml"
    path.write_text(f"{head}steps:\n{steps}", encoding="utf-8")
    return read(path)


def expected(folder: Path, condition: str, steps: str = TRACED) -> Calls:
    step = scenario(folder, f"{steps}  - {{expect: {{{condition}}}}}\n").steps[-1]
    assert isinstance(step, ExpectStep)
    assert isinstance(step.condition.subject, Calls)
    return step.condition.subject


def test_every_key_is_read(tmp_path: Path) -> None:
    calls = "on: client, program: curl, of: fetch, call: connect, to: 'server:80', protocol: tcp"
    subject = expected(tmp_path, f"calls: {{{calls}}}, raises: EWOULDBLOCK, after: 1s, within: 2s")
    peer = Peer("server:80", ("server",), port=80)
    assert subject.pattern == CallPattern(
        ("client",), "curl", "fetch", "connect", peer, protocol="tcp"
    )
    assert subject.outcome == CallOutcome(raises="EAGAIN", after_s=1.0, within_s=2.0)
    assert subject.describe() == (
        "calls on client connect program=curl of=fetch peer=server:80 protocol=tcp"
        " raises=EAGAIN after=1s within=2s"
    )


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("calls: curl", "calls: must be a mapping like {on: client, program: curl"),
        ("calls: {call: connect}", "on: is missing"),
        ("calls: {on: clint}", "on: 'clint' is no host; did you mean client?"),
        ("calls: {on: client, cal: recv}", "cal: unknown; did you mean call?"),
        ("calls: {on: client, call: conect}", "no call that a trace shows; did you mean connect?"),
        ("calls: {on: client, program: ''}", "program: a name, please"),
        ("calls: {on: client, to: 'sever:80'}", "'sever' is no host and no address; did you mean"),
        ("calls: {on: client, to: 'server:x'}", "the port must be a number from 1 to 65535"),
        ("calls: {on: client, to: server, peer: server}", "to: is the same as peer; keep one"),
        ("calls: {on: client, family: ipv5}", "family: 'ipv5' is none that is known; did you"),
        ("calls: {on: client, protocol: tpc}", "protocol: 'tpc' is none that is known; did you"),
        ("calls: {on: client, descriptor: -1}", "descriptor: -1 must be 0 or more"),
        ("calls: {on: client}, raises: ECONREFUSED", "no errno, such as ECONNRESET; did you mean"),
        ("calls: {on: client}, raises: EPIPE, gives: 0", "raises: cannot stand beside gives"),
        ("calls: {on: client}, gives: 0, gives_at_least: 1", "cannot stand beside gives"),
        ("calls: {on: client}, after: 2s, within: 1s", "after: must be shorter than within (1s)"),
        ("calls: {on: client}, ident: x", "ident: is of syslog, not of calls"),
        ("output: x, raises: EPIPE", "raises: is of calls, not of output"),
        ("calls: {on: server}", "on: no program that a step before runs on server is traced; say"),
        ("calls: {on: client, of: fetsh}", "no program was started with later: fetsh; did you"),
        ("calls: {on: server, of: fetch}", "of: 'fetch' runs on client, not on server"),
    ],
)
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, condition: str, text: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        expected(tmp_path, condition)
    assert str(refused.value).startswith(f"{tmp_path / 'scenario.yaml'}:6: ")
    assert text in str(refused.value)


UNTRACED = "  - {on: client, run: /usr/bin/curl server, later: fetch}\n"


@pytest.mark.parametrize(
    ("steps", "calls", "text"),
    [
        (UNTRACED, "on: client", "on: no program that a step before runs on client is traced; say"),
        (UNTRACED, "on: client, of: fetch", "of: 'fetch' is not traced: line 5 runs '/usr/bin/c"),
        (
            UNTRACED + "  - {on: client, run: redis-cli, trace: true}\n",
            "on: client, program: curl",
            "program: 'curl' is not traced: line 5 runs '/usr/bin/curl server'; say trace: true",
        ),
    ],
)
def test_a_program_that_is_not_traced_is_refused(
    tmp_path: Path, steps: str, calls: str, text: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        expected(tmp_path, f"calls: {{{calls}}}, count: 0", steps)
    assert text in str(refused.value)


def test_what_a_traced_program_may_run_is_not_refused(tmp_path: Path) -> None:
    steps = UNTRACED + '  - {on: client, run: [sh, -c, "curl server"], trace: true}\n'
    assert expected(tmp_path, "calls: {on: client, program: curl}", steps).pattern.program == "curl"


def test_a_step_that_is_refused_hides_no_other_mistake_and_makes_none(tmp_path: Path) -> None:
    steps = "  - {on: client, run: '', later: fetch}\n"
    for calls in ("on: client", "on: client, of: fetch"):
        with pytest.raises(ScenarioError) as refused:
            expected(tmp_path, f"calls: {{{calls}}}", steps)
        assert "a program, please" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_programs_of_traced_hosts_are_traced_unless_their_step_says_otherwise(
    tmp_path: Path,
) -> None:
    steps = (
        "  - {on: client, run: curl a}\n"
        "  - {on: client, run: curl b, trace: false}\n"
        "  - {on: server, run: curl c}\n"
        "  - {on: server, run: curl d, trace: true}\n"
    )
    for head in ("trace: [client]\n", "trace: client\n"):
        found = scenario(tmp_path, steps, HEAD + head).steps
        assert [isinstance(one, RunStep) and one.trace for one in found] == [
            *(True, False, False, True)
        ]


def test_a_traced_host_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r":4: trace: 'clint' is no host; did you mean client"):
        scenario(tmp_path, TRACED, f"{HEAD}trace: [clint]\n")


@pytest.mark.parametrize(
    ("name", "program", "same"),
    [
        ("python3", "python3", True),
        ("python3", "python3.13", True),
        ("python", "python3.13", True),
        ("php", "php8.2", True),
        ("gcc", "gcc-12", True),
        ("python3", "python313", False),
        ("redis", "redis-cli", False),
        ("curl", "curlie", False),
        ("nc", "nc.openbsd", False),
        ("c++", "c++", True),
    ],
)
def test_a_program_is_named_with_or_without_its_version(
    name: str, program: str, same: bool
) -> None:
    assert is_named(name, program) is same


CLIENT = CallPattern(("client",))


@pytest.mark.parametrize(
    ("asked", "call", "fits"),
    [
        ({"hosts": ("server",)}, CONNECT, False),
        ({"program": "wget"}, CONNECT, False),
        ({"of": "fetch"}, CONNECT, False),
        ({"of": "fetch"}, replace(CONNECT, name="fetch"), True),
        ({"call": "connect"}, CONNECT, True),
        ({"call": "connect"}, RECEIVED, False),
        ({"call": "recv"}, RECEIVED, True),
        ({"call": "recv"}, replace(RECEIVED, call="readv"), True),
        ({"call": "recvfrom"}, replace(RECEIVED, call="read"), False),
        ({"call": "send"}, replace(RECEIVED, call="write"), True),
        ({"call": "send"}, RECEIVED, False),
        ({"call": "accept"}, replace(RECEIVED, call="accept4"), True),
        ({"descriptor": 3}, CONNECT, True),
        ({"descriptor": 4}, CONNECT, False),
        ({"protocol": "tcp"}, CONNECT, True),
        ({"protocol": "udp"}, CONNECT, False),
        ({"family": "AF_INET"}, CONNECT, True),
        ({"family": "AF_INET6"}, CONNECT, False),
        ({"family": "AF_UNIX"}, replace(CONNECT, socket=None, made=None), False),
    ],
)
def test_a_call_is_meant_by_each_key(asked: dict[str, Any], call: ProgramCall, fits: bool) -> None:
    assert replace(CLIENT, **asked).fits(call, KNOWN) is fits


@pytest.mark.parametrize(
    ("peer", "address", "fits"),
    [
        ("server:80", "198.18.0.2:80", True),
        ("server:80", "[fd00::2]:80", True),
        ("server:80", "[::ffff:198.18.0.2]:80", True),
        ("server:80", "198.18.0.2:81", False),
        ("server:80", "198.18.0.3:80", False),
        ("server:80", "", False),
        ("server", "198.18.0.2:81", True),
        ("198.18.0.2", "198.18.0.2:81", True),
        ("198.18.0.9:53", "198.18.0.9:53", True),
        ("[fd00::2]:80", "[fd00::2%2]:80", True),
        ("fd00:0::2", "[fd00::2]:80", True),
        ("localhost:6379", "127.0.0.1:6379", True),
        ("localhost:6379", "[::1]:6379", True),
        ("/run/app.sock", "/run/app.sock", True),
        ("/run/app.sock", "/run/other.sock", False),
        ("@name", "@name", True),
    ],
)
def test_a_peer_is_named_as_people_do(tmp_path: Path, peer: str, address: str, fits: bool) -> None:
    pattern = expected(tmp_path, f"calls: {{on: client, peer: '{peer}'}}").pattern
    call = replace(CONNECT, arguments={"addr": address}, socket=None)
    assert pattern.fits(call, KNOWN) is fits


@pytest.mark.parametrize(
    "call",
    [
        replace(CONNECT, socket=replace(TCP, peer="")),
        replace(CONNECT, call="sendto", arguments={"dest_addr": "198.18.0.2:80"}, socket=None),
        replace(CONNECT, call="sendmsg", arguments={"msg_name": "198.18.0.2:80"}, socket=None),
        replace(RECEIVED, arguments={"src_addr": "198.18.0.2:80"}, socket=None),
        replace(CONNECT, call="accept4", arguments={}, socket=replace(TCP, peer=""), made=TCP),
        replace(CONNECT, call="shutdown", arguments={}),
    ],
    ids=lambda call: call.call,
)
def test_the_peer_is_what_the_call_names_or_the_socket_has(call: ProgramCall) -> None:
    pattern = replace(CLIENT, peer=Peer("server:80", ("server",), port=80))
    assert pattern.fits(call, KNOWN)
    assert not pattern.fits(call, {})


@pytest.mark.parametrize(
    ("asked", "call", "met"),
    [
        ({}, replace(CONNECT, result=None, ended_ns=None), True),
        ({"raises": "ETIMEDOUT"}, replace(CONNECT, result=None, ended_ns=None), False),
        ({"raises": "ETIMEDOUT"}, replace(CONNECT, result=None, error="ETIMEDOUT"), True),
        ({"raises": "ETIMEDOUT"}, replace(CONNECT, result=None, error="EPIPE"), False),
        ({"raises": "ETIMEDOUT"}, CONNECT, False),
        ({"gives": 0}, CONNECT, True),
        ({"gives": 0}, RECEIVED, False),
        ({"gives": 0}, replace(CONNECT, result=None, error="EPIPE"), False),
        ({"gives_at_least": 5}, RECEIVED, True),
        ({"gives_at_least": 6}, RECEIVED, False),
        ({"gives_at_most": 4}, RECEIVED, False),
        ({"after_s": 1.0}, CONNECT, True),
        ({"after_s": 1.1}, CONNECT, False),
        ({"within_s": 1.0}, CONNECT, True),
        ({"within_s": 0.9}, CONNECT, False),
        ({"after_s": 0.1}, replace(CONNECT, ended_ns=None), False),
    ],
)
def test_what_came_of_a_call(asked: dict[str, Any], call: ProgramCall, met: bool) -> None:
    assert CallOutcome(**asked).is_met(call) is met


def asked(value: Any, ended_ns: int = 2_000_000_000, **more: Any) -> ProgramCall:
    arguments = {"level": "SOL_SOCKET", "optname": "SO_ERROR", "optval": value}
    call = replace(CONNECT, call="getsockopt", arguments=arguments, ended_ns=ended_ns)
    return replace(call, **more)


CLOSE = replace(CONNECT, call="close", arguments={})


@pytest.mark.parametrize(
    ("outcome", "calls", "count"),
    [
        ({"raises": "ETIMEDOUT"}, [STARTED, asked("ETIMEDOUT")], 1),
        ({"raises": "ETIMEDOUT", "after_s": 2.0}, [STARTED, asked("ETIMEDOUT")], 1),
        ({"raises": "EINPROGRESS"}, [STARTED, asked("ETIMEDOUT")], 1),
        ({"raises": "EINPROGRESS"}, [STARTED, CLOSE], 1),
        ({"raises": "ETIMEDOUT"}, [STARTED, asked(0)], 0),
        ({"raises": "ETIMEDOUT"}, [STARTED, asked("ETIMEDOUT", descriptor=4)], 0),
        ({"raises": "ETIMEDOUT"}, [STARTED, asked("ETIMEDOUT", pid=8)], 0),
        ({"raises": "ETIMEDOUT"}, [STARTED, CLOSE, asked("ETIMEDOUT")], 0),
        ({"gives": 0}, [STARTED, asked(0), asked(0)], 1),
        ({"gives": 0}, [STARTED], 0),
        ({"within_s": 1.0}, [STARTED, asked(0)], 0),
        ({"within_s": 1.0}, [STARTED], 1),
        ({}, [STARTED, asked(0)], 1),
        ({"gives": 0}, [STARTED, STARTED, asked(0)], 1),
    ],
)
def test_a_connect_that_does_not_wait_is_judged_by_what_its_program_asks_for(
    outcome: dict[str, Any], calls: list[ProgramCall], count: int
) -> None:
    pattern = replace(CLIENT, call="connect")
    counter = CallCounter(pattern, CallOutcome(**outcome), KNOWN)
    for call in calls:
        counter.take(call)
    counter.finish()
    assert counter.count == count
