"""Calls about the process that makes the calls: its log lines, its limits."""

import os
import resource
import syslog as log
from importlib import import_module

from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, call
from lab.net.constants import SYSLOG_SEVERITIES
from lab.net.parameters import Parameter

_PRIORITIES = tuple(name.upper() for name in SYSLOG_SEVERITIES)
_FACILITIES = (
    *("USER", "DAEMON", "MAIL", "LPR", "NEWS", "UUCP", "CRON", "SYSLOG", "AUTH"),
    *(f"LOCAL{number}" for number in range(8)),
)
_LOADED_LATER = ("encodings.idna", "hashlib", "tempfile")
_OPTIONS = ("PID", "CONS", "NDELAY", "NOWAIT", "PERROR")


@call(
    Parameter("ident", str, "what each line begins with", required=True),
    Parameter("logopt", str, "LOG_ names, as one text (LOG_PID | LOG_NDELAY)", default=""),
    Parameter(
        "facility",
        str,
        "of every line",
        choices=tuple(f"LOG_{name}" for name in _FACILITIES),
        default="LOG_USER",
    ),
)
def openlog(_opened: Handles, given: Given) -> None:
    """Say how the process's lines in syslog are to look (syslog(3))."""
    words = [word.strip() for word in given["logopt"].split("|") if word.strip()]
    if unknown := set(words) - {f"LOG_{name}" for name in _OPTIONS}:
        text = f"logopt: {', '.join(sorted(unknown))}: must be of LOG_{', LOG_'.join(_OPTIONS)}"
        raise ValueError(text)
    options = sum({int(getattr(log, word)) for word in words})
    log.openlog(given["ident"], options, getattr(log, given["facility"]))


@call(
    Parameter("message", str, "the line", required=True),
    Parameter(
        "priority",
        str,
        "its priority",
        choices=tuple(f"LOG_{name}" for name in _PRIORITIES),
        default="LOG_INFO",
    ),
)
def syslog(_opened: Handles, given: Given) -> None:
    """Log a line (syslog(3)); it gives nothing, also when the line is lost."""
    log.syslog(getattr(log, given["priority"]), given["message"])


@call(Parameter("more", int, "so many descriptors may still be opened", most=1 << 20))
def limit_files(_opened: Handles, given: Given) -> None:
    """Lower RLIMIT_NOFILE, so that opening more fails with EMFILE; without `more`, lift that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if given["more"] is None:
        soft = hard
    else:
        for module in _LOADED_LATER:  # then it could not be opened
            import_module(module)
        free = _next_free(given["more"])
        soft = free if hard == resource.RLIM_INFINITY else min(free, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _next_free(more: int) -> int:
    """Return the descriptor after the next so many free ones."""
    number = 0
    while True:
        try:
            os.fstat(number)
        except OSError:
            if not more:
                return number
            more -= 1
        number += 1
