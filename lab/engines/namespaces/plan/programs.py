"""Which program of this machine takes the place of a service's image.

A host runs what the compose file says, on this machine's own files; an image of anybody else it
cannot have.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lab import optional
from lab.compose import values
from lab.errors import LocatedError

# The command that takes the place of the image's, on this machine; a word it cannot do without.
NATIVE_LABEL = "socket-lab.native"
NEEDS_LABEL = "socket-lab.needs"
# Those of this project's Dockerfile; a bare host's runs nothing.
_OUR_IMAGES = {f"socket-lab/{name}" for name in ("bare", "host", "inetd", "names", "syslog")}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PYTHONS = {"python", "python3"}


class Chosen(NamedTuple):
    """A host's program, if any, and what is missing on this machine for the one it should have."""

    argv: tuple[str, ...] = ()
    missing: str = ""


def search_path() -> str:
    """Return where programs are looked for, as PATH has it."""
    return os.environ.get("PATH", "") + ":" + _PATH


def choose(key: str, service: Mapping[str, Any], labels: Mapping[str, str], folder: Path) -> Chosen:
    """Return the program of a service; LocatedError when it needs an image.

    A program with a relative path is one of the compose file's `folder`, where hosts run theirs.
    ValueError when a command cannot be split into words.
    """
    image = str(service.get("image", ""))
    if image.partition(":")[0] not in _OUR_IMAGES and NATIVE_LABEL not in labels:
        what = f"needs the image {image}" if image else "needs an image that is built"
        text = (
            f"services.{key} {what}: not on this engine; use --engine compose, or name the command"
            f" of this machine that replaces it: labels: {{{NATIVE_LABEL}: COMMAND}}"
        )
        raise LocatedError(("services", key), text)
    argv = values.words(labels.get(NATIVE_LABEL)) or [
        *values.words(service.get("entrypoint")),
        *values.words(service.get("command")),
    ]
    needed = labels.get(NEEDS_LABEL, argv[0] if argv else "")
    if NATIVE_LABEL in labels and service.get("working_dir") and argv and "/" in argv[0]:
        argv[0] = str(folder / argv[0])
    looked_up = str(folder / needed) if "/" in needed else needed
    if needed in {*_PYTHONS, "sh"} or shutil.which(looked_up, path=search_path()):
        return Chosen(tuple(sys.executable if word in _PYTHONS else word for word in argv))
    if needed == "rsyslogd":
        return Chosen(
            (sys.executable, "-m", "lab.engines.namespaces.host.syslogd"),
            "rsyslogd is not installed, so the lab's own receiver takes the lines",
        )
    if not argv:
        return Chosen(missing="it has no command in the compose file, so it runs no program")
    if NEEDS_LABEL not in labels and NATIVE_LABEL not in labels:
        return Chosen(tuple(argv))  # started in vain, it will say so itself
    packages = [program.package for program in optional.PROGRAMS if program.name == needed]
    install = f" (sudo apt-get install {packages[0]})" if packages else ""
    return Chosen(missing=f"{needed} is not installed, so it runs no program{install}")
