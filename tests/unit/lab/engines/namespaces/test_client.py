"""How a lab is found: by its socket, among everybody's."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.engines.namespaces import client, protocol
from lab.errors import LabGoneError

NOBODY = 65534
LISTENS = """\
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as sock:
    sock.bind("\\0" + sys.argv[1])
    sock.listen()
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def name() -> Iterator[str]:
    """A lab that is there, as far as its socket goes."""
    with socket.socket(socket.AF_UNIX) as ours:
        own = f"lab-test-{secrets.token_hex(3)}"
        ours.bind(protocol.address_of(own))
        yield own


@pytest.mark.parametrize("foreign", [b"\xff\xfe", b"a\nb", b"\n", b"\n\n a b c d e f g", b"a b\r"])
def test_a_lab_is_found_whatever_others_call_their_sockets(name: str, foreign: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(b"\0%d/" % os.getpid() + foreign)
        assert name in client.names()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a process of another user")
def test_a_name_that_somebody_else_has_bound_is_no_lab() -> None:
    own = f"lab-test-{secrets.token_hex(3)}"
    argv = [sys.executable, "-c", LISTENS, protocol.address_of(own)[1:], str(NOBODY)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as somebody:
        assert somebody.stdout
        assert somebody.stdout.readline() == b"ready\n"
        assert own in client.names()
        with pytest.raises(LabGoneError, match=f"taken by user {NOBODY}"):
            client.request(own, "status")
        somebody.communicate()
