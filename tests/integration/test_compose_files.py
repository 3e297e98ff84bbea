"""Compose files as people write them: a program sees the same on each engine.

Each folder of `compose_files` is a project; what its programs see stands beside it (seen.json). The
images that a registry would be needed for are replaced, and so is what they begin with: by a
program that prints what it sees (`see.py`). Its arguments are the file's own.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.compose import files as compose_files
from lab.compose.document import Document
from lab.errors import TopologyError
from lab.model import ComposeFiles
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

PROJECTS = Path(__file__).parents[1] / "compose_files"
NAMES = sorted(path.parent.name for path in PROJECTS.glob("*/compose.yaml"))


def found_in(name: str) -> ComposeFiles:
    """Return the files of a project, as Compose would find them there."""
    return compose_files.beside(PROJECTS / name / "compose.yaml")


def replaced(document: Document) -> dict[str, Any]:
    """Return what is laid over a project, so that it needs no registry and leads nowhere."""
    services = {
        name: {
            "image": "socket-lab/host",
            "entrypoint": ["python3", "/see/see.py"],
            "volumes": [f"{PROJECTS}/see.py:/see/see.py:ro"],
            "stop_grace_period": "2s",
        }
        for name in document.file["services"]
    }
    networks = {"default": None, **(document.file.get("networks") or {})}
    return {"services": services, "networks": {name: {"internal": True} for name in networks}}


@contextmanager
def project(engine: Engine, name: str, folder: Path) -> Iterator[Lab]:
    """A project that is up; `folder` is for what is laid over it."""
    found = found_in(name)
    document = Document(found, "project")
    over = folder / "replaced.json"
    over.write_text(json.dumps(replaced(document)))
    with own_lab(engine, found._replace(paths=(*found.paths, over))) as lab:
        yield lab


def seen(lab: Lab, host: str) -> dict[str, Any]:
    """Return what the program of a host has printed first."""
    wait_until(lambda: bool(lines(lab, host)), f"{host} to say what it sees")
    found: dict[str, Any] = json.loads(lines(lab, host)[0])
    return found


def lines(lab: Lab, host: str) -> list[str]:
    """Return what the program of a host has printed so far."""
    pieces = b"".join(piece.data for piece in lab.pieces(host, alone=True, follow=False))
    return pieces.decode().splitlines()


def told(found: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is the same on every engine: what nobody asked for need not be."""
    asked = {"folder": "working_dir", "name": "hostname", "user": "user"}
    own = {key for key, of in asked.items() if of not in service}
    return {key: value for key, value in found.items() if value and key not in own}


@pytest.mark.parametrize("name", NAMES)
def test_programs_see_what_the_file_says(engine: Engine, name: str, tmp_path: Path) -> None:
    with project(engine, name, tmp_path) as lab:
        services = Document(found_in(name), "project").file["services"]
        found = {
            host.name: told(seen(lab, host.name), services[host.service or host.name])
            for host in lab.hosts.values()
        }
    wanted = PROJECTS / name / "seen.json"
    assert found == json.loads(wanted.read_text())


@pytest.mark.parametrize(
    ("host", "signal"), [("database", "SIGINT"), ("worker", "SIGUSR1"), ("sleeper", "SIGQUIT")]
)
def test_program_gets_the_signal_that_the_file_says(
    engine: Engine, host: str, signal: str, tmp_path: Path
) -> None:
    with project(engine, "limits", tmp_path) as lab:
        seen(lab, host)
        lab.host(host).restart()
        assert signal in lines(lab, host)


def test_exec_is_as_the_hosts_program(engine: Engine, tmp_path: Path) -> None:
    with project(engine, "limits", tmp_path) as lab:
        argv = ["sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c"]

        def limits() -> list[bytes]:
            return lab.host("database").run(argv).stdout.split()

        # A runc may now and then give the hard limit for the soft one (opencontainers/runc#4195).
        wait_until(lambda: limits() == [b"512", b"1024", b"0"], "the limits of the file")
    with project(engine, "replicas", tmp_path) as lab:
        assert lab.host("app-2").run(["pwd"]).stdout == b"/srv/app\n"


def test_lab_is_removed_whatever_compose_file_the_environment_names(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    for name in ("broken.yaml", "other/compose.yaml"):
        (tmp_path / name).write_text("services: [no, mapping]\n")
    with project(engine, "variables", tmp_path):
        monkeypatch.setenv("COMPOSE_FILE", str(tmp_path / "broken.yaml"))
        monkeypatch.setenv("COMPOSE_ENV_FILES", str(tmp_path / "nowhere.env"))
        monkeypatch.chdir(tmp_path / "other")


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (
            "{file: nowhere.txt}",
            "7: secrets.s.file: {folder}/nowhere.txt is not there; make it, or",
        ),
        ("{environment: NOT_SET_HERE}", "7: secrets.s.environment: variable NOT_SET_HERE is not"),
    ],
)
def test_secret_that_is_not_there_is_told_before_anything_starts(
    engine: Engine, secret: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "compose.yaml"
    service = "  a:\n    image: socket-lab/host\n    network_mode: none\n    secrets: [s]\n"
    path.write_text(f"services:\n{service}secrets:\n  s: {secret}\n")
    with pytest.raises(TopologyError) as caught, own_lab(engine, path):
        pass
    assert str(caught.value).startswith(f"{path}:{said.format(folder=tmp_path)}")
