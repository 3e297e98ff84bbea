"""`lab trace --packets`: packets and faults stand between the calls, in the order of time."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.commands.trace_packets import HOLD_S
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

PORT = 8000
ENDED = "packets that come to right are seen no more: it has ended"
TALKS = f"""
import socket
with socket.socket() as line:
    line.connect(("right", {PORT}))
    line.sendall(b"hello")
    line.recv(5)
"""
SENDS = """
import socket, sys
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for text in sys.stdin:
    line.sendto(text.encode(), ("right", 9))
"""
ECHOES = f"""
import socket
with socket.create_server(("", {PORT})) as door:
    print("ready", flush=True)
    while True:
        line, _ = door.accept()
        with line:
            line.sendall(line.recv(5))
"""


@pytest.fixture(scope="module")
def pair(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "pair.yaml") as lab:
        yield lab


def seen(file: Path) -> list[dict[str, Any]]:
    """Return the whole lines of what a trace has written."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def place_ns(line: dict[str, Any]) -> int:
    """Return when a line has its place: a long call at its end, a late packet when it came."""
    if line["kind"] != "program_call":
        return int(line["time_ns"]) + int(line.get("late_ns", 0))
    began_ns, ended_ns = int(line["began_ns"]), int(line["ended_ns"])
    return began_ns if ended_ns - began_ns < HOLD_S * 1e9 else ended_ns


def in_order(lines: Sequence[dict[str, Any]]) -> bool:
    places = [place_ns(one) for one in lines if one["kind"] != "trace_notice"]
    return places == sorted(places)


def waits(condition: Callable[[], bool], what: str) -> None:
    """Wait as long as a tracer and agents may take to begin on a busy machine."""
    wait_until(condition, what, LONGEST_S)


def test_a_lost_syn_stands_in_its_connect_and_a_segment_after_its_send(
    pair: Lab, tmp_path: Path
) -> None:
    argv = ("trace", "--lab", pair.name, "--packets")
    file = tmp_path / "lines.jsonl"
    with pair.host("right").start(["python3", "-c", ECHOES]) as server:
        assert server.process.stdout
        assert server.process.stdout.readline() == b"ready\n"
        with pair.link("left", "right").drop(tcp="syn", first=1) as lost:
            done = command.run(*argv, "--json", "-o", str(file), "left", "python3", "-c", TALKS)
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
            lines = seen(file)
            fault = lost.status.id
        shown = command.run(*argv, "left", "python3", "-c", TALKS)
    assert in_order(lines)
    assert (lines[0]["kind"], lines[0]["change"], lines[0]["id"]) == ("fault", "in force", fault)
    packets = [one for one in lines if one["kind"] == "packet" and one["protocol"] == "tcp"]
    first, again = packets[:2]
    assert (first["label"], first["fate"], first["faults"]) == ("SYN", ["dropped"], [fault])
    assert (again["label"], again["fate"], again["marks"]) == (
        *("SYN", ["delivered"]),
        ["retransmission"],
    )
    assert {(one["source"], one["target"]) for one in packets} == {
        *(("left", "right"), ("right", "left")),
    }
    made = {one["call"]: one for one in lines if one["kind"] == "program_call"}
    (data,) = [one for one in packets if one["source"] == "left" and "len 5" in one["label"]]
    assert lines.index(again) < lines.index(made["connect"]) < lines.index(made["sendto"])
    assert lines.index(made["sendto"]) < lines.index(data)
    said = [one for one in shown.stderr.splitlines() if "8000" in one]
    assert {one[0] for one in said} == {" ", ">", "<"}
    clocks = [one.split()[1] if one[0] != " " else one.split()[0] for one in said]
    assert clocks == sorted(clocks)
    assert "\x1b" not in shown.stderr


def test_faults_that_others_add_and_lift_meanwhile_have_lines(pair: Lab, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    argv = [*command.ARGV, "trace", "--lab", pair.name, "--packets", "--json", "-o", str(file)]
    with subprocess.Popen(
        [*argv, "left", "python3", "-u", "-c", SENDS], cwd=ROOT, stdin=subprocess.PIPE
    ) as tracing:
        assert tracing.stdin
        link = pair.link("left", "right")

        def sends(text: bytes) -> None:
            assert tracing.stdin
            tracing.stdin.write(text)
            tracing.stdin.flush()

        def datagrams() -> list[dict[str, Any]]:
            return [one for one in seen(file) if one.get("protocol") == "udp"]

        def changes() -> list[str]:
            return [one["change"] for one in seen(file) if one["kind"] == "fault"]

        def notes() -> list[str]:
            return [one["text"] for one in seen(file) if one["kind"] == "note"]

        sends(b"one\n")
        waits(lambda: len(datagrams()) == 1, "a datagram")
        with link.delay(delay_ms=4 * HOLD_S * 1000, protocol="udp"):
            waits(lambda: changes() == ["added"], "a fault that was added")
            sends(b"two\n")
            waits(lambda: len(datagrams()) == 2, "a late datagram")
        waits(lambda: changes() == ["added", "lifted"], "a fault that was lifted")
        sends(b"three\n")
        waits(lambda: len(datagrams()) == 3, "a datagram after it")
        pair.host("right").restart()
        waits(lambda: notes() == [ENDED], "a wire that has ended")
        tracing.stdin.close()
        assert tracing.wait(LONGEST_S) == 0
    lines = seen(file)
    assert in_order(lines)
    assert [one["fate"] for one in datagrams()] == [
        *(["delivered"], ["delivered", "late"], ["delivered"]),
    ]
    kinds = [one["kind"] for one in lines if one["kind"] == "fault" or one in datagrams()]
    assert kinds == ["packet", "fault", "packet", "fault", "packet"]
