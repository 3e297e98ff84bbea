"""What the namespaces engine needs of this machine, each missing thing with its remedy.

Standard library only.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from lab import optional
from lab.api import trace_diagnostics, wire_diagnostics
from lab.engines.namespaces import idmap
from lab.errors import UnsupportedError
from lab.model import Finding
from lab.optional import PATH

_AGENT = Path(__file__).parents[2] / "agent"
_IN_NAMESPACES = ("unshare", "--user", "--map-root-user", "--net")
# Without the second a container hides parts of its /proc, and then none of them may have another.
_UNCONFINED = "--security-opt seccomp=unconfined --security-opt systempaths=unconfined"
_SWITCHES = {
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "kernel.unprivileged_userns_clone=1"),
    "/proc/sys/user/max_user_namespaces": ("0", "user.max_user_namespaces=15000"),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "kernel.apparmor_restrict_unprivileged_userns=0",
    ),
}


def findings() -> list[Finding]:
    """Return everything that can be found out without starting a lab."""
    return [
        user_namespaces(),
        _program("ip", "iproute2"),
        *wire_diagnostics.findings(
            [*_IN_NAMESPACES, sys.executable, "-I", "-S", str(_AGENT), "kernel-support"]
        ),
        trace_diagnostics.finding(),
        *(program.finding() for program in optional.PROGRAMS if program.engine == "namespaces"),
        other_users(),
    ]


def other_users() -> Finding:
    """May the programs of hosts be other users than `lab`? Tries nothing, but looks."""
    name = "other users"
    try:
        idmap.ranges()
    except UnsupportedError as error:
        why, _, remedy = str(error).partition(": ")
        return Finding(name, False, why, remedy, required=False)
    return Finding(name, True, "hosts can have them", required=False)


def user_namespaces() -> Finding:
    """May this user make user, network, mount and pid namespaces, with a /proc? Tries it."""
    argv = [*_IN_NAMESPACES, "--mount", "--pid", "--fork", "--mount-proc", "true"]
    name = "user namespaces"
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        return Finding(name, False, "unshare: not found", "sudo apt-get install util-linux")
    if done.returncode == 0:
        return Finding(name, True, "this user can make them")
    for place, (bad, setting) in _SWITCHES.items():
        file = Path(place)
        if file.exists() and file.read_text(encoding="utf-8").strip() == bad:
            return Finding(name, False, f"switched off by {place}", f"sudo sysctl {setting}")
    errors = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
    remedy = f"use --engine compose; in a container, start it with {_UNCONFINED}"
    return Finding(name, False, errors[0], remedy)


def _program(name: str, package: str) -> Finding:
    found = shutil.which(name, path=PATH)
    seen = found or "not installed"
    return Finding(name, bool(found), seen, f"sudo apt-get install {package}")
