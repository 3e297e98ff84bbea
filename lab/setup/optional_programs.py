"""The step that installs what is optional, where that needs no question; it never fails."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from lab import optional
from lab.errors import SetupError
from lab.optional import OptionalProgram
from lab.setup.step import run, say


def prepare() -> None:
    """Install the missing ones; say of those that stay missing what they are for."""
    missing = optional.missing()
    if missing and (apt_get := _apt_get()):
        packages = [program.package for program in missing]
        try:
            run("optional programs: apt-get update", [*apt_get, "update"])
            run(
                f"optional programs: apt-get install {' '.join(packages)}",
                [*apt_get, "install", "--yes", "--no-install-recommends", *packages],
            )
        except SetupError as error:
            say(f"optional programs: {error}")
    report(optional.missing())


def report(missing: Sequence[OptionalProgram], hint: str = "") -> None:
    """Say which are not installed, each with what it is for; `hint` says who would."""
    if not missing:
        say("optional programs: all are installed")
        return
    purposes = ", ".join(f"{program.name} ({program.purpose})" for program in missing)
    packages = " ".join(program.package for program in missing)
    say(f"optional programs, not installed: {purposes}")
    say(f"optional programs: the lab works without them; {hint}sudo apt-get install {packages}")


def _apt_get() -> list[str]:
    """Return the command that may install packages here without a question; [] if none may."""
    if not shutil.which("apt-get"):
        return []
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if os.geteuid() == 0:
        return command
    if not shutil.which("sudo"):
        return []
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n", *command] if asked.returncode == 0 else []
