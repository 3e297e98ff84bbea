"""The networks of a compose file are what Docker makes of them, or are refused at their place."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.compose import subnets
from lab.compose.networks import Networks
from lab.errors import LocatedError
from tests.unit.lab.engines.namespaces.plan.test_errors import HOST, WIRED, refused


def made(text: str) -> Networks:
    file = yaml.safe_load(text)
    return Networks(file.get("networks") or {}, file["services"])


def given(networks: Networks, key: str) -> list[tuple[str, str, str]]:
    return [(one.network, one.ipv4, one.ipv6) for one in networks.interfaces[key]]


def ipam(*configs: str, ipv6: bool = False) -> str:
    entries = ", ".join(f"{{{config}}}" for config in configs)
    return f"    ipam:\n      config: [{entries}]\n    enable_ipv6: {str(ipv6).lower()}\n"


def member(settings: str) -> str:
    return WIRED.replace("networks: [wire]", f"networks: {{wire: {{{settings}}}}}")


V4 = "subnet: 10.0.0.0/24"
V6 = "subnet: 'fd00::/64'"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (WIRED + ipam(V4, "subnet: 10.0.1.0/24"), 9, "a second IPv4 subnet; make another network"),
        (WIRED + ipam(V6, V6), 9, "a second IPv6 subnet"),
        (WIRED + ipam("gateway: 10.0.0.1"), 9, "it names no subnet"),
        (WIRED + ipam(f"{V4}, gateway: 10.1.0.1"), 9, "10.1.0.1 is not in the network's"),
        (WIRED + ipam(f"{V4}, ip_range: 10.1.0.0/25"), 9, "is not within subnet 10.0.0.0/24"),
        (WIRED + "    external: true\n", 8, "from outside the lab is not for this engine"),
        (WIRED + "    external: {name: x}\n", 8, "from outside the lab"),
        (WIRED + "    driver: macvlan\n", 8, "macvlan is not for this engine, bridge is"),
        (WIRED + "    ipam: {driver: theirs}\n", 8, "theirs is not for this engine"),
        (WIRED + "    driver: 3\n", 8, "driver must be a string"),
        (WIRED + "    enable_ipv6: perhaps\n", 8, "must be true or false, not a string"),
        *(
            (member(f"ipv4_address: {address}") + ipam(V4), 5, said)
            for address, said in (
                ("10.0.0.0", "10.0.0.0 is the network's own; choose another"),
                ("10.0.0.255", "is the network's broadcast address"),
                ("10.0.0.1", "is the network's router's"),
                ("10.0.1.1", "is not in the network's 10.0.0.0/24"),
                ("fd00::5", "is not in the network's 10.0.0.0/24"),
                ("here", "'here' does not appear to be"),
            )
        ),
        (member("ipv4_address: 198.18.0.9"), 5, "network wire names no such subnet; add one below"),
        (member("ipv6_address: 'fd00::5'"), 5, "network wire has no IPv6; give it enable_ipv6"),
        (member("ipv6_address: 'fd00::5'") + ipam(V4, V6), 5, "network wire has no IPv6"),
        (member("ipv6_address: 'fd00::1'") + ipam(V6, ipv6=True), 5, "is the network's router's"),
        (member("mac_address: here"), 5, "'here' is no hardware address, such as 02:42:"),
        (member("mac_address: '01:00:5e:00:00:01'"), 5, "is no single host's address"),
        (member("aliases: [a, 'b c']"), 5, "'b c' is no name of a host"),
        (member("aliases: ['x#y']"), 5, "'x#y' is no name of a host"),
        (member("aliases: [3]"), 5, "must be a list of strings; 3 is none"),
        (HOST + "    hostname: 'a b'\n", 5, "services.a.hostname: 'a b' is no name of a host"),
        (HOST + f"    hostname: {'h' * 65}\n", 5, "has 64 bytes at most, not 65"),
        (HOST + f"    hostname: {'ä' * 33}\n", 5, "has 64 bytes at most, not 66"),
        (HOST.replace("  a:", f"  {'h' * 65}:"), 2, "not 65; set a shorter hostname"),
        (HOST + "    container_name: 'a b'\n", 5, "services.a.container_name: 'a b' is no name"),
        (HOST + "    dns: [192.0.2.1, theirs]\n", 5, "services.a.dns: 'theirs' does not appear"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    found = refused(tmp_path, text)
    assert found.startswith(f"{line}: ")
    assert said in found


def test_address_that_two_hosts_ask_for_names_the_other(tmp_path: Path) -> None:
    other = "  b: {image: socket-lab/host, networks: {wire: {ipv4_address: 10.0.0.9}}}\nnetworks:"
    text = member("ipv4_address: 10.0.0.9").replace("networks:\n", f"{other}\n") + ipam(V4)
    found = refused(tmp_path, text)
    assert found.startswith("6: services.b.networks.wire.ipv4_address: ")
    assert "address 10.0.0.9 is that of host a; choose another" in found


def test_subnets_that_overlap_are_refused(tmp_path: Path) -> None:
    networks = "networks: [wire, other]"
    other = "  other:\n    ipam:\n      config: [{subnet: 10.0.0.128/25}]\n"
    found = refused(tmp_path, WIRED.replace("networks: [wire]", networks) + ipam(V4) + other)
    assert found.startswith("13: networks.other.ipam.config: ")
    assert "subnet 10.0.0.128/25 overlaps with 10.0.0.0/24 of network wire" in found


def test_network_that_nobody_is_on_may_be_anything() -> None:
    networks = made(
        "services: {a: {networks: [wire]}}\n"
        "networks: {theirs: {external: true}, odd: {driver: odd}, wire: , default: }\n"
    )
    assert list(networks.settings) == ["wire"]
    assert given(networks, "a") == [("wire", "198.18.0.2/24", "")]


def test_ipv6_is_only_where_the_network_says_so() -> None:
    text = (
        "services: {a: {networks: [no, yes]}}\n"
        "networks:\n"
        "  no: {internal: true, ipam: {config: [{subnet: 'fd00:1::/64'}]}}\n"
        "  yes: {internal: true, enable_ipv6: true, ipam: {config: [{subnet: 'fd00:2::/64'}]}}\n"
    )
    assert given(made(text.replace("yes", "y").replace("no", "n")), "a") == [
        ("y", "198.18.1.2/24", "fd00:2::2/64"),
        ("n", "198.18.0.2/24", ""),
    ]


def test_interfaces_are_in_the_order_of_docker() -> None:
    networks = made(
        "services: {a: {networks: {b: , z: , a: {priority: 9}, y: }}}\n"
        "networks: {z: , y: {internal: true}, b: {internal: true}, a: {internal: true}}\n"
    )
    assert [interface.network for interface in networks.interfaces["a"]] == ["z", "a", "b", "y"]


@pytest.mark.parametrize(
    ("service", "hardware"),
    [
        ("{networks: [b, a], mac_address: '02:00:00:00:00:09'}", ["02:00:00:00:00:09", ""]),
        ("{networks: [b, a], mac_address: 02-00-00-00-00-0A}", ["02:00:00:00:00:0a", ""]),
        (
            "{networks: {a: , b: {priority: 1}}, mac_address: '02:00:00:00:00:09'}",
            ["", "02:00:00:00:00:09"],
        ),
        (
            "{networks: {a: {mac_address: '02:00:00:00:00:0b'}, b: }}",
            ["02:00:00:00:00:0b", ""],
        ),
        (
            "{mac_address: '02:00:00:00:00:0a',"
            " networks: {a: , b: {mac_address: '02:00:00:00:00:0b'}}}",
            ["02:00:00:00:00:0a", "02:00:00:00:00:0b"],
        ),
        ("{networks: [a, b]}", ["", ""]),
    ],
)  # fmt: skip
def test_hardware_address_is_the_main_networks_or_its_own(
    service: str, hardware: list[str]
) -> None:
    networks = made(f"services: {{h: {service}}}\nnetworks: {{b: , a: }}\n")
    assert [interface.hardware for interface in networks.interfaces["h"]] == hardware


def test_hardware_addresses_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    text = member("mac_address: '02:00:00:00:00:0b'").replace(
        "    networks:", "    mac_address: '02:00:00:00:00:0a'\n    networks:"
    )
    found = refused(tmp_path, text)
    assert found.startswith("6: services.a.networks.wire.mac_address: ")
    assert "is not the service's own mac_address, 02:00:00:00:00:0a; keep one" in found


def names(count: int, settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"n{number}": settings for number in range(count)}


def test_default_subnets_of_networks_do_not_meet() -> None:
    found = subnets.of_networks(names(300, {"enable_ipv6": True}))
    every = [pool.subnet for pools in found.values() for pool in pools.values()]
    assert len(set(every)) == len(every) == 600
    assert {version: str(pool.subnet) for version, pool in found["n257"].items()} == {
        4: "198.19.1.0/24",
        6: "fd00:198:18:101::/64",
    }


def test_default_subnets_keep_out_of_the_way_of_those_of_the_file() -> None:
    own = {"ipam": {"config": [{"subnet": "198.18.0.0/22"}]}}
    found = subnets.of_networks({"a": {}, "b": {}, "own": own})
    assert [str(pools[4].subnet) for pools in found.values()] == [
        *("198.18.4.0/24", "198.18.5.0/24", "198.18.0.0/22"),
    ]


def test_network_that_no_default_subnet_is_left_for_is_refused() -> None:
    with pytest.raises(LocatedError, match="no default subnet is left for it") as caught:
        subnets.of_networks(names(513, {}))
    assert caught.value.keys == ("networks", "n512")


def test_first_interface_alone_has_default_routes() -> None:
    networks = made(
        "services: {a: {networks: [x, y]}, b: {networks: [x]}, c: {network_mode: none}}\n"
        "networks:\n"
        f"  x: {{internal: true, ipam: {{config: [{{{V4}}}]}}}}\n"
        "  y: {internal: true, enable_ipv6: true}\n"
    )
    hops = {key: [one.next_hops for one in networks.interfaces[key]] for key in "abc"}
    assert hops == {
        "a": [("198.18.1.1", "fd00:198:18:1::1"), ()],
        "b": [("10.0.0.1",)],
        "c": [],
    }
    assert [network.routers for network in networks.made] == [
        ("10.0.0.1/24",),
        ("198.18.1.1/24", "fd00:198:18:1::1/64"),
    ]
