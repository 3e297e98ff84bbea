"""Skips of tests whose program is optional and not installed here; `lab.optional` has the list."""

import pytest

from lab import optional


def require(name: str) -> str:
    """Return where a program is; skip the test, and say how to get it, where it is not."""
    program = optional.program(name)
    path = program.path()
    if path is None:
        pytest.skip(reason(name))
    return path


def reason(name: str) -> str:
    """Return why a test that needs the program is skipped."""
    return f"{name} is not installed on this machine: {optional.program(name).remedy}"
