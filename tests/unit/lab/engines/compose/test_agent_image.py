"""The agent's image: made of the package's files, named after them."""

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from lab.engines.compose import agent_image
from lab.engines.compose.diagnostics import configured_base_image

ROOT = Path(__file__).parents[5]


def test_image_holds_the_agent_and_nothing_else() -> None:
    with tarfile.open(fileobj=io.BytesIO(agent_image._context())) as archive:
        names = archive.getnames()
    needed = {"agent/Dockerfile", "agent/__main__.py", "agent/wire/wire.py", "net/packet.py"}
    assert needed <= set(names)
    assert all(name == "agent/Dockerfile" or name.endswith(".py") for name in names)
    assert {name.split("/")[0] for name in names} == {"agent", "net"}
    assert agent_image._context() == agent_image._context()


def test_name_changes_with_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agent").mkdir()
    (tmp_path / "net").mkdir()
    file = tmp_path / "net" / "one.py"
    (tmp_path / "agent" / "Dockerfile").write_text("FROM x\n")
    monkeypatch.setattr(agent_image, "_ROOT", tmp_path)
    tags = []
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        file.write_text(text)
        tags.append(agent_image.tag.__wrapped__())
    assert tags[0] == tags[2] != tags[1]


def test_wheel_has_every_file_of_the_image(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*argv, str(tmp_path)], cwd=ROOT, capture_output=True, timeout=60, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        there = set(archive.namelist())
    assert {f"lab/{name}" for name, _ in agent_image._files()} <= there


def test_base_image_is_looked_up_beside_the_file_then_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_BASE_IMAGE", raising=False)
    beside, here = tmp_path / "beside", tmp_path / "here"
    for folder in (beside, here):
        folder.mkdir()
    (here / ".env").write_text("LAB_BASE_IMAGE=from/here\n")
    assert configured_base_image(beside, here) == "from/here"
    (beside / ".env").write_text("OTHER=1\n")
    assert configured_base_image(beside, here) == "from/here"
    (beside / ".env").write_text("LAB_BASE_IMAGE=from/beside\n")
    assert configured_base_image(beside, here) == "from/beside"
