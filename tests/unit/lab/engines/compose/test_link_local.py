"""The link-local address of a container, which Docker does not tell."""

import pytest

from lab.engines.compose.endpoints import link_local


@pytest.mark.parametrize(
    ("mac", "address"),
    [
        ("34:56:78:9a:bc:de", "fe80::3656:78ff:fe9a:bcde"),  # RFC 4291, appendix A
        ("02:42:c6:12:44:02", "fe80::42:c6ff:fe12:4402"),  # Docker's own
    ],
)
def test_link_local_address_is_made_of_the_hardware_address(mac: str, address: str) -> None:
    assert link_local(mac) == address
