"""Real programs, traced from their first instruction: their calls, all of them, as they were."""

import http.server
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.tracing.tracing import Traced, code, python, trace

both_modes = pytest.mark.parametrize("filtered", [True, False], ids=["filtered", "unfiltered"])


@pytest.fixture
def web(tmp_path: Path) -> Iterator[int]:
    """Serve a file over HTTP; give the port."""
    (tmp_path / "file").write_text("of the web", encoding="utf-8")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *_arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def assert_plausible(traced: Traced) -> None:
    """Each call has a time, and a result or an errno."""
    for call in traced.calls:
        assert call["ended_ns"] >= call["began_ns"], call
        assert (call["result"] is None) != (call["error"] is None), call


@both_modes
def test_curl(tmp_path: Path, web: int, filtered: bool) -> None:
    if not (curl := shutil.which("curl")):
        pytest.skip("curl is not installed on this machine: sudo apt-get install curl")
    url = f"http://127.0.0.1:{web}/file"
    traced = trace(tmp_path, curl, "--silent", url, filtered=filtered)
    assert (traced.output, traced.exit_status) == ("of the web", 0)
    assert_plausible(traced)
    assert not traced.notices or os.geteuid()
    connect = traced.of("connect")[-1]  # others ask the name service cache
    assert connect["program"] == "curl"
    assert connect["arguments"] == {"addr": f"127.0.0.1:{web}"}
    assert connect["socket"]["protocol"] == "tcp"
    assert connect["socket"]["peer"] == f"127.0.0.1:{web}"
    (sent,) = traced.of("sendto", "write")
    assert sent["data"]["text"].startswith("GET /file HTTP/1.1\r\n")
    assert sent["result"] == sent["size_bytes"] == sent["arguments"].get("len", sent["result"])
    received = traced.of("recvfrom", "read")
    assert received[0]["data"]["text"].startswith("HTTP/1.0 200 OK\r\n")
    ended = next(call for call in traced.of("close") if call["descriptor"] == sent["descriptor"])
    assert ended["socket"]["local"] == connect["socket"]["local"]


@both_modes
def test_a_hundred_threads(tmp_path: Path, filtered: bool) -> None:
    traced = trace(tmp_path, *python("threads"), filtered=filtered)
    assert (traced.output, traced.exit_status) == ("done\n", 0)
    assert_plausible(traced)
    counts = traced.counts()
    assert counts["connect"] == counts["accept4"] == 100
    assert counts["sendto"] == counts["recvfrom"] == 200
    assert len({call["tid"] for call in traced.of("connect")}) == 100
    clients = {call["socket"]["local"] for call in traced.of("connect")}
    assert {call["arguments"]["addr"] for call in traced.of("accept4")} == clients
    assert {call["made"]["peer"] for call in traced.of("accept4")} == clients


@both_modes
def test_forks_and_what_is_inherited(tmp_path: Path, filtered: bool) -> None:
    traced = trace(tmp_path, *python("forks"), filtered=filtered)
    assert (traced.output, traced.exit_status) == ("done\n", 0)
    assert_plausible(traced)
    sent = traced.one("sendto")
    accepted = traced.one("accept4")
    assert sent["pid"] not in {accepted["pid"], traced.one("connect")["pid"]}
    assert sent["socket"] == accepted["made"]
    # In a program that was started with the descriptor.
    written = traced.one("write")
    assert written["data"] == {"text": "inherited"}
    assert written["socket"]["protocol"] == "unix"


@both_modes
def test_epoll_poll_and_select(tmp_path: Path, filtered: bool) -> None:
    traced = trace(tmp_path, *python("waits"), filtered=filtered)
    assert (traced.output, traced.exit_status) == ("done\n", 0)
    assert_plausible(traced)
    added = traced.of("epoll_ctl")[0]
    reader = added["arguments"]["fd"]
    assert added["arguments"]["op"] == "EPOLL_CTL_ADD"
    assert added["arguments"]["events"] == "EPOLLIN"
    ready = [call for call in traced.of("epoll_wait", "epoll_pwait") if call["result"]]
    assert ready[0]["arguments"]["events"] == [{"fd": reader, "events": "EPOLLIN"}]
    (polled,) = traced.of("poll", "ppoll")
    events = polled["arguments"]["fds"]
    assert events == [{"fd": reader, "events": "POLLIN", "revents": "POLLIN"}]
    (selected,) = traced.of("select", "pselect6")
    assert selected["arguments"]["ready"]["readfds"] == [reader]
    assert selected["arguments"]["timeout_ms"] == 2000


