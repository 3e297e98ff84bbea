"""Bad input to `lab` gets one line that names the culprit, and status 2; nothing is started."""

import os
from pathlib import Path

import pytest

from lab import optional
from lab.api.engine import Engine
from lab.engines import choice
from tests import installed
from tests.integration import command

FILE = "services:\n  a:\n    image: socket-lab/host\n"
NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def test_missing_compose_file(tmp_path: Path) -> None:
    line = command.refused(command.run("up", cwd=tmp_path))
    assert "compose.yaml: not in this folder" in line


def test_named_compose_file_that_is_not_there() -> None:
    line = command.refused(command.run("up", "--file", "nowhere/lab.yaml"))
    assert "nowhere/lab.yaml: No such file or directory" in line


def test_compose_file_that_is_a_folder(tmp_path: Path) -> None:
    line = command.refused(command.run("up", "--file", str(tmp_path)))
    assert f"{tmp_path}: Is a directory" in line


def test_compose_file_that_is_a_fifo(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    line = command.refused(command.run("up", "--file", "fifo", cwd=tmp_path))
    assert "fifo: is not a regular file, but a FIFO; name another compose file" in line
    assert line.endswith("with --file, or - for standard input")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{FILE}    comand: x\n", "-:4: services.a comand: no such key in a compose file; did"),
        ("", "-: it has no services, so no hosts"),
        (f"{FILE}#{' ' * (1 << 20)}", "-: has more than 1048576 bytes; name another"),
    ],
)
def test_standard_input_that_is_no_compose_file(
    engine: Engine, tmp_path: Path, text: str, found: str
) -> None:
    argv = ("up", "--engine", engine.name, "--file", "-")
    line = command.refused(command.run(*argv, cwd=tmp_path, stdin=text))
    assert line.startswith(f"lab up: {found}")


def test_compose_file_that_is_not_yaml() -> None:
    file = command.TOPOLOGIES / "not-yaml.yaml"
    line = command.refused(command.run("up", "--file", str(file)))
    assert f"{file}:4: not YAML: did not find expected ',' or ']'" in line
    assert "begun in line 2" in line


def test_compose_file_with_an_unknown_key() -> None:
    file = command.TOPOLOGIES / "unknown-key.yaml"
    line = command.refused(command.run("up", "--file", str(file)))
    assert f"{file}:4: " in line
    assert "comand" in line


@pytest.mark.parametrize("text", ["", "services: {}\n", "networks: {wire: {}}\n"])
def test_compose_file_without_hosts(tmp_path: Path, text: str) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    line = command.refused(command.run("up", cwd=tmp_path))
    assert "compose.yaml" in line


def test_image_that_is_not_there(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {a: {image: socket-lab/no-such-image, pull_policy: never}}\n")
    done = command.run("up", "--engine", engine.name, cwd=tmp_path)
    assert "socket-lab/no-such-image" in command.refused(done)


@pytest.mark.parametrize("name", ["", "Upper", "a b", "-a", "x" * 41, "ä"])
def test_name_that_no_lab_can_have(name: str) -> None:
    assert f"name {name!r}" in command.refused(command.run("up", f"--name={name}"))


@installed.needs_docker_command
def test_no_docker_engine() -> None:
    line = command.refused(command.run("up", "--engine", "compose", environment=NO_ENGINE))
    assert "Docker Engine: no answer at unix:///nonexistent/docker.sock" in line
    assert "start it" in line


def test_no_docker_command(tmp_path: Path) -> None:
    environment = {**NO_ENGINE, "PATH": str(tmp_path)}
    line = command.refused(command.run("up", "--engine", "compose", environment=environment))
    assert "docker command: docker: not found; install Docker" in line


def test_docker_command_that_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "docker").touch(mode=0o644)
    environment = {**NO_ENGINE, "PATH": str(tmp_path)}
    line = command.refused(command.run("up", "--engine", "compose", environment=environment))
    assert "docker command: docker: Permission denied; install Docker" in line


def test_image_that_namespaces_cannot_have(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  db:\n    image: postgres:17\n")
    line = command.refused(command.run("up", "--engine", "namespaces", cwd=tmp_path))
    assert "compose.yaml:2: services.db needs the image postgres:17" in line
    assert "use --engine compose" in line
    assert "labels: {socket-lab.native: COMMAND}" in line


def test_no_docker_engine_and_no_choice_means_namespaces(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {a: {image: socket-lab/host, command: sleep 600}}\n")
    up = command.run("up", "--name", "lab-test-choice", cwd=tmp_path, environment=NO_ENGINE)
    down = command.run("down", "lab-test-choice", environment=NO_ENGINE)
    assert up.returncode == down.returncode == 0, up.stderr
    assert up.stderr.startswith("note: no Docker Engine answers, so hosts are namespaces")


@installed.needs_docker_command
def test_doctor_says_what_is_missing_and_how_to_get_it() -> None:
    done = command.run("doctor", environment=NO_ENGINE)
    assert done.returncode == 0  # the other engine works
    assert "MISS  Docker Engine" in done.stdout
    assert "-> start it" in done.stdout


def test_doctor_finds_this_machine_ready() -> None:
    findings = command.run_json("doctor")
    on_docker = ("Docker Engine", "Compose plug-in", "Buildx plug-in", "base image")
    assert {finding["name"] for finding in findings} >= {
        *("Python", "kernel", "docker command", "user namespaces", "wire"),
        *(on_docker if choice.docker_answers() else ()),
        *(program.name for program in optional.PROGRAMS),
    }
    lacking = {finding["name"] for finding in findings if not finding["ok"]}
    missing = {program.name for program in optional.missing()}
    # Without Docker the findings of its engine end with the first that is missing.
    without_docker = set() if choice.docker_answers() else {"docker command", "Docker Engine"}
    # An ordinary user has others only with uidmap's programs, and a range of ids of its own.
    one_user = set() if os.geteuid() == 0 else {"other users"}
    if "newuidmap" in missing and os.geteuid():
        assert "other users" in lacking
    # Docker's machine may have its rules for bridged packets.
    bridged = {"bridged packets"}
    assert missing <= lacking <= missing | without_docker | one_user | bridged


def test_no_words_at_all_is_bad_usage() -> None:
    done = command.run()
    assert done.returncode == 2
    assert "usage: lab" in done.stderr
