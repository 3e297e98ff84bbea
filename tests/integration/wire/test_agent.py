"""The agent on a host's wire, on every engine: it acts, it heals, and it goes by itself."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.api import lifecycle
from lab.api.agent_client import AgentClient
from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.errors import AgentEndedError, EngineError, UsageError
from tests.integration.command import PAIR
from tests.integration.helpers import PROGRAMS, ROOT, start_program
from tests.integration.left import assert_nothing_left
from tests.integration.wire.agents import agents_of, kill_agents
from tests.waiting import wait_until

CONNECT = """
import socket, sys, time
began = time.monotonic()
with socket.socket() as s:
    s.settimeout(float(sys.argv[2]))
    print(s.connect_ex((sys.argv[1], 9)), time.monotonic() - began)
"""
# What `steady_stream.py` talks to.
ANSWER = """
import socket
with socket.create_server(("", 0)) as door:
    print(door.getsockname()[1], flush=True)
    connection, _ = door.accept()
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            connection.sendall(b":" + line)
"""
REACHED, CUT = 111, 11  # ECONNREFUSED; EAGAIN: nothing came in time
PATIENCE_S = 30.0


def _nothing(_doing: str, _detail: str) -> None:
    pass


@contextmanager
def _up(engine: Engine) -> Iterator[Lab]:
    name = f"lab-test-{secrets.token_hex(3)}"
    with engine.guarded(name):
        lab = lifecycle.up(engine, file=Path(PAIR), name=name, build=False, progress=_nothing)
        yield lab
        lab.down(progress=_nothing)
    assert_nothing_left(name, 15)


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Lab]:
    with _up(engine) as lab:
        yield lab


@pytest.fixture
def pair(engine: Engine, shared: Lab) -> Iterator[Lab]:
    """Two hosts that do nothing, which a test leaves as they are; no agent is on their wires."""
    lab = lifecycle.find([engine], shared.name)
    yield lab
    lab.lift(lifecycle.find([engine], shared.name).faults())
    lab.close()
    no_agent(lab)


@pytest.fixture
def own_pair(engine: Engine) -> Iterator[Lab]:
    """The same for one test, which does something to them."""
    with _up(engine) as lab:
        yield lab


def connect(pair: Lab, timeout_s: float = PATIENCE_S) -> tuple[int, float]:
    """Connect from left to right; return what connect(2) gave, and after how many seconds."""
    (address, *_) = pair.host("right").status().addresses
    argv = ["python3", "-c", CONNECT, address, str(timeout_s)]
    words = pair.host("left").run(argv, timeout_s=60).stdout.split()
    return int(words[0]), float(words[1])


def is_cut(pair: Lab) -> bool:
    result, _ = connect(pair, 0.3)
    assert result in {REACHED, CUT}
    return result == CUT


def is_reached(pair: Lab) -> bool:
    return connect(pair)[0] == REACHED


def heals(pair: Lab) -> None:
    wait_until(lambda: not is_cut(pair), "the link to heal")


def no_agent(pair: Lab) -> None:
    wait_until(lambda: not agents_of(pair.name), "the end of the agent")


def queues(host: Host) -> bytes:
    """Return the packet queues of the host's network namespace, a line for each."""
    output = host.run(["cat", "/proc/net/netfilter/nfnetlink_queue"], timeout_s=20)
    assert output.exit_status == 0, output
    return output.stdout


