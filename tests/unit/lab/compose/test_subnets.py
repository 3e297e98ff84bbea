"""Hosts get addresses as Docker gives them: fixed ones first, else the lowest that is free."""

import re
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from lab.compose.subnets import Pool, add


def pool(subnet: str, *fixed: str) -> Pool:
    """Return a pool of which some hosts have these addresses already."""
    found = Pool(ip_network(subnet))
    for number, address in enumerate(fixed):
        assert found.fix(address, f"h{number}").startswith(str(ip_address(address)))
    return found


def test_lowest_address_after_the_routers_is_first() -> None:
    wire = pool("10.0.0.0/24")
    assert [wire.take() for _ in range(3)] == ["10.0.0.2/24", "10.0.0.3/24", "10.0.0.4/24"]


def test_fixed_address_is_kept_for_its_host() -> None:
    wire = pool("10.0.0.0/24", "10.0.0.2", "10.0.0.4")
    assert [wire.take(), wire.take()] == ["10.0.0.3/24", "10.0.0.5/24"]
    assert wire.fix("10.0.0.7", "h") == "10.0.0.7/24"
    assert [wire.take(), wire.take()] == ["10.0.0.6/24", "10.0.0.8/24"]


def test_ipv6_addresses_are_hexadecimal_and_have_the_prefix() -> None:
    wire = pool("fd00::/64", "fd00::3", "fd00:0:0::a")
    found = [wire.take() for _ in range(9)]
    assert found[:2] == ["fd00::2/64", "fd00::4/64"]
    assert found[-1] == "fd00::c/64"
    assert wire.fix("fd00:0::1:3", "h") == "fd00::1:3/64"


def test_subnet_that_is_full_is_named() -> None:
    wire = pool("10.0.0.0/29")
    taken = [wire.take() for _ in range(5)]
    assert taken[-1] == "10.0.0.6/29"
    for _ in range(2):
        with pytest.raises(ValueError, match=r"network 10\.0\.0\.0/29: no address left"):
            wire.take()


def test_ipv6_subnet_has_no_broadcast_address() -> None:
    wire = pool("fd00::/126")
    assert [wire.take(), wire.take()] == ["fd00::2/126", "fd00::3/126"]
    with pytest.raises(ValueError, match="no address left"):
        wire.take()


@pytest.mark.parametrize("subnet", ["10.0.0.0/31", "10.0.0.1/32", "fd00::/128", "0.0.0.3/32"])
def test_subnet_without_room_for_a_host_is_full_at_once(subnet: str) -> None:
    with pytest.raises(ValueError, match="no address left"):
        pool(subnet).take()


@pytest.mark.parametrize(
    ("subnet", "address"),
    [("10.0.0.0/24", "10.0.1.5"), ("10.0.0.0/24", "fd00::5"), ("fd00::/64", "fd01::5")],
)
def test_fixed_address_must_be_in_the_subnet(subnet: str, address: str) -> None:
    with pytest.raises(ValueError, match=f"address {address} is not in the network's {subnet}"):
        pool(subnet).fix(address, "h")


