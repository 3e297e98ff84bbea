"""On Docker, too, every host's addresses are settled before the lab is made, and written down."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import pytest

from lab.engines.compose import endpoints
from lab.engines.compose.endpoints import Endpoint


def free() -> Iterator[IPv4Network]:
    return (IPv4Network(f"198.18.{number}.0/24") for number in range(5))


def settled(
    services: dict[str, Any], networks: dict[str, Any], order: tuple[str, ...] = ()
) -> dict[str, Any]:
    for key, network in networks.items():
        network.setdefault("name", f"x_{key}")
    topology = {"services": services, "networks": networks}
    endpoints.assign(topology, order, free())
    return topology


def on(*networks: str) -> dict[str, Any]:
    return {"networks": dict.fromkeys(networks)}


def of(topology: dict[str, Any], service: str) -> list[Endpoint]:
    return list(endpoints.read(topology["services"][service]["labels"]).values())


def test_network_without_subnet_gets_one_and_its_hosts_fixed_addresses() -> None:
    topology = settled({"a": on("wire"), "b": on("wire")}, {"wire": {"ipam": {}}})
    assert topology["networks"]["wire"]["ipam"] == {"config": [{"subnet": "198.18.0.0/24"}]}
    assert topology["services"]["b"]["networks"] == {"wire": {"ipv4_address": "198.18.0.3"}}
    assert of(topology, "b") == [Endpoint("x_wire", ("b",), "198.18.0.3", "")]


def test_addresses_go_by_the_order_of_the_file() -> None:
    topology = settled({"a": on("wire"), "b": on("wire")}, {"wire": {}}, order=("b", "a"))
    assert [of(topology, name)[0].ipv4 for name in "ab"] == ["198.18.0.3", "198.18.0.2"]


def test_fixed_addresses_and_what_is_set_aside_are_kept() -> None:
    config = [
        {"subnet": "10.0.0.0/24", "aux_addresses": {"router": "10.0.0.2"}},
        {"subnet": "fd00::/64"},
    ]
    fixed = {"networks": {"wire": {"ipv4_address": "10.0.0.3", "aliases": ["door"]}}}
    topology = settled({"a": on("wire"), "b": fixed}, {"wire": {"ipam": {"config": config}}})
    assert of(topology, "a") == [Endpoint("x_wire", ("a",), "10.0.0.4", "fd00::2")]
    assert of(topology, "b") == [Endpoint("x_wire", ("b", "door"), "10.0.0.3", "fd00::3")]


def test_subnets_of_the_lab_do_not_overlap() -> None:
    own = {"ipam": {"config": [{"subnet": "198.18.0.0/23"}]}}
    topology = settled({"a": on("own", "other", "more")}, {"own": own, "other": {}, "more": {}})
    assert [one.ipv4 for one in of(topology, "a")] == ["198.18.0.2", "198.18.2.2", "198.18.3.2"]


@pytest.mark.parametrize(
    "network",
    [
        {"external": True},
        {"driver": "macvlan"},
        {"ipam": {"driver": "theirs"}},
        {"ipam": {"config": [{"subnet": "10.0.0.0/16", "ip_range": "10.0.7.0/24"}]}},
    ],
)
def test_addresses_that_are_not_ours_to_give_are_left_to_docker(network: dict[str, Any]) -> None:
    before = dict(network)
    topology = settled({"a": on("theirs")}, {"theirs": network})
    assert topology["networks"]["theirs"] == {**before, "name": "x_theirs"}
    assert of(topology, "a") == [Endpoint("x_theirs", ("a",), "", "")]


def test_replicas_have_fixed_addresses_of_their_own_and_share_a_name() -> None:
    services = {one: on("wire") for one in ("a-1", "a-2", "b")}
    services["a-2"]["networks"] = {"wire": {"aliases": ["door"]}}
    topology = {"services": services, "networks": {"wire": {"name": "x_wire"}}}
    endpoints.assign(topology, list(services), free(), {"a-1": "a", "a-2": "a"})
    assert of(topology, "a-1") == [Endpoint("x_wire", ("a-1", "a"), "198.18.0.2", "")]
    assert of(topology, "a-2") == [Endpoint("x_wire", ("a-2", "a", "door"), "198.18.0.3", "")]
    # Docker's name server has the name of the container's own service already.
    assert services["a-2"]["networks"]["wire"]["aliases"] == ["a", "door"]
    found: list[str] = topology["services"]["b"]["extra_hosts"]
    assert [line for line in found if line.startswith("a=")] == ["a=198.18.0.2", "a=198.18.0.3"]


def test_every_host_knows_the_names_on_its_networks() -> None:
    services = {
        "a": {**on("left"), "hostname": "a"},
        "b": {**on("left", "right"), "extra_hosts": ["c=10.9.9.9"]},
        "c": {"networks": {"right": {"aliases": ["door"]}}, "hostname": "gate"},
    }
    topology = settled(services, {"left": {}, "right": {}})
    found = {name: topology["services"][name]["extra_hosts"] for name in "abc"}
    b = ["b=198.18.0.3", "b=198.18.1.2"]
    assert found["a"] == b[:1]
    assert found["b"] == ["c=10.9.9.9", "a=198.18.0.2", "door=198.18.1.3", "gate=198.18.1.3", *b]
    # Its own lines would come before Docker's, which has its host name.
    assert found["c"] == [b[1]]


def test_name_on_two_shared_networks_is_that_of_the_first() -> None:
    for right, address in ({"internal": True}, "198.18.1.3"), ({}, "198.18.0.3"):
        services = {name: {**on("left", "right"), "hostname": name} for name in "ab"}
        topology = settled(services, {"right": right, "left": {"internal": True}})
        assert topology["services"]["a"]["extra_hosts"] == [f"b={address}"]


def test_host_on_no_network_has_no_endpoint() -> None:
    topology = settled({"a": {"network_mode": "none"}}, {})
    assert of(topology, "a") == []


def test_address_outside_the_subnet_names_the_network() -> None:
    fixed = {"networks": {"wire": {"ipv4_address": "10.1.0.3"}}}
    config = {"ipam": {"config": [{"subnet": "10.0.0.0/24"}]}}
    with pytest.raises(ValueError, match=r"networks\.wire: address 10\.1\.0\.3 is not in"):
        settled({"a": fixed}, {"wire": config})


def test_container_without_the_label_has_no_endpoints() -> None:
    assert endpoints.read({"other": "label"}) == {}
