"""A connection to outside fails in the same way on every engine, and nothing leaves.

Only to addresses set aside for documentation (RFC 5737, RFC 3849), and from internal networks.
"""

import json
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from tests.integration.own_lab import own_lab

OUTSIDE, OUTSIDE_IPV6 = "198.51.100.1", "2001:db8::1"
CONNECT = """\
import errno, socket, sys, time
began = time.monotonic()
try:
    socket.create_connection((sys.argv[1], 9), timeout=float(sys.argv[2]))
except TimeoutError:
    print("timed out")
except OSError as error:
    print(errno.errorcode[error.errno], 1 < time.monotonic() - began < 8)
"""
SILENCE = "timed out"
# Nobody answers ARP, or neighbour discovery, for the next hop: known after three questions.
NO_NEIGHBOUR = "EHOSTUNREACH True"


@pytest.fixture(scope="module")
def lab(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "routes.yaml") as lab:
        yield lab


def outcome(host: Host, to: str, within_s: float) -> str:
    output = host.run(["python3", "-c", CONNECT, to, str(within_s)], timeout_s=30)
    assert output.exit_status == 0, output.stderr
    return output.stdout.decode().strip()


def default_routes(host: Host) -> dict[int, list[tuple[str, str]]]:
    """Return interface and last byte of the next hop, by IP version; link-local ones count not."""
    found = {}
    for version in (4, 6):
        argv = ["ip", "-json", f"-{version}", "route", "show", "default"]
        routes = json.loads(host.run(argv, timeout_s=20).stdout)
        found[version] = [
            (route["dev"], hex(ip_address(route["gateway"]).packed[-1])) for route in routes
        ]
    return found


@pytest.mark.parametrize(
    ("name", "routes"),
    [
        ("near", {4: [("eth0", "0x1")], 6: []}),
        ("far", {4: [("eth0", "0xfe")], 6: [("eth0", "0xad")]}),
        # A network with IPv6 comes first, then it is by name.
        ("mixed", {4: [("eth0", "0xfe")], 6: [("eth0", "0xad")]}),
        ("both", {4: [("eth0", "0x1")], 6: []}),
    ],
)
def test_default_routes_are_those_of_the_first_interface(
    lab: Lab, name: str, routes: dict[int, list[tuple[str, str]]]
) -> None:
    assert default_routes(lab.host(name)) == routes


@pytest.mark.parametrize(
    ("name", "to", "within_s", "expected"),
    [
        ("near", OUTSIDE, 4.5, SILENCE),
        ("both", OUTSIDE, 4.5, SILENCE),
        ("far", OUTSIDE, 9, NO_NEIGHBOUR),
        ("far", OUTSIDE_IPV6, 9, NO_NEIGHBOUR),
    ],
)
def test_connection_to_outside_fails_alike(
    lab: Lab, name: str, to: str, within_s: float, expected: str
) -> None:
    assert outcome(lab.host(name), to, within_s) == expected


def test_route_is_there_again_when_a_host_is_connected_again(lab: Lab) -> None:
    # The last one here: Docker counts on, so the interface has another name then.
    far = lab.host("far")
    far.disconnect()
    assert default_routes(far) == {4: [], 6: []}
    far.connect()
    hops = {version: [by for _, by in found] for version, found in default_routes(far).items()}
    assert hops == {4: ["0xfe"], 6: ["0xad"]}


def test_router_without_a_way_out_is_silent_over_ipv6_too(namespaces: Engine) -> None:
    """Not on Docker: Engine 20.10 lets IPv6 out of internal networks."""
    with own_lab(namespaces, "routes-ipv6.yaml") as lab:
        near = lab.host("near")
        assert default_routes(near) == {4: [("eth0", "0x1")], 6: [("eth0", "0x1")]}
        for to in (OUTSIDE, OUTSIDE_IPV6):
            assert outcome(near, to, 4.5) == SILENCE
        # The hosts of another network neither: the router has both, and forwards nothing.
        for to in lab.host("other").status().addresses:
            assert outcome(near, to, 4.5) == SILENCE