@pytest.mark.parametrize("address", ["here", "10.0.0.256", "10.0.0.5/24"])
def test_fixed_address_must_be_one(address: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        pool("10.0.0.0/24", address)


@pytest.mark.parametrize(
    ("subnet", "address", "said"),
    [
        ("10.0.0.0/24", "10.0.0.0", "is the network's own"),
        ("10.0.0.0/24", "10.0.0.255", "is the network's broadcast address"),
        ("10.0.0.0/24", "10.0.0.1", "is the network's router's"),
        ("10.0.0.0/24", "10.0.0.9", "is that of host h0"),
        ("fd00::/64", "fd00::", "is the network's own"),
        ("fd00::/64", "fd00::1", "is the network's router's"),
    ],
)
def test_fixed_address_must_be_free_for_a_host(subnet: str, address: str, said: str) -> None:
    taken = ["10.0.0.9"] if subnet == "10.0.0.0/24" else []
    with pytest.raises(ValueError, match=f"address {address} {said}; choose another"):
        pool(subnet, *taken).fix(address, "h")


def test_last_address_of_an_ipv6_subnet_is_a_hosts() -> None:
    assert pool("fd00::/126").fix("fd00::3", "h") == "fd00::3/126"


def test_router_has_the_address_that_the_network_gives_it_and_hosts_the_first() -> None:
    wire = Pool(ip_network("10.0.0.0/24"), gateway="10.0.0.2")
    assert [wire.take(), wire.take()] == ["10.0.0.1/24", "10.0.0.3/24"]
    with pytest.raises(ValueError, match=r"10\.0\.0\.2 is the network's router's"):
        wire.fix("10.0.0.2", "h")


def test_addresses_that_are_set_aside_are_nobodys() -> None:
    wire = Pool(ip_network("10.0.0.0/24"), auxiliary={"door": "10.0.0.2", "other": "10.0.0.4"})
    assert [wire.take(), wire.take()] == ["10.0.0.3/24", "10.0.0.5/24"]
    with pytest.raises(ValueError, match=r"10\.0\.0\.4 is set aside \(other\)"):
        wire.fix("10.0.0.4", "h")


def test_default_route_leads_to_the_router_or_to_where_the_network_says() -> None:
    wire = Pool(ip_network("10.0.0.0/24"))
    assert (wire.router, wire.next_hop) == ("10.0.0.1/24", "10.0.0.1")
    ranged = Pool(ip_network("10.0.0.0/24"), given_from=ip_network("10.0.0.128/25"))
    assert ranged.router == "10.0.0.128/24"
    nobody = {"DefaultGatewayIPv6": "fd00::dead"}
    away = Pool(ip_network("fd00::/64"), gateway="fd00::7", auxiliary=nobody)
    assert (away.router, away.next_hop) == ("fd00::7/64", "fd00::dead")


def test_addresses_are_given_from_a_range_and_asked_for_beside_it() -> None:
    wire = Pool(ip_network("10.0.0.0/24"), given_from=ip_network("10.0.0.128/30"))
    assert wire.fix("10.0.0.7", "h") == "10.0.0.7/24"
    assert [wire.take() for _ in range(3)] == [f"10.0.0.{n}/24" for n in (129, 130, 131)]
    with pytest.raises(ValueError, match=r"network 10\.0\.0\.128/30: no address left"):
        wire.take()


V4 = "10.0.0.0/24"
V6 = "fd00::/64"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"subnet": "here"}, "'here' does not appear to be"),
        ({"subnet": "10.0.0.1/24"}, "has host bits set"),
        ({"subnet": "10.0.0.0/33"}, "does not appear to be"),
        ({"subnet": None}, "does not appear to be"),
        ({}, "it names no subnet, such as 198.18.0.0/24"),
        ({"gateway": "10.0.0.1"}, "it names no subnet"),
        ({"subnet": V4, "gateway": "10.0.1.1"}, "10.0.1.1 is not in the network's 10.0.0.0/24"),
        ({"subnet": V4, "gateway": "10.0.0.0"}, "10.0.0.0 is the network's own"),
        ({"subnet": V4, "gateway": "10.0.0.255"}, "10.0.0.255 is the network's broadcast address"),
        ({"subnet": V4, "gateway": "here"}, "'here' does not appear to be"),
        ({"subnet": V4, "aux_addresses": {"x": "10.0.1.1"}}, "is not in the network's"),
        ({"subnet": V4, "aux_addresses": {"x": "10.0.0.1"}}, "is the network's router's"),
        ({"subnet": V4, "ip_range": "10.0.1.0/25"}, "ip_range 10.0.1.0/25 is not within subnet"),
        ({"subnet": V4, "ip_range": V6}, "is not within subnet"),
        ({"subnet": V6, "ip_range": V4}, "is not within subnet"),
        ({"subnet": "10.9.0.0/24"}, "a second IPv4 subnet; make another network for it"),
    ],
)
def test_subnet_that_cannot_be_is_refused(config: dict[str, Any], said: str) -> None:
    pools = {4: pool("10.7.0.0/24")} if "second" in said else {}
    with pytest.raises(ValueError, match=re.escape(said)):
        add(pools, config)


def test_network_has_a_subnet_of_each_kind() -> None:
    pools: dict[int, Pool] = {}
    assert [str(add(pools, {"subnet": text}).subnet) for text in (V4, V6)] == [V4, V6]
    assert {version: str(one.subnet) for version, one in pools.items()} == {4: V4, 6: V6}
