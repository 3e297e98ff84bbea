"""Hosts get addresses as Docker gives them: fixed ones first, else the lowest that is free."""

from ipaddress import ip_network
from typing import Any

import pytest

from lab.engines.namespaces.addresses import Pool, subnets


def pool(subnet: str, *fixed: str) -> Pool:
    return Pool(ip_network(subnet), fixed)


def test_lowest_address_after_the_routers_is_first() -> None:
    wire = pool("10.0.0.0/24")
    assert [wire.take() for _ in range(3)] == ["10.0.0.2/24", "10.0.0.3/24", "10.0.0.4/24"]


def test_fixed_address_is_kept_for_its_host() -> None:
    wire = pool("10.0.0.0/24", "10.0.0.2", "10.0.0.4")
    assert [wire.take(), wire.take()] == ["10.0.0.3/24", "10.0.0.5/24"]
    assert wire.take("10.0.0.4") == "10.0.0.4/24"
    assert wire.take() == "10.0.0.6/24"


def test_ipv6_addresses_are_hexadecimal_and_have_the_prefix() -> None:
    wire = pool("fd00::/64", "fd00::3", "fd00:0:0::a")
    found = [wire.take() for _ in range(9)]
    assert found[:2] == ["fd00::2/64", "fd00::4/64"]
    assert found[-1] == "fd00::c/64"
    assert wire.take("fd00:0::3") == "fd00::3/64"


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
        pool(subnet).take(address)


@pytest.mark.parametrize("address", ["here", "10.0.0.256", "10.0.0.5/24"])
def test_fixed_address_must_be_one(address: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        pool("10.0.0.0/24", address)


V4 = "10.0.0.0/24"
V6 = "fd00::/64"


@pytest.mark.parametrize(
    ("number", "network", "found"),
    [
        (0, {}, ["198.18.0.0/24"]),
        (7, {"ipam": None}, ["198.18.7.0/24"]),
        (7, {"ipam": {"config": None}}, ["198.18.7.0/24"]),
        (1, {"enable_ipv6": True}, ["198.18.1.0/24", "fd00:198:18:1::/64"]),
        (31, {"enable_ipv6": True}, ["198.18.31.0/24", "fd00:198:18:1f::/64"]),
        (2, {"ipam": {"config": [{"subnet": V4}]}}, [V4]),
        (2, {"ipam": {"config": [{"gateway": "10.0.0.1"}]}}, ["198.18.2.0/24"]),
        (2, {"ipam": {"config": [{"subnet": V6}]}}, [V6, "198.18.2.0/24"]),
        (2, {"enable_ipv6": True, "ipam": {"config": [{"subnet": V4}, {"subnet": V6}]}}, [V4, V6]),
    ],
)
def test_network_has_the_subnets_it_names_and_default_ones(
    number: int, network: dict[str, Any], found: list[str]
) -> None:
    assert [str(subnet) for subnet in subnets(number, network)] == found


@pytest.mark.parametrize("subnet", ["here", "10.0.0.1/24", "10.0.0.0/33", None])
def test_subnet_that_is_none_is_refused(subnet: str | None) -> None:
    with pytest.raises(ValueError, match=r"appear to be|host bits"):
        subnets(0, {"ipam": {"config": [{"subnet": subnet}]}})


def test_default_subnets_of_networks_do_not_meet() -> None:
    found = [s for number in range(40) for s in subnets(number, {"enable_ipv6": True})]
    assert len(set(found)) == 80
