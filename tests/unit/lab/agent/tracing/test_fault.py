"""Which calls a fault acts on."""

from typing import Any

import pytest

from lab.agent.tracing.acting import Faults
from lab.agent.tracing.descriptors import Descriptors, OpenSocket
from lab.agent.tracing.fault import CallFault
from lab.agent.tracing.kinds import kinds
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.task import PendingCall, Process, Task
from lab.agent.tracing.traced_call import SocketState
from lab.net.parameters import ParameterError

KINDS = {one.name: one for one in kinds(this_machine()).values()}
TCP = SocketState("AF_INET", "SOCK_STREAM", "tcp", "127.0.0.1:5", "127.0.0.1:80")


def pending(call: str, state: SocketState = TCP, peer: str = "") -> PendingCall:
    process = Process(0, Descriptors(), filtered=True)
    process.program = "curl"
    found = PendingCall(KINDS[call], Task(0, process), [0] * 6, 3, OpenSocket(state))
    found.peer = peer
    return found


def taken(values: dict[str, Any], count: int = 10, number: int = 1) -> list[int]:
    fault = CallFault(number, {"errno": "ETIMEDOUT", "call": "connect", **values})
    found = [n for n in range(1, count + 1) if fault.takes(pending("connect"))]
    assert fault.matched == count
    return found


def test_counted() -> None:
    assert taken({}) == list(range(1, 11))
    assert taken({"nth": 3}) == [3]
    assert taken({"first": 2}) == [1, 2]
    assert taken({"every": 4}) == [4, 8]
    assert taken({"nth": 1, "after": 5}) == [6]


def test_drawn_as_a_function_of_seed_and_number() -> None:
    first = taken({"probability": 0.5, "seed": 3}, 200)
    assert 60 < len(first) < 140
    assert taken({"probability": 0.5, "seed": 3}, 200) == first
    assert taken({"probability": 0.5, "seed": 4}, 200) != first
    assert taken({"probability": 0.5, "seed": 3}, 200, number=2) != first


@pytest.mark.parametrize(
    ("values", "matches"),
    [
        ({"program": "curl"}, True),
        ({"program": "wget"}, False),
        ({"peer": "127.0.0.1:80"}, True),
        ({"peer": "127.0.0.1"}, True),
        ({"peer": "127.0.0.2"}, False),
        ({"port": 80}, True),
        ({"port": 8}, False),
        ({"family": "AF_INET", "protocol": "tcp"}, True),
        ({"family": "AF_UNIX"}, False),
        ({"protocol": "udp"}, False),
        ({"call": "sendto", "errno": "EPIPE"}, False),
    ],
)
def test_matches(values: dict[str, Any], matches: bool) -> None:
    fault = CallFault(1, {"errno": "ETIMEDOUT", "call": "connect", **values})
    assert fault.takes(pending("connect")) == matches
    assert fault.matched == matches


def test_the_address_of_the_call_comes_before_that_of_the_socket() -> None:
    fault = CallFault(1, {"call": "sendto", "errno": "EPIPE", "peer": "[::1]:53"})
    assert fault.takes(pending("sendto", peer="[::1]:53"))
    assert not fault.takes(pending("sendto"))
    fault = CallFault(1, {"call": "sendto", "errno": "EPIPE", "peer": "::1"})
    assert fault.takes(pending("sendto", peer="[::1]:53"))
    fault = CallFault(1, {"call": "connect", "errno": "ENOENT", "peer": "/run/a:b"})
    assert fault.takes(pending("connect", peer="/run/a:b"))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"call": "connect"}, "give errno, count or delay_ms"),
        ({"call": "connect", "errno": "EXXX"}, "there is none of this name"),
        ({"call": "connect", "errno": "errorcode"}, "there is none of this name"),
        ({"call": "connect", "errno": "EPIPE"}, r"connect\(2\) does not list it .*force: true"),
        ({"call": "connect", "count": 1}, "sends and receives no bytes"),
        ({"call": "sendto", "count": 1, "errno": "EPIPE"}, "choose one"),
        ({"call": "connekt", "errno": "EPIPE"}, "connekt"),
        ({"call": "connect", "errno": "EINTR", "nth": 1, "first": 1}, "choose one way to count"),
        ({"call": "connect", "errno": "EINTR", "probability": 0}, "never act"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        CallFault(1, values)


def test_an_errno_that_is_not_listed_can_be_forced() -> None:
    assert CallFault(1, {"call": "connect", "errno": "EPIPE", "force": True}).errno == 32


def test_a_delay_waits_and_what_has_ended_meanwhile_is_left_out() -> None:
    faults = Faults()
    faults.active.append(CallFault(1, {"call": "connect", "delay_ms": 0.001}))
    first, second = pending("connect"), pending("connect")
    for one in (first, second):
        one.task.call = one
        assert faults.act(one)
    assert faults.next_due_ns()
    first.task.call = None
    while faults.next_due_ns():
        for due in faults.due():
            assert due is second
    assert faults.active[0].acted == 2
