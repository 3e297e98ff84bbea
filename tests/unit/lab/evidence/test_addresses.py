"""Ends of sockets with the names of their hosts."""

import pytest

from lab.evidence.addresses import host_end, named, plain_end

HOSTS = {"198.18.67.2": "server", "fd6b::2": "server", "fe80::1": "client"}


def test_ends_are_as_the_capture_has_them() -> None:
    assert plain_end("[::ffff:10.0.0.1]:80") == "10.0.0.1:80"
    assert plain_end("[fe80::1%eth0]:80") == "[fe80::1]:80"
    assert plain_end("/run/socket") == "/run/socket"


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        ("198.18.67.2:80", "server:80"),
        ("[fd6b::2]:80", "server:80"),
        ("[::ffff:198.18.67.2]:80", "server:80"),
        ("[fe80::1%eth0]:80", "client:80"),
    ],
)
def test_an_end_has_the_name_of_its_host(end: str, shown: str) -> None:
    assert named(end, HOSTS) == host_end(end, HOSTS) == shown


@pytest.mark.parametrize("end", ["192.0.2.1:80", "/run/some.sock", "198.18.67.2", "@a:b", ""])
def test_an_end_that_is_no_hosts_is_as_it_is(end: str) -> None:
    assert named(end, HOSTS) == end
    assert not host_end(end, HOSTS)
