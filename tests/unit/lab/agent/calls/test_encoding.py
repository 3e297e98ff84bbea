"""Results and errors as JSON and back; what a file expects beside what a call gave."""

import errno
import json
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.agent.call_server import encoding
from lab.net import constants


@given(st.binary(max_size=200))
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    assert encoding.decode(json.loads(json.dumps(encoding.encode(data)))) == data
    assert encoding.length(encoding.encode(data)) == len(data)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (OSError(errno.ECONNRESET, "gone"), "ECONNRESET"),
        (BlockingIOError(errno.EWOULDBLOCK, "later"), "EAGAIN"),
        (OSError(errno.EOPNOTSUPP, "no"), "EOPNOTSUPP"),
        (OSError(errno.ETIMEDOUT, "late"), "ETIMEDOUT"),
        (TimeoutError("timed out"), "TimeoutError"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "EAI_AGAIN"),
        (socket.herror(1, "Unknown host"), "herror"),
        (OverflowError("too large"), "OverflowError"),
        (OSError("service/proto not found"), "OSError"),
    ],
)
def test_errors_have_names_and_come_back_as_they_were(error: Exception, name: str) -> None:
    raised = json.loads(json.dumps(encoding.encode_error(error)))
    assert raised["name"] == name
    back = encoding.decode_error(raised)
    assert (type(back), back.args) == (type(error), error.args)


def test_errors_that_cannot_be_made_anew_are_told() -> None:
    with pytest.raises(UnicodeEncodeError) as raised:
        "\udc80".encode()
    assert isinstance(encoding.decode_error(encoding.encode_error(raised.value)), ValueError)
    unknown = {"name": "X", "errno": None, "type": "Unknown", "text": "what"}
    assert str(encoding.decode_error(unknown)) == "Unknown: what"


@pytest.mark.parametrize(
    ("expected", "gave", "same"),
    [
        ("hello", {"text": "hello"}, True),
        ("hello", {"text": "hellO"}, False),
        ("", {"text": ""}, True),
        ({"hex": "68 69"}, {"text": "hi"}, True),
        ({"hex": "ff"}, {"hex": "ff"}, True),
        ({"repeat": "ab", "times": 2}, {"text": "abab"}, True),
        ({"repeat": "x", "times": 100_000}, encoding.encode(b"x" * 100_000), True),
        ({"repeat": "x", "times": 100_001}, encoding.encode(b"x" * 100_000), False),
        ("hello", {"data": {"text": "hello"}, "from": "1.2.3.4:5"}, True),
        ({"data": "hello"}, {"data": {"text": "hello"}, "from": "1.2.3.4:5"}, True),
        ({"from": "1.2.3.4:6"}, {"data": {"text": "hello"}, "from": "1.2.3.4:5"}, False),
        ({"flags": ["MSG_TRUNC"]}, {"data": {"text": ""}, "flags": ["MSG_TRUNC"]}, True),
        ({"flags": []}, {"data": {"text": ""}, "flags": ["MSG_TRUNC"]}, False),
        ({"flags": [], "more": 1}, {"data": {"text": ""}, "flags": []}, False),
        ("198.18.0.2", "198.18.0.2", True),
        (5, 5, True),
        (1, True, False),
        (None, None, True),
        (None, {"text": ""}, False),
    ],
)
def test_what_is_expected_is_told_from_what_is_not(expected: Any, gave: Any, same: bool) -> None:
    assert encoding.same(expected, gave) is same


def test_flags_and_options_have_the_names_of_the_manual_pages() -> None:
    assert constants.flags(socket.MSG_TRUNC | socket.MSG_ERRQUEUE) == ["MSG_ERRQUEUE", "MSG_TRUNC"]
    assert constants.option("TCP_USER_TIMEOUT") == (socket.IPPROTO_TCP, 18)
    assert constants.option("IP_MTU") == (socket.IPPROTO_IP, 14)
    for name in ("SO_NONE", "MSG_PEEK", "IP_PMTUDISC_DO", "IPPROTO_TCP"):
        with pytest.raises(ValueError, match=name):
            constants.option(name)
    assert constants.errno_number(constants.errno_name(errno.EPIPE)) == errno.EPIPE
