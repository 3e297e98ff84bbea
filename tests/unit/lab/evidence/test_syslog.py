"""A syslog line of the evidence is read as it was written, or is an EvidenceError."""

import json
from datetime import UTC, datetime

import pytest

from lab.errors import EvidenceError
from lab.evidence.syslog import parse

FIELDS = {
    "time": "2026-11-22T17:47:41.607798+00:00",
    "host": "server",
    "facility": "daemon",
    "severity": "info",
    "ident": "udp-time-server",
    "pid": "10",
    "message": 'said "hello" \\ grüß\u0001',
}


def test_line_has_every_field() -> None:
    line = parse(json.dumps(FIELDS))
    assert line.time == datetime(2026, 11, 22, 17, 47, 41, 607798, tzinfo=UTC)
    assert (line.host, line.facility, line.severity) == ("server", "daemon", "info")
    assert (line.ident, line.pid, line.message) == ("udp-time-server", 10, FIELDS["message"])


def test_line_of_a_program_that_gives_no_pid() -> None:
    assert parse(json.dumps({**FIELDS, "pid": "-"})).pid is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "rsyslogd: error", "[]", "null", '"text"', "{}"),
        json.dumps({**FIELDS, "time": "yesterday"}),
        json.dumps({**FIELDS, "pid": 10}),
        *(json.dumps({**FIELDS, name: 10}) for name in ("host", "ident", "message")),
        "[" * 100_000,
        json.dumps(FIELDS)[:-5],
    ],
)
def test_anything_else_is_no_line(text: str) -> None:
    with pytest.raises(EvidenceError, match="not a syslog line"):
        parse(text)
