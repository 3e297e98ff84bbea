"""The programs that the lab uses where they are installed, and does without where they are not.

This is the one list of them: `make setup`, `lab doctor`, the tests' skips and CI read it.
`python3 -m lab.optional` prints where those are that are installed. Standard library only.
"""

import os
import shutil
from typing import NamedTuple

from lab.model import Finding

# An ordinary user's PATH often lacks the folders of daemons.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class OptionalProgram(NamedTuple):
    """A program, the Debian package that has it, what it is for, and which tests need it.

    `engine` is the engine that uses it ("": none, so `lab doctor` does not ask for it).
    """

    name: str
    package: str
    purpose: str
    tests: str
    engine: str = ""

    def path(self) -> str | None:
        """Return where it is installed, None if it is not."""
        return shutil.which(self.name, path=PATH)

    @property
    def remedy(self) -> str:
        """How a person gets it."""
        return f"sudo apt-get install {self.package}"

    def finding(self) -> Finding:
        """Say whether it is there, as `lab doctor` does."""
        path = self.path()
        seen = path or f"not installed ({self.purpose})"
        return Finding(self.name, bool(path), seen, self.remedy, required=False)


_WITHOUT_DOCKER = "namespaces"
PROGRAMS = (
    OptionalProgram(
        "xinetd", "xinetd", "the host inetd, without Docker", "of inetd", _WITHOUT_DOCKER
    ),
    OptionalProgram(
        "rsyslogd",
        "rsyslog",
        "a real syslog, without Docker",
        "none: the lab has its own",
        _WITHOUT_DOCKER,
    ),
    OptionalProgram(
        "dnsmasq", "dnsmasq-base", "the host names, without Docker", "of names", _WITHOUT_DOCKER
    ),
    OptionalProgram(
        "telnet", "telnet", "a client to type at, without Docker", "of telnet", _WITHOUT_DOCKER
    ),
    OptionalProgram(
        "newuidmap",
        "uidmap",
        "hosts with several users, without Docker and root",
        "of other users",
        _WITHOUT_DOCKER,
    ),
    OptionalProgram("tshark", "tshark", "judges captures", "of captures"),
    OptionalProgram("chromium", "chromium", "shows pages", "of pages in a browser"),
)


def program(name: str) -> OptionalProgram:
    """Return the entry of a program; KeyError when it is not on the list."""
    return {entry.name: entry for entry in PROGRAMS}[name]


def missing() -> list[OptionalProgram]:
    """Return those that are not installed."""
    return [entry for entry in PROGRAMS if not entry.path()]


if __name__ == "__main__":
    for entry in PROGRAMS:
        if place := entry.path():
            print(place)  # noqa: T201
