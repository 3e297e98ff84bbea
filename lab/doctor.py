"""What this machine can do, whatever the engine; the engines know their own needs.

Standard library only: `lab.setup` asks it before there is any dependency.
"""

import os
import platform
import sys

from lab import optional
from lab.model import Finding

OLDEST_PYTHON = (3, 11)


def findings() -> list[Finding]:
    """Return what can be found out without asking an engine."""
    general = [program.finding() for program in optional.PROGRAMS if not program.engine]
    return [python(), kernel(), processors(), *general]


def python() -> Finding:
    """Is this Python new enough?"""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding(
        "Python",
        sys.version_info >= OLDEST_PYTHON,
        platform.python_version(),
        f"install Python {oldest} or newer, and say which with: make setup PYTHON=python{oldest}",
    )


def kernel() -> Finding:
    """Which kernel? Anything but Linux reaches containers through a virtual machine."""
    seen = f"{platform.system()} {platform.release()}"
    return Finding("kernel", True, seen)


def processors() -> Finding:
    """How many processors may this process use?"""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Finding("processors", True, str(count))
