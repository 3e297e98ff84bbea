"""`lab up` fails when a host is not up, and says what the host and its health check said."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.api.engine import Engine
from tests.integration import command
from tests.integration.left import assert_nothing_left


@pytest.fixture
def name() -> Iterator[str]:
    name = f"lab-test-{secrets.token_hex(3)}"
    yield name
    assert_nothing_left(name, 15)


def refusal(engine: Engine, topology: str, name: str) -> str:
    file = str(command.TOPOLOGIES / topology)
    return command.refused(
        command.run("up", "--engine", engine.name, "--file", file, "--name", name)
    )


def test_host_that_ends_just_after_its_start_is_not_up(engine: Engine, name: str) -> None:
    line = refusal(engine, "ends-soon.yaml", name)
    assert "brief ended with status 4; it said: " in line
    assert {"one", "two"} <= set(line.split())


def test_unhealthy_host_is_named_with_what_its_check_said(engine: Engine, name: str) -> None:
    # 200,000 bytes are more than a pipe holds: who hears only what is kept would hang the check.
    line = refusal(engine, "unhealthy.yaml", name)
    assert "ill is unhealthy; its check said: door 21567 is shut" in line
    assert line.endswith("it said: I am up")
    assert "\0" not in line


def test_compose_file_may_come_by_standard_input(engine: Engine, name: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ALIAS=of-this-folder\n")
    text = Path(command.PAIR).read_text()
    text = text.replace("right: *idle", "right: {<<: *idle, labels: {a: '${ALIAS}'}}")
    argv = ("up", "--engine", engine.name, "--file", "-", "--name", name, "--json")
    done = command.run(*argv, cwd=tmp_path, stdin=text)
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert [host["name"] for host in status["hosts"]] == ["left", "right"]
    assert command.run("down", name).returncode == 0
