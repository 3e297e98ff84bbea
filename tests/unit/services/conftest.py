"""Fixtures for the programs of `services`: each test's processes end with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.services.helpers import Program, Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program; several in one test have output files of their own."""
    started: list[Program] = []

    def begin(module: str, *arguments: str) -> Program:
        folder = tmp_path / f"program-{len(started)}"
        folder.mkdir()
        program = Program(folder, module, arguments)
        started.append(program)
        return program

    yield begin
    for program in started:
        program.kill()
