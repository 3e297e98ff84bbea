"""The lab's own syslog receiver makes of a message what rsyslog would."""

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.engines.namespaces.host.syslogd import parse, receivers
from lab.evidence import syslog
from lab.model import LogLine

TIME = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
FACILITIES = {
    **{"kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7},
    **{"uucp": 8, "cron": 9, "authpriv": 10, "ftp": 11},
    **{f"local{number}": 16 + number for number in range(8)},
}
SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]


def received(data: bytes) -> LogLine:
    """Return the message as the evidence has it in the end."""
    return syslog.parse(json.dumps(parse(data, "server", TIME), ensure_ascii=False))


@pytest.mark.parametrize(
    ("data", "ident", "pid", "message"),
    [
        (b"<13>Nov 22 10:00:00 prog[12]: hello world", "prog", 12, "hello world"),
        (b"<13>Nov  2 10:00:00 prog: hello", "prog", None, "hello"),
        (b"<13>prog[12]: hello", "prog", 12, "hello"),
        (b"prog[12]: hello", "prog", 12, "hello"),
        (b"Nov 22 10:00:00 prog: hello", "prog", None, "hello"),
        (b"<13>Nov 22 10:00:00 a/b-c.d[1]: x: y[2]: z", "a/b-c.d", 1, "x: y[2]: z"),
        (b"<13>Nov 22 10:00:00 prog[12]:", "prog", 12, ""),
        (b"<13>prog:hello", "prog", None, "hello"),
        (b"<13>no ident at all", "", None, "no ident at all"),
        (b"<13>: no ident", "", None, ": no ident"),
        (b"<13>[12]: no ident", "", None, "[12]: no ident"),
        (b"just text", "", None, "just text"),
        (b"<13>", "", None, ""),
        (b"", "", None, ""),
    ],
)
def test_message_has_its_parts(data: bytes, ident: str, pid: int | None, message: str) -> None:
    line = received(data)
    assert line == LogLine(TIME, "server", line.facility, line.severity, ident, pid, message)


@pytest.mark.parametrize(("facility", "code"), FACILITIES.items())
def test_priority_is_facility_and_severity(facility: str, code: int) -> None:
    for number, severity in enumerate(SEVERITIES):
        line = received(b"<%d>prog: x" % (code * 8 + number))
        assert (line.facility, line.severity, line.ident) == (facility, severity, "prog")


@pytest.mark.parametrize("data", [b"x", b"prog: x", b"<>x", b"<abc>x", b"<-1>x", b"<1999>x", b""])
def test_message_without_priority_is_user_notice(data: bytes) -> None:
    line = received(data)
    assert (line.facility, line.severity) == ("user", "notice")


def test_priority_that_is_none_is_part_of_the_message() -> None:
    assert received(b"<1999>x").message == "<1999>x"
    assert received(b"<>x").message == "<>x"


@pytest.mark.parametrize(
    ("data", "facility", "severity"),
    [
        (b"<191>x", "local7", "debug"),
        (b"<192>x", "24", "emerg"),
        (b"<999>prog: x", "124", "debug"),
    ],
)
def test_facility_beyond_the_last_is_a_number(data: bytes, facility: str, severity: str) -> None:
    line = received(data)
    assert (line.facility, line.severity, line.message) == (facility, severity, "x")


@pytest.mark.parametrize("end", [b"\n", b"\0", b"\n\0", b"\0\n", b"\n\n\0\0"])
def test_end_of_line_is_not_in_the_message(end: bytes) -> None:
    assert received(b"<13>prog[1]: a b" + end).message == "a b"


def test_message_of_many_lines_is_one_line_of_evidence() -> None:
    text = json.dumps(parse(b"<13>prog[1]: a\n\tb\r\n\nc\n", "server", TIME), ensure_ascii=False)
    assert len(text.splitlines()) == 1
    assert syslog.parse(text).message == "a\n\tb\r\n\nc"


def test_control_characters_are_kept() -> None:
    assert received(b"<13>prog: a\0b\x1b[0m\x7f").message == "a\0b\x1b[0m\x7f"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grüß dich \N{SNOWMAN}".encode(), "grüß dich \N{SNOWMAN}"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"cut \xc3", "cut \ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_bytes_that_are_not_utf8_are_replaced(text: bytes, message: str) -> None:
    line = received(b"<13>prog: " + text)
    assert line.message == message
    line.message.encode()


def test_any_bytes_are_a_message() -> None:
    for byte in range(256):
        for data in (bytes([byte]), b"<13>" + bytes([byte]) * 3, b"prog[1]: " + bytes([byte])):
            assert received(data).host == "server"


def test_greatest_datagram_is_a_message() -> None:
    assert received(b"<13>prog: " + b"x" * 65000).message == "x" * 65000
    assert received(b"<" * 65536).message == "<" * 65536


def test_receiver_that_is_started_again_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    before, after = receivers(tmp_path), receivers(tmp_path)
    ((receiver, host),) = after.items()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", str(tmp_path / "server/log"))
    receiver.settimeout(20)
    assert (host, receiver.recv(100)) == ("server", b"hello")
    for ours in (*before, *after):
        ours.close()
