"""Wireshark's own programs, which judge the captures."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests import installed


def run(*argv: str) -> str:
    """Run one of them; it must have nothing to complain of. Return what it printed."""
    installed.require("tshark")  # its package has the others, too
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    # It says so where it is run by root, as CI does.
    said = [line for line in done.stderr.splitlines() if not line.startswith("Running as user")]
    assert (done.returncode, said) == (0, [])
    return done.stdout


def fields(path: Path, *names: str) -> list[dict[str, str]]:
    """Return fields of every packet, as tshark calls them."""
    asked = [word for name in names for word in ("-e", name)]
    found: list[dict[str, Any]] = json.loads(
        run("tshark", "-n", "-r", str(path), "-T", "json", *asked)
    )
    return [
        {name: ",".join(packet["_source"]["layers"].get(name, [])) for name in names}
        for packet in found
    ]


def complaints(path: Path) -> str:
    """Return what the experts find wrong with the packets of a capture: errors and warnings."""
    said = run("tshark", "-n", "-r", str(path), "-q", "-z", "expert,warn")
    return said.strip()
