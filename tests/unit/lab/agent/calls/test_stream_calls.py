"""Calls on connections: made by a real caller, over loopback."""

import errno

import pytest

from tests.unit.lab.agent.calls.conftest import Here
from tests.waiting import wait_until

LARGE = {"repeat": "x", "times": 1_000_000}


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_bytes_go_both_ways_until_the_end_of_data(here: Here, family: str) -> None:
    here.connected(family)
    assert here.gives("send", socket="c", data="hello") == 5
    assert here.gives("recv", socket="s", bytes=3) == {"text": "hel"}
    assert here.gives("recv", socket="s") == {"text": "lo"}
    assert here.gives("sendall", socket="s", data={"hex": "ff00"}) is None
    assert here.gives("recv", socket="c") == {"hex": "ff00"}
    here.gives("shutdown", socket="c", how="SHUT_WR")
    assert here.gives("recv", socket="s") == {"text": ""}
    here.gives("close", socket="s")
    assert here.gives("recv", socket="c") == {"text": ""}


def test_accept_gives_the_peer_and_names_agree(here: Here) -> None:
    here.gives("listen", as_="door", address="127.0.0.1:0", backlog=1)
    here.gives("connect", as_="c", to=here.address_of("door"))
    peer = here.gives("accept", socket="door", as_="s")
    assert peer == here.gives("getsockname", socket="c") == here.gives("getpeername", socket="s")
    assert here.gives("getpeername", socket="c") == here.gives("getsockname", socket="door")


def test_socket_bind_listen_connect_one_by_one(here: Here) -> None:
    here.gives("socket", as_="door", family="AF_INET", type="SOCK_STREAM")
    here.gives("bind", socket="door", address="127.0.0.1:0")
    here.gives("listen", socket="door")
    here.gives("socket", as_="c")
    assert here.gives("connect_ex", socket="c", to=here.address_of("door")) == 0
    assert here.gives("fileno", socket="c") > 2
    here.gives("close", socket="c")
    assert here.gives("fileno", socket="c") == -1


def test_refusal_is_an_errno_from_connect_and_its_name_from_connect_ex(here: Here) -> None:
    here.gives("bind", as_="nobody", type="stream", address="127.0.0.1:0")
    to = here.address_of("nobody")
    assert here.raises("connect", as_="c", to=to) == "ECONNREFUSED"
    assert here.gives("connect_ex", socket="c", to=to) == "ECONNREFUSED"
    result = here.caller.call("connect", socket="c", to=to)
    with pytest.raises(ConnectionRefusedError) as raised:
        result.value()
    assert raised.value.errno == errno.ECONNREFUSED


def test_nonblocking_connect_goes_through_its_three_errors(here: Here) -> None:
    # To where nobody answers: the queue of a listener that does not accept is full.
    here.gives("listen", as_="door", address="127.0.0.1:0", backlog=0)
    to = here.address_of("door")
    here.gives("connect", as_="fills", to=to)
    here.gives("socket", as_="c")
    here.gives("setblocking", socket="c", blocking=False)
    assert here.raises("connect", socket="c", to=to) == "EINPROGRESS"
    assert here.raises("connect", socket="c", to=to) == "EALREADY"
    here.gives("accept", socket="door", as_="s")
    assert "POLLOUT" in here.gives("poll", socket="c", until="writable", timeout="10s")
    assert here.gives("getsockopt", socket="c", option="SO_ERROR") == 0
    here.gives("connect", socket="c", to=to)
    assert here.raises("connect", socket="c", to=to) == "EISCONN"


def test_a_time_limit_raises_timeout_error_and_zero_is_nonblocking(here: Here) -> None:
    here.connected()
    here.gives("settimeout", socket="c", timeout="30ms")
    assert here.gives("gettimeout", socket="c") == 0.03
    result = here.caller.call("recv", socket="c")
    assert result.raised
    assert (result.raised["name"], result.raised["errno"]) == ("TimeoutError", None)
    assert result.ended_ns - result.began_ns >= 30_000_000
    with pytest.raises(TimeoutError, match="timed out"):
        result.value()
    here.gives("settimeout", socket="c", timeout="0s")
    assert here.raises("recv", socket="c") == "EAGAIN"
    here.gives("settimeout", socket="c")
    assert here.gives("gettimeout", socket="c") is None
    assert here.raises("settimeout", socket="c", timeout="-1s") == "ValueError"


def test_abort_resets_and_a_write_after_that_is_a_broken_pipe(here: Here) -> None:
    here.connected()
    here.gives("abort", socket="s")
    assert here.raises("recv", socket="c") == "ECONNRESET"
    assert here.raises("send", socket="c", data="x") == "EPIPE"


