"""Reads the JSON lines that the syslog host writes (hosts/syslog/rsyslog.conf has their form)."""

import json
from datetime import datetime

from lab.errors import EvidenceError
from lab.model import LogLine


def parse(line: str) -> LogLine:
    """Return one line of the syslog host's output; EvidenceError when it is not one.

    >>> parse('{"time": "2026-01-02T03:04:05.000006+00:00", "host": "server", "facility": "daemon",'
    ... ' "severity": "info", "ident": "tcp", "pid": "7", "message": "hello"}').pid
    7
    """
    try:
        fields = json.loads(line)
        pid = fields["pid"]
        return LogLine(
            time=datetime.fromisoformat(fields["time"]),
            host=fields["host"],
            facility=fields["facility"],
            severity=fields["severity"],
            ident=fields["ident"],
            pid=int(pid) if pid.isdigit() else None,
            message=fields["message"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"not a syslog line ({error!r}): {line[:200]!r}"
        raise EvidenceError(text) from error
