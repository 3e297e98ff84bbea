"""Calls on datagrams, Unix sockets, options, names and the process: made by a real caller."""

import os
import socket

import pytest

from tests.unit.lab.agent.calls.conftest import Here


@pytest.fixture
def pair(here: Here) -> Here:
    """A caller with two UDP sockets, `a` and `b`."""
    here.gives("bind", as_="a", type="datagram", address="127.0.0.1:0")
    here.gives("bind", as_="b", type="datagram", address="127.0.0.1:0")
    return here


def test_a_datagram_arrives_whole_with_its_sender(pair: Here) -> None:
    to = pair.address_of("b")
    assert pair.gives("sendto", socket="a", data="one", to=to) == 3
    assert pair.gives("sendmsg", socket="a", data="", to=to) == 0
    sender = pair.address_of("a")
    assert pair.gives("recvfrom", socket="b") == {"data": {"text": "one"}, "from": sender}
    assert pair.gives("recvfrom", socket="b") == {"data": {"text": ""}, "from": sender}


def test_a_datagram_in_a_small_buffer_is_cut_and_says_so(pair: Here) -> None:
    pair.gives("sendto", socket="a", data="too long", to=pair.address_of("b"))
    assert pair.gives("recvmsg", socket="b", bytes=3) == {
        "data": {"text": "too"},
        "from": pair.address_of("a"),
        "flags": ["MSG_TRUNC"],
        "ancillary": [],
    }
    pair.gives("settimeout", socket="b", timeout="20ms")
    assert pair.raises("recvfrom", socket="b") == "TimeoutError"


def test_a_datagram_too_large_is_refused(pair: Here) -> None:
    data = {"repeat": "x", "times": 65_508}
    assert pair.raises("sendto", socket="a", data=data, to=pair.address_of("b")) == "EMSGSIZE"


def test_a_connected_socket_hears_that_nobody_is_there(pair: Here) -> None:
    to = pair.address_of("b")
    pair.gives("close", socket="b")
    pair.gives("connect", socket="a", to=to)
    pair.gives("send", socket="a", data="x")
    assert pair.raises("recv", socket="a") == "ECONNREFUSED"


def test_ancillary_data_has_names(pair: Here) -> None:
    pair.gives("setsockopt", socket="b", option="IP_RECVTTL", value=True)
    pair.gives("setsockopt", socket="a", option="IP_TTL", value=7)
    pair.gives("sendto", socket="a", data="x", to=pair.address_of("b"))
    (beside,) = pair.gives("recvmsg", socket="b")["ancillary"]
    assert (beside["name"], beside["value"]) == ("IP_TTL", 7)


def test_the_error_queue_tells_what_icmp_said(pair: Here) -> None:
    pair.gives("setsockopt", socket="a", option="IP_RECVERR", value=1)
    to = pair.address_of("b")
    pair.gives("close", socket="b")
    pair.gives("sendto", socket="a", data="x", to=to)
    assert "POLLERR" in pair.gives("poll", socket="a", until="ended", timeout="10s")
    gave = pair.gives("recvmsg", socket="a", flags="MSG_ERRQUEUE")
    assert gave["data"] == {"text": "x"}
    assert gave["from"] == to
    assert gave["flags"] == ["MSG_ERRQUEUE"]
    (beside,) = gave["ancillary"]
    told = {key: beside[key] for key in ("name", "errno", "origin", "icmp_type", "icmp_code")}
    assert told == {
        "name": "IP_RECVERR",
        "errno": "ECONNREFUSED",
        "origin": "SO_EE_ORIGIN_ICMP",
        "icmp_type": 3,
        "icmp_code": 3,
    }


@pytest.mark.parametrize("path", ["door", "@socket-lab-test-{}"])
def test_unix_sockets_by_path_and_by_abstract_name(here: Here, path: str) -> None:
    path = path.format(os.getpid())
    assert here.raises("connect", as_="early", to=path, family="unix") in {
        "ENOENT",
        "ECONNREFUSED",
    }
    here.gives("listen", as_="door", address=path, family="unix")
    assert here.raises("bind", as_="second", address=path, family="unix") == "EADDRINUSE"
    here.gives("connect", as_="c", to=path, family="unix")
    assert here.gives("accept", socket="door", as_="s") == ""
    assert here.gives("getpeername", socket="c") == path
    here.gives("sendall", socket="c", data="over Unix")
    assert here.gives("recv", socket="s") == {"text": "over Unix"}
    here.gives("close", socket="s")
    assert here.raises("send", socket="c", data="x") == "EPIPE"


def test_a_unix_path_without_listener_or_file(here: Here) -> None:
    assert here.raises("connect", as_="c", to="none", family="unix") == "ENOENT"
    here.gives("bind", as_="left", address="left", family="unix", type="stream")
    assert here.raises("connect", socket="c", to="left") == "ECONNREFUSED"


def test_socketpair_makes_two(here: Here) -> None:
    here.gives("socketpair", as_="one", peer="other")
    here.gives("send", socket="one", data="x")
    assert here.gives("recv", socket="other") == {"text": "x"}
    assert here.raises("socketpair", as_="new", peer="other") == "ParameterError"


