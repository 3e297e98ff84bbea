"""The calls of traced programs on the page: bars, words, folds, packets, notices."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.evidence.events import (
    End,
    Event,
    ProgramSocket,
    ProgramStarted,
    TraceNotice,
    TraceOff,
    TraceOn,
)
from lab.report.facts import facts
from lab.report.geometry import BAR, INNER
from lab.report.hosts import names_by_address
from lab.report.legend import legend
from lab.report.model import Run
from lab.report.page import render
from lab.report.payload import payload
from lab.report.picture import draw
from lab.report.reading import read
from lab.report.touched import touched
from lab.report.traced_call import FoldedCalls, every
from lab.report.traced_packets import waited_for
from lab.report.traced_values import about, gave, socket_words
from lab.report.traces import traced_calls
from tests import made_evidence as made
from tests.made_evidence import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN, tcp
from tests.made_traces import TCP, UNIX, polled, sent, traced

REFUSED: dict[str, Any] = {"error": "ECONNREFUSED", "result": None}
TO = {"addr": "198.18.67.2:21567"}
MANY: dict[str, Any] = {"data": {"text": "x" * 64}, "size_bytes": 900, "result": 900}
SHUT = {"how": "SHUT_WR"}
SET = {"optname": "TCP_NODELAY", "optval": 1}
HELLO: dict[str, Any] = {"data": {"text": "hello"}, "size_bytes": 5, "result": 5}


def run_of(folder: Path, calls: Iterable[Event], packets: Any = (), **program: Any) -> Run:
    """Return the run of a program that made these calls."""
    argv = program.pop("argv", ["curl", "http://server"])
    its = made.program(900, argv, began_ms=1, host="client", **program)
    events = [*made.start(), *calls, its, made.at(950, End())]
    return read(made.write(folder, events, packets, scenario=None))


def words(run: Run) -> list[str]:
    """Return the words of each row of a traced call, as they are on the picture."""
    rows = (row for row in draw(run).rows if row.kind.startswith("traced"))
    return [" ".join(word for _, word in row.text.parts) for row in rows if row.text]


def test_call_is_a_bar_within_the_bar_of_its_program(tmp_path: Path) -> None:
    picture = draw(run_of(tmp_path, [traced(5, "bind", arguments={"addr": "0.0.0.0:80"})]))
    bars = {one.key: one for one in picture.spans if one.kind.startswith("bar")}
    program, call = bars["g0"], bars["x0"]
    assert (program.kind, call.kind) == ("bar program around", "bar traced")
    assert (program.x2 - program.x1, call.x2 - call.x1) == (BAR, INNER)
    assert program.x1 < call.x1 < call.x2 < program.x2
    assert program.y1 < call.y1 < call.y2 < program.y2


def test_calls_of_threads_at_a_time_stand_beside_each_other_within_it(tmp_path: Path) -> None:
    calls = [traced(5, "accept", ms=200), traced(6, "recvfrom", ms=300, tid=6, error="EIO")]
    picture = draw(run_of(tmp_path, calls))
    bars = {one.key: one for one in picture.spans if one.kind.startswith("bar")}
    program, first, second = bars["g0"], bars["x0"], bars["x1"]
    assert program.x1 < min(first.x1, second.x1)
    assert max(first.x2, second.x2) < program.x2
    assert first.x2 <= second.x1 or second.x2 <= first.x1


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (traced(5, "connect", arguments=TO, **REFUSED), "connect server:21567 → ECONNREFUSED"),
        (traced(5, "shutdown", ms=50, arguments=SHUT), "shutdown SHUT_WR → ok after 50 ms"),
        (traced(5, "connect", arguments=TO), "connect server:21567 → ok"),
        (sent(5, "hello"), "sendto “hello” → 5 bytes"),
        (traced(5, "recvfrom", **HELLO), "recvfrom fd 3 → “hello”"),
        (traced(5, "recvfrom", **MANY), "recvfrom “xxxxxxxxxxxxxxx…” → 900 bytes"),
        (traced(5, "recvfrom", size_bytes=0), "recvfrom fd 3 → “” (end of data)"),
        (polled(5), "poll fd 3 POLLIN → timeout"),
        (traced(5, "setsockopt", arguments=SET), "setsockopt TCP_NODELAY 1 → ok"),
        (traced(5, "close"), "close server:21567 → ok"),
        (traced(5, "recvfrom", ms=None), "recvfrom → did not return"),
        (traced(5, "connect", arguments={"addr": "AF_UNSPEC"}), "connect AF_UNSPEC → ok"),
    ],
)  # fmt: skip
def test_words(tmp_path: Path, call: Event, expected: str) -> None:
    assert words(run_of(tmp_path, [call]))[-1] == expected


def test_accepted_and_made_sockets_are_named() -> None:
    listening = ProgramSocket(family="AF_INET", protocol="tcp", local="0.0.0.0:80")
    run = [traced(5, "accept", socket=listening, made=TCP, result=4)]
    call = next(every(traced_calls(run, ())))
    assert not isinstance(call, FoldedCalls)
    names = {"198.18.67.3": "client", "198.18.67.2": "server"}
    assert gave(call, names) == "server:21567"
    assert about(call, names) == "fd 3"
    assert socket_words(call, names) == "AF_INET tcp 0.0.0.0:80"


def made_calls(events: Iterable[Any]) -> Any:
    """Return the calls of events, of no program."""
    from lab.report.traces import traced_calls

    return traced_calls(events, ())


def test_poll_loop_is_one_bar_with_a_count(tmp_path: Path) -> None:
    run = run_of(tmp_path, [polled(5 + n / 10) for n in range(812)])
    assert [len(one.calls) for one in run.traced] == [812]
    picture = draw(run)
    assert [one.kind for one in picture.spans if one.key == "y0"] == ["bar traced"]
    assert words(run)[0] == "+ poll \N{MULTIPLICATION SIGN}812 fd 3 POLLIN → timeout in 81 ms"
    group = payload(run, picture)["groups"]["y0"]
    assert len(group["calls"]) == 812


def test_fold_ends_where_something_differs(tmp_path: Path) -> None:
    calls = [polled(5 + n) for n in range(4)]
    calls += [traced(10, "recvfrom", error="EAGAIN", result=None)]
    calls += [polled(11 + n) for n in range(3)] + [polled(15, error="EINTR", result=None)]
    run = run_of(tmp_path, calls)
    assert [len(one.calls) for one in run.traced] == [4, 1, 3, 1]


def test_threads_do_not_break_each_others_folds(tmp_path: Path) -> None:
    calls = [polled(5 + n, tid=5 + n % 2) for n in range(8)]
    assert [len(one.calls) for one in run_of(tmp_path, calls).traced] == [4, 4]


def test_calls_on_local_sockets_are_one_fold_of_all_threads(tmp_path: Path) -> None:
    asked = {"addr": "/var/run/nscd/socket"}
    calls = [
        traced(5 + n, "connect", socket=UNIX, pid=5 + n, tid=5 + n, arguments=asked, error="ENOENT")
        for n in range(6)
    ]
    run = run_of(tmp_path, calls)
    assert words(run) == ["+ AF_UNIX \N{MULTIPLICATION SIGN}6 /var/run/nscd/socket"]
    assert "6 gave ENOENT" in draw(run).rows[-2].whole
    assert legend(run, draw(run)) == ("program", "local", "folded", "fold")


def test_program_of_a_call_is_found(tmp_path: Path) -> None:
    argv = ("sleep", "9")
    calls = [traced(5, "bind", step=2, name="one", program="bash"), traced(6, "bind", step=3)]
    events = [
        *made.start(),
        made.at(2, ProgramStarted(step=2, name="one", host="client", argv=("a",))),
        *calls,
        made.program(7, ["b"], began_ms=3, host="client", step=3),
        made.program(8, argv, began_ms=3, host="client", step=4),
        made.program(9, ["a"], began_ms=2, host="client", step=5, name="one"),
        made.at(20, End()),
    ]
    run = read(made.write(tmp_path, events, (), scenario=None))
    argvs = {one.number: one.argv for one in run.programs}
    assert [argvs[one.program or 0] for one in run.traced] == [("a",), ("b",)]


@pytest.mark.parametrize("other", ["sleep", "py"])
def test_program_of_a_tests_call_is_the_one_of_its_name(tmp_path: Path, other: str) -> None:
    events = [
        *made.start(),
        traced(5, "bind", program="python3.11"),
        made.program(8, ["/usr/bin/python3", "x.py"], began_ms=3, host="client"),
        made.program(9, [other, "1"], began_ms=4, host="client"),
        made.at(20, End()),
    ]
    run = read(made.write(tmp_path, events, (), scenario=None))
    number = run.traced[0].program
    assert number is not None
    assert run.programs[number].argv[0] == "/usr/bin/python3"


def test_calls_have_their_packets(tmp_path: Path) -> None:
    packets = [
        *made.handshake()[:3],
        (40, tcp(CLIENT, PSH | ACK, seq=101, ack=501, data=b"hello"), made.DROPPED),
        (240, tcp(CLIENT, PSH | ACK, seq=101, ack=501, data=b"hello"), made.DELIVERED),
        (250, tcp(SERVER, RST | ACK, seq=501, ack=106), made.DELIVERED),
    ]
    calls = [
        traced(2, "connect", ms=3.5, arguments=TO),
        traced(8, "setsockopt"),
        sent(30, "hello"),
        polled(31, ms=100),
        traced(200, "recvfrom", ms=60, error="ECONNRESET", result=None),
    ]
    run = run_of(tmp_path, calls, packets)
    assert [one.packets for one in run.traced] == [(0, 1, 2), (), (3, 4), (3,), (4, 5)]
    assert {one.connection for one in run.traced} == {0}
    assert {"x2", "x3"} <= set(touched(run))
    assert payload(run, draw(run))["links"]["x2"] == [[3, 4]]


def test_connect_that_was_refused_has_its_syn_though_its_socket_has_no_ends(tmp_path: Path) -> None:
    packets = [
        (3, tcp(CLIENT, SYN, seq=100), made.DROPPED),
        (1003, tcp(CLIENT, SYN, seq=100), made.DELIVERED),
        (1004, tcp(SERVER, RST | ACK, ack=101), made.DELIVERED),
    ]
    bare = ProgramSocket(family="AF_INET6", type="SOCK_STREAM", protocol="tcp")
    to = {"addr": "[::ffff:198.18.67.2]:21567"}
    call = traced(2, "connect", ms=1003, socket=bare, arguments=to, **REFUSED)
    assert run_of(tmp_path, [call], packets).traced[0].packets == (0, 1, 2)


def test_close_has_its_fin(tmp_path: Path) -> None:
    fin = (40, tcp(CLIENT, FIN | ACK, seq=101, ack=501), made.DELIVERED)
    run = run_of(tmp_path, [traced(39, "close")], [*made.handshake()[:3], fin])
    assert run.traced[0].packets == (3,)


def test_details_name_hosts_thread_and_arguments(tmp_path: Path) -> None:
    call = traced(5, "sendto", tid=7, arguments={"len": 90, "dest_addr": "198.18.67.2:21567"},
                  data={"text": "x" * 64}, size_bytes=90, result=90)  # fmt: skip
    run = run_of(tmp_path, [call], argv=["sh", "-c", "curl"])
    found = dict(payload(run, draw(run))["details"]["x0"])
    assert found["Call"] == "client: sendto"
    assert found["Program"] == "curl, run by sh -c curl"
    assert found["Process/thread"] == "5/7"
    assert found["Descriptor"] == "3"
    assert found["Socket"] == "AF_INET tcp client:40000 \N{EN DASH} server:21567"
    assert (found["len"], found["dest_addr"]) == ("90", "server:21567")
    assert found["Data"].endswith("the first of 90 bytes")
    assert (found["Began"], found["Lasted"]) == ("0.004 s", "0.1 ms")


@pytest.mark.parametrize(("subject", "is_bad"), [("io_uring", True), ("unfiltered", False)])
def test_notice_is_a_note(tmp_path: Path, subject: str, is_bad: bool) -> None:
    notice = TraceNotice(host="client", program="curl", pid=5, subject=subject, detail="EPERM")
    run = run_of(tmp_path, [made.at(4, notice)])
    note = run.notes[0]
    assert (note.host, note.is_bad) == ("client", is_bad)
    assert "curl" in note.text
    assert note.text.endswith("(trace of process 5: EPERM)")


def test_the_begin_and_the_end_of_a_trace_are_notes(tmp_path: Path) -> None:
    on = TraceOn(host="client", program="nginx", pid=5)
    off = TraceOff(host="client", program="nginx", pid=5, why="released")
    offs = [replace(off, why=why) for why in ("released", "exited", "lost")]
    run = run_of(tmp_path, [made.at(4, on), *(made.at(5, one) for one in offs)])
    notes = [(one.text, one.is_bad) for one in run.notes if "nginx" in one.text]
    assert notes == [
        ("the trace of nginx (process 5) begins: it ran before", False),
        ("the trace of nginx (process 5) ends: it goes on", False),
        ("the trace of nginx (process 5) ends with it", False),
        ("unseen: calls of nginx (process 5) from now on, as its tracer has ended", True),
    ]


def test_a_call_of_what_ran_already_is_of_no_program_that_was_run(tmp_path: Path) -> None:
    run = run_of(tmp_path, [sent(5, "hello"), sent(6, "world", attached=5)])
    assert [one.program is None for one in run.traced] == [False, True]


def test_table_and_filters_have_the_calls(tmp_path: Path) -> None:
    run = run_of(tmp_path, [sent(5, "hello", tid=6), *(polled(6 + n) for n in range(3))])
    table = [one for one in facts(run) if one.kind == "call of program"]
    assert [(one.where, one.what, one.came) for one in table] == [
        ("client: curl 5/6", "sendto “hello”", "5 bytes"),
        ("client: curl 5", "poll \N{MULTIPLICATION SIGN}3 fd 3 POLLIN", "timeout"),
    ]
    page = render(run)
    assert '<option value="1 5/6">curl, 5/6</option>' in page
    assert 'value="traced"' in page


@pytest.mark.parametrize("error", ["", "ECONNREFUSED"])
def test_a_great_many_calls_are_sampled(tmp_path: Path, error: str) -> None:
    names = ["socket", "connect", "close"]
    calls = [
        traced(5 + n / 100, names[n % 3], error=error if error and n % 3 == 1 else None)
        for n in range(9000)
    ]
    run = run_of(tmp_path, calls)
    picture = draw(run)
    data = payload(run, picture)
    assert len(picture.rows) < 100
    assert sum(row.key[0] == "x" for row in picture.rows) < 60
    assert 4000 <= sum(len(one["calls"]) for one in data["groups"].values()) + 20 < 4100
    assert sum(len(row.text.parts) > 0 for row in picture.rows if row.text) == len(picture.rows)


def test_hosts_have_names_by_their_addresses() -> None:
    assert names_by_address({"a": ("10.0.0.1",)}) == {"10.0.0.1": "a"}


def test_descriptors_that_are_ready_are_what_was_waited_for() -> None:
    ready = {"fd": 4, "events": "POLLIN", "revents": "POLLIN"}
    assert waited_for({"fds": [{"fd": 3, "events": "POLLIN", "revents": ""}, ready]}) == [4]
    assert waited_for({"events": [{"fd": 5, "events": "EPOLLIN"}]}) == [5]
    assert waited_for({"readfds": [6], "writefds": None}) == [6]
