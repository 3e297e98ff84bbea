"""A host knows those it shares a network with; who it is itself it knows on all of them."""

from lab.compose import etc_hosts
from lab.compose.etc_hosts import Known, rank

LOCAL = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
KNOWN = {
    "left": [Known(("fd00::2", "10.0.0.2"), ("a", "door")), Known(("10.0.0.3",), ("b", "door"))],
    "right": [Known(("10.0.1.2",), ("a", "gate")), Known(("10.0.1.3",), ("c",))],
}


def lines(text: str) -> list[str]:
    """Return the lines of /etc/hosts after those that every host has."""
    found = text.splitlines()
    assert found[:2] == LOCAL
    assert text.endswith("\n")
    return found[2:]


def test_host_on_no_network_knows_nobody() -> None:
    assert lines(etc_hosts.view([], KNOWN)) == []


def test_host_knows_those_on_its_network_by_their_names_there() -> None:
    assert lines(etc_hosts.view(["right"], KNOWN)) == ["10.0.1.2 a gate", "10.0.1.3 c"]
    assert lines(etc_hosts.view(["left"], KNOWN)) == [
        "fd00::2 a door",
        "10.0.0.2 a door",
        "10.0.0.3 b door",
    ]


def test_name_on_two_shared_networks_is_that_of_the_first() -> None:
    assert lines(etc_hosts.view(["right", "left"], KNOWN)) == [
        "10.0.1.2 a gate",
        "10.0.1.3 c",
        "fd00::2 a door",  # the first network with IPv6
        "10.0.0.2 door",
        "10.0.0.3 b door",
    ]


def test_own_lines_are_there_only_where_they_say_more() -> None:
    assert etc_hosts.own_lines("a", "a", [["10.0.0.2"]]) == ()
    assert etc_hosts.own_lines("a", "h", []) == ()
    assert etc_hosts.own_lines("a", "h", [["10.0.0.2"]]) == ("10.0.0.2 h",)
    assert etc_hosts.own_lines("a", "h.example.org", [["fd00::2", "10.0.0.2"]]) == (
        "fd00::2 h.example.org h",
        "10.0.0.2 h.example.org h",
    )
    assert etc_hosts.own_lines("a", "a", [["10.0.0.2"], ["10.0.1.2"]]) == (
        "10.0.0.2 a",
        "10.0.1.2 a",
    )
    assert etc_hosts.own_lines("a", ".x", [["10.0.0.2"]]) == ("10.0.0.2 .x",)


def test_own_names_stand_for_nobody_else() -> None:
    view = etc_hosts.view(["left"], KNOWN)
    assert lines(etc_hosts.with_own(view, ["10.0.0.2 a", "10.0.1.2 a"])) == [
        "10.0.0.2 a",
        "10.0.1.2 a",
        "fd00::2 door",
        "10.0.0.2 door",
        "10.0.0.3 b door",
    ]


def test_host_that_is_called_localhost_has_its_loopback() -> None:
    own = etc_hosts.with_own(etc_hosts.view(["right"], KNOWN), ["10.0.1.3 localhost"])
    assert lines(own)[0] == "10.0.1.3 localhost"


def test_line_without_a_name_that_is_left_is_left_out() -> None:
    own = etc_hosts.with_own(etc_hosts.view(["right"], KNOWN), ["10.0.1.3 c"])
    assert lines(own) == ["10.0.1.3 c", "10.0.1.2 a gate"]


def test_network_that_leads_outside_comes_first_then_ipv6_and_else_names_count() -> None:
    settings = {"b": {"internal": True}, "a": {"internal": True}, "z": {}, "y": {"internal": False}}
    settings |= {"c": {"internal": True, "enable_ipv6": True}, "x": {"enable_ipv6": True}}
    assert sorted(settings, key=lambda key: rank(key, settings[key])) == [
        "x",
        "y",
        "z",
        "c",
        "a",
        "b",
    ]