@contextmanager
def holder(engine: Engine, pair: Lab, life: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program of its own that cuts left -> right; yield it when that is in force."""
    argv = [sys.executable, str(PROGRAMS / "fault_holder.py"), engine.name, pair.name]
    with subprocess.Popen(
        [*argv, "left", "right", life],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as program:
        assert program.stdout
        assert program.stdout.readline() == b"in force\n"
        yield program


def cut_to_stay(engine: Engine, pair: Lab) -> None:
    """Cut left -> right by a program that has ended."""
    with holder(engine, pair, "stay"):
        pass
    assert is_cut(pair)


def test_first_syn_is_lost_and_the_guard_lifts(pair: Lab) -> None:
    with pair.link("left", "right").drop(tcp="syn", first=1) as fault:
        result, took_s = connect(pair)
        assert result == REACHED
        assert took_s >= 0.9  # TCP sends it again after a second (RFC 6298)
        assert (fault.matched, fault.acted) == (2, 1)
        assert queues(pair.host("right")) != b""
    assert is_reached(pair)
    assert (fault.matched, fault.acted) == (2, 1)
    assert pair.faults() == []


def test_fault_ends_with_its_program_however_that_ends(engine: Engine, pair: Lab) -> None:
    with holder(engine, pair, "guard") as program:
        assert is_cut(pair)
        program.send_signal(signal.SIGKILL)
    heals(pair)
    no_agent(pair)
    with holder(engine, pair, "guard"):
        assert is_cut(pair)
    no_agent(pair)
    assert is_reached(pair)


def test_fault_that_stays_survives_its_program_and_another_lifts_it(
    engine: Engine, pair: Lab
) -> None:
    with holder(engine, pair, "stay") as program:
        program.send_signal(signal.SIGKILL)
    assert is_cut(pair)
    (fault,) = pair.faults()
    assert (fault.id, fault.source, fault.target) == ("right/1", "left", "right")
    assert fault.stays
    assert fault.acted_packets == fault.matched_packets > 0
    pair.lift([fault])
    assert is_reached(pair)
    no_agent(pair)


def test_agent_is_no_host(engine: Engine, pair: Lab) -> None:
    cut_to_stay(engine, pair)
    found = lifecycle.find([engine], pair.name)
    assert set(found.hosts) == {"left", "right"}
    assert [host.name for host in found.status().hosts] == ["left", "right"]
    assert [lab.name for lab in engine.labs()].count(pair.name) == 1


def test_agent_killed_under_traffic_leaves_a_link_that_works(engine: Engine, pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    link = pair.link("left", "right")
    (address, *_) = right.status().addresses
    with right.start(["python3", "-c", ANSWER]) as answer:
        assert answer.process.stdout
        port = int(answer.process.stdout.readline())
        with start_program(left, "steady_stream.py", address, port) as stream:
            output = stream.process.stdout
            assert output
            fault = link.add("delay", {"delay_ms": 20})
            wait_until(lambda: fault.status().acted_packets > 20, "traffic on the wire")
            kill_agents(pair.name)
            wait_until(lambda: queues(right) == b"", "the end of the queue")
            os.set_blocking(output.fileno(), False)
            while output.read():  # the replies of before
                pass
            os.set_blocking(output.fileno(), True)
            for _ in range(100):
                assert output.readline()
            stdout, _ = stream.process.communicate(timeout=60)
    found = json.loads(stdout.splitlines()[-1])
    assert found["right"] == found["sent"]
    no_agent(pair)
    with pytest.raises(EngineError, match=r"^right: the agent on its wire"):
        fault.status()
    # A table of the old one would refuse the new one's.
    with lifecycle.find([engine], pair.name).link("left", "right").drop():
        assert is_cut(pair)


def test_agent_with_nothing_to_do_ends(pair: Lab) -> None:
    right = pair.host("right")
    assert right.find_agent() is None
    agent = AgentClient.begin("right", right.begin_agent)
    assert len(agents_of(pair.name)) == 1
    agent.close()
    no_agent(pair)
    assert right.find_agent() is None


def test_two_who_begin_an_agent_get_the_same(engine: Engine, pair: Lab) -> None:
    def begun(_number: int) -> AgentClient:
        host = lifecycle.find([engine], pair.name).host("right")
        return AgentClient.begin("right", host.begin_agent)

    with ThreadPoolExecutor(4) as pool:
        agents = list(pool.map(begun, range(4)))
    # One that has come too late ends.
    wait_until(lambda: len(agents_of(pair.name)) == 1, "one agent")
    for agent in agents:
        agent.ask(
            "add", source="left", addresses=["198.18.0.1"], impairment="drop", asked={}, stay=False
        )
    assert len(agents[0].ask("list")["faults"]) == 4
    for agent in agents:
        agent.close()
    no_agent(pair)


@pytest.mark.parametrize("do", ["kill", "restart"])
def test_agent_ends_with_its_host(engine: Engine, own_pair: Lab, do: str) -> None:
    right = own_pair.host("right")
    cut_to_stay(engine, own_pair)
    getattr(right, do)()
    no_agent(own_pair)
    if do == "kill":
        wait_until(lambda: right.status().state == "exited", "the end of the host")
        with pytest.raises(EngineError, match=r"^right: .*is not running"):
            right.begin_agent()
        right.restart()
    heals(own_pair)
    assert own_pair.faults() == []
    cut_to_stay(engine, own_pair)


def test_guard_outlives_its_host_and_its_program_goes_on(own_pair: Lab) -> None:
    right, link = own_pair.host("right"), own_pair.link("left", "right")
    with link.drop() as before:
        right.restart()
        heals(own_pair)
        with link.drop() as after:  # another agent, which counts from 1 again
            with pytest.raises(AgentEndedError, match=r"^right: .* it has ended"):
                before.status.acted_packets  # noqa: B018
            assert is_cut(own_pair)
            assert after.acted > 0
    heals(own_pair)
    assert own_pair.faults() == []


def test_exhausted_fault_is_listed_as_such_and_counts_on(pair: Lab) -> None:
    with pair.link("left", "right").drop(first=1) as fault:
        assert not fault.status.exhausted
        is_cut(pair)
        is_reached(pair)
        assert fault.status.exhausted
        assert (fault.acted, fault.matched > 1) == (1, True)


def test_paused_host_has_its_wire(engine: Engine, own_pair: Lab) -> None:
    own_pair.host("right").pause()
    cut_to_stay(engine, own_pair)
    own_pair.lift(own_pair.faults())
    assert is_reached(own_pair)
    own_pair.host("right").resume()
    cut_to_stay(engine, own_pair)
    own_pair.host("right").pause()
    assert is_cut(own_pair)
    assert own_pair.faults()[0].acted_packets > 0


def test_fault_is_there_again_after_the_host_was_disconnected(
    engine: Engine, own_pair: Lab
) -> None:
    cut_to_stay(engine, own_pair)
    own_pair.host("right").disconnect()
    own_pair.host("right").connect()
    assert is_cut(own_pair)
    own_pair.lift(own_pair.faults())
    heals(own_pair)


def test_request_of_another_version_leaves_the_agent_and_its_faults(
    engine: Engine, pair: Lab
) -> None:
    cut_to_stay(engine, pair)
    agent = pair.agent(pair.host("right"))
    for request in (
        {"do": "add"},
        {"do": "add", "impairment": 3},
        {"do": "dance"},
        {"do": "status"},
    ):
        with pytest.raises(UsageError, match="unknown to this agent"):
            agent.ask(**request)
    assert is_cut(pair)
    pair.lift(pair.faults())


@pytest.mark.parametrize(
    "asked", [{"ip_version": 6}, {"icmp_type": "neighbour-solicitation"}], ids=str
)
def test_version_of_ip_that_the_source_does_not_have_is_refused(
    pair: Lab, asked: dict[str, object]
) -> None:
    agent = pair.agent(pair.host("right"))
    request = {"source": "left", "addresses": ["198.18.0.1"], "impairment": "drop"}
    with pytest.raises(UsageError, match=r"^drop: only IPv6 .*left has only 198.18.0.1; no packet"):
        agent.ask("add", asked=asked, **request)
    assert agent.ask("list")["faults"] == []


@pytest.mark.parametrize("for_ms", [float("nan"), "x", -5, 0, 1e15])
def test_time_that_is_none_is_refused_and_the_agent_and_its_faults_stay(
    pair: Lab, for_ms: float
) -> None:
    link = pair.link("left", "right")
    with link.drop():
        with pytest.raises(UsageError, match=r"^drop: for_ms .*: must be a number from 1 to "):
            link.add("drop", {}, for_ms=for_ms)
        request = {"source": "left", "addresses": ["198.18.0.1"], "impairment": "drop"}
        with pytest.raises(UsageError, match=r"^drop: for_ms .*: must be a number from 1 to "):
            pair.agent(pair.host("right")).ask("add", asked={}, for_ms=for_ms, **request)
        link.add("observe", {}, for_ms=365 * 24 * 3600e3).lift()
        assert is_cut(pair)
        assert len(pair.faults()) == 1
    assert is_reached(pair)
