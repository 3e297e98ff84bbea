"""Reads the JSON lines that the syslog host writes (hosts/syslog/rsyslog.conf has their form)."""

import json
from datetime import datetime

from lab.errors import EvidenceError
from lab.model import LogLine

_WORDS = ("host", "facility", "severity", "ident", "message")


def parse(line: str) -> LogLine:
    """Return one line of the syslog host's output; EvidenceError when it is not one.

    >>> parse('{"time": "2026-01-02T03:04:05.000006+00:00", "host": "server", "facility": "daemon",'
    ... ' "severity": "info", "ident": "tcp", "pid": "7", "message": "hello"}').pid
    7
    """
    try:
        fields = json.loads(line)
        pid = fields["pid"]
        words = {name: fields[name] for name in _WORDS}
        if not all(isinstance(one, str) for one in words.values()):
            text = "not all of it is text"
            raise TypeError(text)
        return LogLine(
            time=datetime.fromisoformat(fields["time"]),
            pid=int(pid) if pid.isdigit() else None,
            **words,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        text = f"not a syslog line ({error!r}): {line[:200]!r}"
        raise EvidenceError(text) from error