@pytest.mark.parametrize(
    ("option", "value", "gives"),
    [
        ("SO_KEEPALIVE", True, 1),
        ("TCP_NODELAY", 1, 1),
        ("TCP_USER_TIMEOUT", 1500, 1500),
        ("TCP_SYNCNT", 2, 2),
        ("SO_LINGER", {"on": True, "seconds": 3}, {"on": True, "seconds": 3}),
        ("SO_RCVTIMEO", "1.5s", 1.5),
        ("IP_MTU_DISCOVER", "IP_PMTUDISC_DO", 2),
        ("TCP_CONGESTION", "reno", "reno"),
        ("IP_TTL", {"hex": "09000000"}, 9),
    ],
)
def test_options_are_set_and_read_by_name(
    here: Here, option: str, value: object, gives: object
) -> None:
    here.gives("socket", as_="c")
    here.gives("setsockopt", socket="c", option=option, value=value)
    assert here.gives("getsockopt", socket="c", option=option) == gives


def test_options_as_numbers_and_as_bytes(here: Here) -> None:
    here.gives("socket", as_="c")
    level, option = socket.SOL_SOCKET, socket.SO_TYPE
    assert here.gives("getsockopt", socket="c", level=level, option=option) == 1
    gave = here.gives("getsockopt", socket="c", level="SOL_SOCKET", option="SO_TYPE", bytes=4)
    assert gave == {"text": "\x01\0\0\0"}
    assert here.raises("getsockopt", socket="c", option=3) == "ParameterError"
    assert here.raises("getsockopt", socket="c", option="IP_MTU") == "ENOTCONN"


def test_names_are_looked_up(here: Here) -> None:
    assert here.gives("gethostbyname", host="localhost") == "127.0.0.1"
    found = here.gives("getaddrinfo", host="127.0.0.1", service="80", type="stream")
    assert found == [
        {
            "family": "AF_INET",
            "type": "SOCK_STREAM",
            "address": "127.0.0.1:80",
            "canonical_name": "",
        }
    ]
    assert here.gives("gethostbyaddr", host="127.0.0.1")["addresses"] == ["127.0.0.1"]
    assert here.gives("getservbyname", service="http", protocol="tcp") == 80
    assert here.gives("getservbyport", port=80) == "http"
    assert here.gives("gethostname") == socket.gethostname()


def test_look_ups_fail_by_name(here: Here) -> None:
    flags = "AI_NUMERICHOST"
    assert here.raises("getaddrinfo", host="no-address", flags=flags) == "EAI_NONAME"
    assert here.raises("getaddrinfo", host="127.0.0.1", service="no-such") == "EAI_SERVICE"
    result = here.caller.call("getaddrinfo", host="no-address", flags=flags)
    with pytest.raises(socket.gaierror) as raised:
        result.value()
    assert raised.value.errno == socket.EAI_NONAME
    assert here.raises("getservbyname", service="no-such") == "OSError"
    assert here.raises("getservbyport", port=1 << 20) == "OverflowError"


def test_a_port_too_large_is_pythons_own_error(here: Here) -> None:
    assert here.raises("connect", as_="c", to="127.0.0.1:65536") == "OverflowError"
    assert here.raises("bind", socket="c", port=65_536) == "OverflowError"
    with pytest.raises(OverflowError, match="65535"):
        here.caller.call("connect", socket="c", to="127.0.0.1:65536").value()


def test_too_many_files_and_lifted_again(here: Here) -> None:
    here.gives("listen", as_="door", address="127.0.0.1:0")
    here.gives("connect", as_="c", to=here.address_of("door"))
    here.gives("limit_files", more=0)
    assert here.raises("accept", socket="door", as_="s") == "EMFILE"
    here.gives("limit_files", more=1)
    here.gives("accept", socket="door", as_="s")
    assert here.raises("socket", as_="more") == "EMFILE"
    here.gives("send", socket="c", data={"repeat": "x", "times": 70_000})
    here.gives("limit_files")
    here.gives("socket", as_="more")


def test_syslog_returns_whether_or_not_somebody_hears(here: Here) -> None:
    here.gives("openlog", ident="lab-test", logopt="LOG_PID", facility="LOG_LOCAL0")
    assert here.gives("syslog", message="hello", priority="LOG_DEBUG") is None
    assert here.raises("openlog", ident="x", logopt="LOG_NO") == "ValueError"


def test_the_kernel_counts_and_a_name_that_it_has_not_is_refused(here: Here) -> None:
    before = here.gives("counter", name="TcpActiveOpens")
    here.connected()
    assert here.gives("counter", name="TcpActiveOpens") > before
    for name in ("TcpExtListenOverflows", "UdpRcvbufErrors", "Udp6InErrors"):
        assert here.gives("counter", name=name) >= 0
    assert here.raises("counter", name="TcpActiveOpen") == "ParameterError"


def test_a_link_local_address_needs_its_interface(here: Here) -> None:
    to = "[fe80::1]:9"
    assert here.raises("connect", as_="a", to=to, family="ipv6") == "EINVAL"
    with_scope = "[fe80::1%lo]:9"
    # Loopback has no link-local address here, so it is no such error.
    assert here.raises("connect", as_="b", to=with_scope, family="ipv6") != "EINVAL"
    assert here.raises("connect", as_="c", to="[fe80::1%nothing]:9", family="ipv6") == "OSError"
