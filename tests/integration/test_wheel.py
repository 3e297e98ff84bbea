"""The package as others install it: all that scenarios of the catalogue need is in it."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from lab.api.engine import Engine
from lab.scenario import catalogue, shipped
from lab.scenario.reader import read
from tests.installed import require
from tests.integration.helpers import LONGEST_S, ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installed wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")  # noqa: S202 - no tar file, and our own
    return folder / "installed"


def python(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the installed package in the place of this checkout's."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def test_the_catalogue_needs_only_what_is_shipped() -> None:
    own = [read(path) for path in catalogue.paths()]
    files = {one.compose for one in own if one.compose}
    assert files == {shipped.compose_file()}


def test_a_wheel_has_the_machines_and_no_more_than_they_need(installed: Path) -> None:
    machines = installed / "lab" / "machines"
    for name in ("compose.yaml", "Dockerfile", "hosts", "services"):
        for path in sorted([ROOT / name, *(ROOT / name).rglob("*")]):
            if path.is_file() and path.suffix != ".pyc":
                assert (machines / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    there = {path.name for path in installed.iterdir()}
    assert {name for name in there if not name.endswith(".dist-info")} == {"lab"}


def test_what_is_known_of_types_is_in_a_wheel_and_in_a_source_archive(
    installed: Path, tmp_path: Path
) -> None:
    names = ("lab/py.typed", "lab/api/impairment_signatures.py")
    assert [name for name in names if not (installed / name).is_file()] == []
    (source,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(source) as archive:
        there = {name.partition("/")[2] for name in archive.getnames()}
    assert [name for name in names if name not in there] == []
    assert not [name for name in there if name.startswith((".venv", "results"))]


def test_a_scenario_on_the_shipped_machines_runs_from_a_wheel(
    namespaces: Engine, installed: Path, tmp_path: Path
) -> None:
    require("dnsmasq")
    run = ("-m", "lab", "run", "unknown-name", "--engine", namespaces.name)
    done = python(installed, tmp_path, *run)
    assert done.returncode == 0, done.stdout + done.stderr
    events = (tmp_path / "results/unknown-name/001/events.jsonl").read_text()
    assert str(installed / "lab/catalogue") in events, "it was not the wheel's"


def test_the_pytest_plugin_is_in_a_wheel(
    namespaces: Engine, installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n"
        "  server: {image: mine, labels: {socket-lab.native: sleep infinity}}\n"
        "  client: {image: mine, labels: {socket-lab.native: sleep infinity}}\n",
        encoding="utf-8",
    )
    (tmp_path / "test_refused.py").write_text(
        "import lab as package\n\n"
        "def test_refused(lab):\n"
        f"    assert package.__file__.startswith({str(installed)!r})\n"
        "    assert lab.host('client').socket().connect_ex(('server', 9)) == 111\n",
        encoding="utf-8",
    )
    shown = python(
        *(installed, tmp_path, "-m", "pytest", "-q", "-pno:docker"),
        *("--lab-engine", namespaces.name),
    )
    assert "1 passed" in shown.stdout, shown.stdout + shown.stderr
