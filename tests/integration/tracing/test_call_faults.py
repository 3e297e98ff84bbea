"""Faults of the very calls of programs that nobody changes."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.tracing.test_programs import both_modes
from tests.integration.tracing.tracing import Traced, python, trace


def run(folder: Path, *faults: dict[str, Any], filtered: bool = True) -> Traced:
    """Trace `each_call.py`, which prints what came of each call."""
    return trace(folder, *python("each_call"), faults=faults, filtered=filtered)


def outcomes(traced: Traced, call: str) -> list[str]:
    """Return what the program itself found, of the calls of a name."""
    lines = [line.split() for line in traced.output.splitlines()]
    return [result for name, result in lines if name == call]


@pytest.mark.parametrize(
    ("call", "name", "filtered"),
    [
        *(("socket", one, True) for one in ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")),
        *(("connect", one, True) for one in ("ETIMEDOUT", "ECONNREFUSED", "EINTR", "ENETUNREACH")),
        *(("sendto", one, True) for one in ("ENOBUFS", "EPIPE", "ECONNRESET", "EAGAIN")),
        *(("recvfrom", one, True) for one in ("ECONNRESET", "ETIMEDOUT", "EINTR")),
        *(("setsockopt", "ENOMEM", True), ("close", "EIO", True), ("accept4", "EMFILE", True)),
        *(("bind", "EACCES", True), ("connect", "ETIMEDOUT", False), ("close", "EIO", False)),
    ],
)
def test_a_call_fails_with_an_errno(tmp_path: Path, call: str, name: str, filtered: bool) -> None:
    traced = run(tmp_path, {"call": call, "nth": 2, "errno": name}, filtered=filtered)
    assert traced.exit_status == 0
    found = outcomes(traced, call)
    assert found[1] == name
    assert name not in found[:1] + found[2:]
    second = traced.of(call)[1]
    assert (second["error"], second["fault"], second["result"]) == (name, 1, None)
    assert [one["fault"] for one in traced.of(call)].count(1) == 1


def test_a_call_that_fails_is_not_made(tmp_path: Path) -> None:
    traced = run(tmp_path, {"call": "sendto", "first": 1, "errno": "ENOBUFS"})
    received = [one["data"]["text"] for one in traced.of("recvfrom")]
    assert received == ["message 1", "message 2"]  # and not message 0


def test_a_fault_means_one_peer(tmp_path: Path) -> None:
    """As of the database, and not of the name service cache."""
    traced = run(tmp_path, {"call": "connect", "peer": "127.0.0.1:1", "errno": "ETIMEDOUT"})
    assert set(outcomes(traced, "connect")) == {"0"}
    traced = run(tmp_path, {"call": "connect", "peer": "127.0.0.1", "errno": "ETIMEDOUT"})
    assert set(outcomes(traced, "connect")) == {"ETIMEDOUT"}
    traced = run(tmp_path, {"call": "connect", "program": "curl", "errno": "ETIMEDOUT"})
    assert set(outcomes(traced, "connect")) == {"0"}
    traced = run(tmp_path, {"call": "connect", "protocol": "udp", "errno": "ETIMEDOUT"})
    assert set(outcomes(traced, "connect")) == {"0"}


def test_the_same_seed_picks_the_same_calls(tmp_path: Path) -> None:
    fault = {"call": "setsockopt", "probability": 0.5, "seed": 7, "errno": "ENOMEM"}
    first, second = (outcomes(run(tmp_path, fault), "setsockopt") for _ in range(2))
    assert first == second
    assert {"0", "ENOMEM"} == set(first)
    assert outcomes(run(tmp_path, {**fault, "seed": 8}), "setsockopt") != first


@both_modes
@pytest.mark.parametrize("call", ["sendto", "write", "writev", "sendmsg"])
def test_a_call_sends_less(tmp_path: Path, call: str, filtered: bool) -> None:
    traced = trace(
        tmp_path, *python("short"), faults=[{"call": call, "count": 4}], filtered=filtered
    )
    assert (traced.output, traced.exit_status) == (f"{call} 4 b'part'\n", 0)
    sent = traced.of(call)[0]
    assert (sent["result"], sent["data"], sent["fault"]) == (4, {"text": "part"}, 1)
    if "iov_len" in sent["arguments"]:
        assert sent["arguments"]["iov_len"] == [3, 6]  # what the program passed


@pytest.mark.parametrize("call", ["recvfrom", "read", "readv", "recvmsg"])
def test_a_call_receives_less(tmp_path: Path, call: str) -> None:
    traced = trace(tmp_path, *python("short", call), faults=[{"call": call, "count": 4}])
    assert (traced.output, traced.exit_status) == (f"{call} 4 b'part'\n", 0)
    assert (traced.of(call)[0]["data"], traced.of(call)[0]["fault"]) == ({"text": "part"}, 1)


@both_modes
def test_a_call_is_made_later_and_others_meanwhile(tmp_path: Path, filtered: bool) -> None:
    fault = {"call": "sendto", "nth": 1, "delay_ms": 2000}
    traced = trace(tmp_path, *python("two_threads"), faults=[fault], filtered=filtered)
    assert (traced.output, traced.exit_status) == ("done\n", 0)
    late, *others = traced.of("sendto")[::-1]
    assert late["fault"] == 1
    assert late["ended_ns"] - late["began_ns"] >= 2000e6
    assert len(others) == 50
    assert all(one["ended_ns"] < late["ended_ns"] for one in others)


def test_what_is_delayed_can_be_killed(tmp_path: Path) -> None:
    fault = {"call": "sendto", "nth": 1, "delay_ms": 3_600_000}
    traced = trace(tmp_path, *python("killed_late"), faults=[fault])
    assert traced.exit_status == 0
    killed = next(one for one in traced.of("sendto") if one["fault"])
    assert killed["ended_ns"] is None
