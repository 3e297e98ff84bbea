"""What is there of a storm, by kinds: of one moment by its mark and its labs, and on the machine.

A namespace, an interface or a mount of the engine `namespaces` lives in a process, and a socket,
too; what has none is an orphan: that is looked for on the whole machine.
"""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from lab.engines import choice
from tests import leftovers
from tests.integration.left import left_of

_BRIDGE = re.compile(r"br-[0-9a-f]{12}")
_NAMELESS = "image without a name: "
_REAPER = "lab.engines.compose.reaper"


def labs_of(mark: str) -> set[str]:
    """Return the names of the labs that a command guards on Docker: their reapers have them."""
    words = [line.split() for line in leftovers.processes_of(mark)]
    return {of[of.index(_REAPER) + 1] for of in words if _REAPER in of[:-1]}


def of_moment(mark: str, labs: Iterable[str], scratch: Path) -> list[str]:
    """Return the processes of a moment, what its labs have, and its temporary files."""
    found = leftovers.processes_of(mark)
    for lab in sorted(labs):
        found += [f"of lab {lab}: {thing}" for thing in left_of(lab)]
    return found + [f"file: {path}" for path in scratch.iterdir()]


def orphans() -> set[str]:
    """Return what nobody has any more, on this machine.

    Interfaces, named namespaces, mounts, images without a name.
    """
    more = {one for one in leftovers.there() if one.startswith(_NAMELESS)}
    return {*_interfaces(), *_mounts(), *_namespaces(), *more}


def _interfaces() -> set[str]:
    argv = ["ip", "-oneline", "link", "show"]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    networks = _networks()
    found = set()
    for line in lines:
        name = line.split()[1].rstrip(":").partition("@")[0]
        if _BRIDGE.fullmatch(name) and name.removeprefix("br-") not in networks:
            found.add(f"bridge without a network: {name}")
        if name.startswith("veth") and " master " not in line:
            found.add(f"veth without a bridge: {name}")
    return found


def _networks() -> set[str]:
    if not choice.docker_answers():
        return set()
    argv = ["docker", "network", "ls", "--quiet"]
    return {*subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()}


def _mounts() -> set[str]:
    places = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return {f"mount: {place}" for place in places if "socket-lab" in place}


def _namespaces() -> set[str]:
    named = Path("/run/netns")
    return (
        {f"network namespace: {one.name}" for one in named.glob("*")} if named.is_dir() else set()
    )