def test_messages_options_and_descriptors(tmp_path: Path) -> None:
    traced = trace(tmp_path, *python("messages"))
    assert (traced.output, traced.exit_status) == ("done\n", 0)
    assert_plausible(traced)
    sent = traced.of("sendmsg")
    assert sent[0]["arguments"]["msg_name"] == traced.of("getsockname")[0]["arguments"]["addr"]
    assert sent[0]["data"] == {"text": "two parts"}
    assert sent[0]["arguments"]["flags"] == "MSG_DONTWAIT|MSG_NOSIGNAL"
    assert sent[1]["arguments"]["msg_control"][0]["cmsg_type"] == "SCM_RIGHTS"
    (taken,) = traced.of("recvmsg")[1]["arguments"]["msg_control"]
    # What came over a socket is a socket, under its new number.
    (written,) = traced.of("write")
    assert [written["descriptor"]] == taken["fds"]
    assert written["socket"]["protocol"] == "udp"
    options = {call["arguments"]["optname"]: call["arguments"] for call in traced.of("setsockopt")}
    assert options["SO_LINGER"]["optval"] == {"l_onoff": 1, "l_linger": 3}
    assert options["SO_RCVTIMEO"]["optval"] == {"tv_sec": 1, "tv_usec": 500_000}
    assert options["TCP_NODELAY"] == {"level": "IPPROTO_TCP", "optname": "TCP_NODELAY", "optval": 1}
    (error,) = traced.of("getsockopt")
    assert error["arguments"]["optval"] == "ECONNREFUSED"
    (copied,) = traced.of("fcntl")
    closed = [call["descriptor"] for call in traced.of("close")]
    assert copied["descriptor"] in closed
    assert copied["result"] in closed


def test_a_static_binary(tmp_path: Path, web: int) -> None:
    busybox = shutil.which("busybox")
    if not busybox:
        pytest.skip("busybox is not installed on this machine: sudo apt-get install busybox-static")
    traced = trace(tmp_path, busybox, "wget", "-q", "-O", "-", f"http://127.0.0.1:{web}/file")
    assert (traced.output, traced.exit_status) == ("of the web", 0)
    assert_plausible(traced)
    assert traced.of("connect")[-1]["arguments"] == {"addr": f"127.0.0.1:{web}"}
    assert traced.calls[0]["program"] == "busybox"


def test_an_exec_of_a_thread_that_is_not_the_first(tmp_path: Path) -> None:
    traced = trace(tmp_path, *python("thread_executes"))
    assert (traced.output, traced.exit_status) == ("executed\n", 0)
    waited = [call for call in traced.calls if call["ended_ns"] is None]
    assert [call["call"] for call in waited] == ["recvfrom"]  # of the thread that exec has ended
    after = traced.of("sendto")[-1]
    assert after["data"] == {"text": "after exec"}
    assert after["pid"] == after["tid"] == waited[0]["pid"]


def test_a_program_without_sockets_is_not_seen(tmp_path: Path) -> None:
    text = "import os; r, w = os.pipe(); os.write(w, b'x'); os.read(r, 1); print('ok')"
    traced = trace(tmp_path, *code(text))
    assert (traced.output, traced.exit_status, traced.calls) == ("ok\n", 0, [])


def test_a_connection_as_standard_streams(tmp_path: Path) -> None:
    """As inetd(8) gives it: read and write on descriptors 0 and 1, which a filter leaves out."""
    traced = trace(tmp_path, *python("inetd"))
    assert (traced.output, traced.exit_status) == ("done\n", 0)
    assert traced.one("read")["descriptor"] == 0
    assert traced.one("read")["data"] == {"text": "question"}
    assert traced.one("write")["descriptor"] == 1
    assert traced.one("write")["socket"]["protocol"] == "unix"


def test_a_socket_that_was_there_before_the_tracer(tmp_path: Path) -> None:
    """The tracer's own standard input is one, which the program reads without any other call."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.send(b"inherited")
        text = "import os; print(os.read(0, 100))"
        traced = trace(tmp_path, *code(text), stdin=theirs.fileno())
    assert traced.output == "b'inherited'\n"
    assert traced.one("read")["data"] == {"text": "inherited"}


def test_what_a_program_names_and_sends_forges_nothing(tmp_path: Path) -> None:
    traced = trace(tmp_path, *python("forger"))
    assert traced.exit_status == 0
    assert {call["call"] for call in traced.calls} <= {"socket", "bind", "sendto", "close"}
    assert traced.one("bind")["arguments"]["addr"] == '@"}\n{"kind": "call"}'
    assert traced.one("sendto")["data"] == {"text": '"}\n{"kind": "call", "pid": 1}'}
    assert traced.one("sendto")["size_bytes"] == 29


def test_a_ring_is_said_to_be_unseen(tmp_path: Path) -> None:
    number = 425  # io_uring_setup, on every architecture
    text = (
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True);"
        f"got = libc.syscall({number}, 1, ctypes.create_string_buffer(120)); print(got >= 0)"
    )
    traced = trace(tmp_path, *code(text))
    assert traced.one("io_uring_setup")["arguments"] == {"entries": 1}
    is_there = traced.output == "True\n"
    assert [one["subject"] for one in traced.notices if one["subject"] == "io_uring"] == (
        ["io_uring"] if is_there else []
    )
