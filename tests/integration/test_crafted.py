"""The kernel takes what lab.agent.wire makes for what it is meant to be: checksums, RST, ICMP."""

import json
import os
import subprocess
import sys

import pytest

from tests.integration.helpers import PROGRAMS, ROOT

BOTH = {
    "as it is": "b'hello'",
    "data replaced": "ECONNRESET",
    "SYN ACK replaced": "connect: ECONNREFUSED",
    "SYN answered": "connect: ECONNREFUSED",
    "data answered": "ECONNRESET",
    "checksum wrong": "b'right'",
    "net-unreachable": "ENETUNREACH",
    "host-unreachable": "EHOSTUNREACH",
    "port-unreachable": "ECONNREFUSED",
    "fragmentation-needed": "EMSGSIZE, 1300",
    "time-exceeded": "EHOSTUNREACH",
}
# icmp(7): net/ipv4/icmp.c, icmp_err_convert; net/ipv6/icmp.c, tab_unreach and icmpv6_err_convert.
EXPECTED = {
    "IPv4": {
        **BOTH,
        "protocol-unreachable": "ENOPROTOOPT",
        "net-prohibited": "ENETUNREACH",
        "host-prohibited": "EHOSTUNREACH",
        "admin-prohibited": "EHOSTUNREACH",
    },
    "IPv6": {
        **BOTH,
        "protocol-unreachable": "EPROTO",
        "net-prohibited": "EACCES",
        "host-prohibited": "EACCES",
        "admin-prohibited": "EACCES",
    },
}


@pytest.mark.usefixtures("namespaces")
def test_kernel_takes_what_the_wire_makes() -> None:
    argv = [sys.executable, str(PROGRAMS / "crafted.py")]
    found = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", *argv],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    assert json.loads(found.stdout) == EXPECTED
