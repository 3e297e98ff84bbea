"""Skips of tests whose program is optional and not installed here; `lab.optional` has the list."""

import shutil

import pytest

from lab import optional

# Of what is said when the command is there, and no engine.
needs_docker_command = pytest.mark.skipif(
    shutil.which("docker") is None, reason="no docker command on this machine"
)


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
