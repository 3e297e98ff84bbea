"""How a lab is found: by its socket, among everybody's."""

import os
import secrets
import socket
from collections.abc import Iterator

import pytest

from lab.engines.namespaces import control


@pytest.fixture
def name() -> Iterator[str]:
    """A lab that is there, as far as its socket goes."""
    with socket.socket(socket.AF_UNIX) as ours:
        own = f"lab-test-{secrets.token_hex(3)}"
        ours.bind(control.address_of(own))
        yield own


@pytest.mark.parametrize("foreign", [b"\xff\xfe", b"a\nb", b"\n", b"\n\n a b c d e f g", b"a b\r"])
def test_a_lab_is_found_whatever_others_call_their_sockets(name: str, foreign: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(b"\0%d/" % os.getpid() + foreign)
        assert name in control.names()