def test_fill_sends_until_nothing_is_taken_and_poll_sees_room_again(here: Here) -> None:
    here.connected()
    taken = here.gives("fill", socket="c", idle="50ms")
    assert taken > 65_536
    assert here.gives("poll", socket="c", until="writable", timeout="0s") == []
    here.gives("settimeout", socket="c", timeout="10ms")
    assert here.raises("send", socket="c", data="x") == "TimeoutError"
    here.gives("makefile", socket="s", as_="f", mode="r")
    assert here.gives("read", file="f", bytes=taken)["length"] == taken
    assert here.gives("poll", socket="c", until="writable", timeout="10s") == ["POLLOUT"]


def test_poll_tells_of_data_and_of_the_end(here: Here) -> None:
    here.connected()
    assert here.gives("poll", socket="c", until="readable", timeout="1ms") == []
    here.gives("send", socket="s", data="x")
    assert here.gives("poll", socket="c", until="readable") == ["POLLIN"]
    here.gives("abort", socket="s")
    seen = here.gives("poll", socket="c", until="ended", timeout="10s")
    assert {"POLLERR", "POLLHUP"} <= set(seen)


def test_a_call_blocks_without_holding_up_others(here: Here) -> None:
    here.connected()
    pending = here.caller.start("recv", socket="c")
    assert here.caller.collect(pending, within_s=0.05) is None
    here.gives("send", socket="s", data="at last")
    result = here.caller.collect(pending, within_s=20)
    assert result
    assert result.returned == {"text": "at last"}


def test_what_is_read_twice_with_msg_peek_and_whole_with_msg_waitall(here: Here) -> None:
    here.connected()
    pending = here.caller.start("recv", socket="c", bytes=4, flags="MSG_WAITALL")
    here.gives("send", socket="s", data="ab")
    here.gives("send", socket="s", data="cd")
    result = here.caller.collect(pending, within_s=20)
    assert result
    assert result.returned == {"text": "abcd"}
    here.gives("send", socket="s", data="e")
    assert here.gives("recv", socket="c", flags=["MSG_PEEK"]) == {"text": "e"}
    assert here.gives("recv", socket="c", flags="MSG_PEEK | MSG_DONTWAIT") == {"text": "e"}


def test_files_read_write_and_readline(here: Here) -> None:
    here.connected()
    here.gives("makefile", socket="c", as_="f")
    here.gives("makefile", socket="s", as_="g", mode="r")
    assert here.gives("write", file="f", data="one\ntwo") == 7
    assert here.gives("poll", socket="s", until="readable", timeout="20ms") == []
    here.gives("flush", file="f")
    assert here.gives("readline", file="g") == {"text": "one\n"}
    assert here.gives("read", file="g", bytes=2) == {"text": "tw"}
    here.gives("close", socket="c")
    assert here.gives("poll", socket="s", until="ended", timeout="20ms") == []
    here.gives("close", file="f")
    assert here.gives("readline", file="g") == {"text": "o"}
    assert here.gives("read", file="g") == {"text": ""}


def test_many_bytes_are_told_by_their_length_and_hash(here: Here) -> None:
    here.connected()
    pending = here.caller.start("sendall", socket="c", data=LARGE)
    here.gives("makefile", socket="s", as_="f", mode="r")
    gave = here.gives("read", file="f", bytes=LARGE["times"])
    assert gave["length"] == LARGE["times"]
    assert len(gave["sha256"]) == 64
    result = here.caller.collect(pending, within_s=20)
    assert result
    assert result.raised is None


def test_tcp_info_has_the_state_and_the_counters(here: Here) -> None:
    here.connected()
    here.gives("sendall", socket="c", data="x" * 1000)
    assert here.gives("tcp_info", socket="c", field="state") == "ESTABLISHED"
    wait_until(
        lambda: here.gives("tcp_info", socket="c", field="bytes_acked") == 1001, "all acknowledged"
    )
    assert here.gives("tcp_info", socket="c")["bytes_sent"] == 1000
    assert here.gives("tcp_info", socket="c", field="total_retrans") == 0
    assert here.gives("getsockopt", socket="s", option="TCP_INFO")["bytes_received"] == 1000
    assert here.gives("tcp_info", socket="door", field="state") == "LISTEN"
    here.gives("shutdown", socket="c", how="SHUT_WR")
    wait_until(lambda: here.gives("tcp_info", socket="s", field="state") == "CLOSE_WAIT", "the FIN")
