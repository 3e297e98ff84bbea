"""Every command loads what a lab is made of, and waits for it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["dataclasses", "inspect", "logging", "asyncio"])
def test_a_lab_loads_nothing_heavy_until_it_is_used(module: str) -> None:
    code = f"import sys, lab.api.lab; print({module!r} in sys.modules)"
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
