"""The lab's own receiver of syslog lines, where rsyslog is not installed.

Writes what rsyslog would with hosts/syslog/rsyslog.conf: a JSON line for each message, from one
Unix socket for each host under /run/hosts. Messages are as syslog(3) writes them (RFC 3164).
"""

import json
import re
import selectors
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from lab.net.constants import SYSLOG_FACILITIES, SYSLOG_SEVERITIES

FOLDER = Path("/run/hosts")
_MOST_BYTES = 65536
_MESSAGE = re.compile(
    r"(?:<(?P<priority>\d{1,3})>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?"
    r"(?:(?P<ident>[^\s:\[]+)(?:\[(?P<pid>\d{1,10})\])?: ?)?(?P<message>.*)",
    re.DOTALL,
)
_USER_NOTICE = 13  # what RFC 3164, 4.3.3, takes for a message without priority


def parse(data: bytes, host: str, time: datetime) -> dict[str, str]:
    """Return the fields of a message, in rsyslog's words; any bytes are a message."""
    found = _MESSAGE.match(data.rstrip(b"\0\n").decode(errors="replace"))
    assert found
    facility, severity = divmod(int(found["priority"] or _USER_NOTICE), 8)
    return {
        "time": time.isoformat(timespec="microseconds"),
        "host": host,
        "facility": SYSLOG_FACILITIES[facility]
        if facility < len(SYSLOG_FACILITIES)
        else str(facility),
        "severity": SYSLOG_SEVERITIES[severity],
        "ident": found["ident"] or "",
        "pid": found["pid"] or "-",
        "message": found["message"].lstrip(" "),
    }


def receivers(folder: Path) -> dict[socket.socket, str]:
    """Return a socket for each host, with the host's name."""
    found = {}
    for of_host in sorted(folder.iterdir()):
        place = of_host / "log"
        place.unlink(missing_ok=True)  # the volume keeps it when this host is restarted
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(str(place))
        found[receiver] = of_host.name
    return found


def main() -> None:
    """Receive until a signal ends it."""
    selector = selectors.DefaultSelector()
    for receiver, host in receivers(FOLDER).items():
        selector.register(receiver, selectors.EVENT_READ, (receiver, host))
    while True:
        for key, _ in selector.select():
            receiver, host = key.data
            data = receiver.recv(_MOST_BYTES)
            line = json.dumps(parse(data, host, datetime.now(tz=UTC)), ensure_ascii=False)
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
