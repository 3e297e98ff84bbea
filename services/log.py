"""The one wrapper over the `syslog` module; lines for people go to standard output as well.

Owns the names of facilities and options, and how foreign data may appear in a line: escaped and
shortened, so that no peer can forge a line or flood the log. Does not decide what is worth saying.
"""

import argparse
import contextlib
import os
import syslog

_FACILITY_WORDS = (
    "kern user mail daemon auth syslog lpr news uucp cron authpriv "
    "local0 local1 local2 local3 local4 local5 local6 local7"
)
FACILITIES: dict[str, int] = {
    name: getattr(syslog, f"LOG_{name.upper()}")
    for name in _FACILITY_WORDS.split()
    if hasattr(syslog, f"LOG_{name.upper()}")
}
OPTIONS: dict[str, int] = {
    "pid": syslog.LOG_PID,
    "cons": syslog.LOG_CONS,
    "ndelay": syslog.LOG_NDELAY,
    "nowait": syslog.LOG_NOWAIT,
    "perror": syslog.LOG_PERROR,
}
SHOWN_BYTES = 48
STANDARD_OUTPUT = 1


class _Settings:
    ident = ""
    shown = False


_settings = _Settings()


def ident(text: str) -> str:
    """An argument type: a syslog ident, printable and without spaces (RFC 5424, 6.2.5)."""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError(f"ident {text!r}: printable ASCII without spaces, please")
    return text


def options(text: str) -> int:
    """An argument type: the openlog option bits for names joined with commas; "" is none."""
    bits = 0
    for name in filter(None, text.split(",")):
        if name not in OPTIONS:
            raise argparse.ArgumentTypeError(
                f"log option {name!r}: not one of {', '.join(OPTIONS)}"
            )
        bits |= OPTIONS[name]
    return bits


def start(ident: str, options: int, facility: str, *, shown: bool = True) -> None:
    """Opens the log. `shown`: each line goes to standard output too, after the ident."""
    _settings.ident = ident
    _settings.shown = shown
    syslog.openlog(ident, options, FACILITIES[facility])


def stop() -> None:
    """Lets go of the log, in a fork that becomes another program."""
    syslog.closelog()


def quoted(data: bytes) -> str:
    """Bytes from the network as one short line of ASCII, with the length if it was cut."""
    if len(data) <= SHOWN_BYTES:
        return repr(data)
    return f"{data[:SHOWN_BYTES]!r}... ({len(data)} bytes)"


def printable(line: str) -> str:
    """The line with whatever is not printable escaped; syslog takes no NUL and no lone half
    of a surrogate pair, and a terminal should get no control characters."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def debug(line: str) -> None:
    syslog.syslog(syslog.LOG_DEBUG, printable(line))


def info(line: str) -> None:
    _tell(syslog.LOG_INFO, line)


def notice(line: str) -> None:
    _tell(syslog.LOG_NOTICE, line)


def warning(line: str) -> None:
    _tell(syslog.LOG_WARNING, line)


def error(line: str) -> None:
    _tell(syslog.LOG_ERR, line)


def _tell(severity: int, line: str) -> None:
    text = printable(line)
    syslog.syslog(severity, text)
    if _settings.shown:
        # One write for one line: threads and children share this output, and write(2) keeps a
        # short line whole. A server outlives its terminal, so a closed output is no reason to end.
        with contextlib.suppress(OSError):
            os.write(STANDARD_OUTPUT, f"{_settings.ident}: {text}\n".encode())
