"""The steps of `make setup` that need no Docker."""

import sys
from pathlib import Path

import pytest

from lab.engines.compose import diagnostics
from lab.errors import SetupError
from lab.setup import base_image, environment
from lab.setup.step import run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAB_BASE_IMAGE", raising=False)
    return tmp_path


def test_base_image_is_the_environments_then_env_files_then_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert diagnostics.configured_base_image(folder) == "debian:trixie-slim"
    (folder / ".env").write_text("OTHER=1\nLAB_BASE_IMAGE=from/file\n")
    assert diagnostics.configured_base_image(folder) == "from/file"
    monkeypatch.setenv("LAB_BASE_IMAGE", "from/environment")
    assert diagnostics.configured_base_image(folder) == "from/environment"


def test_env_file_keeps_its_other_lines(folder: Path) -> None:
    file = folder / ".env"
    file.write_text("A=1\nLAB_BASE_IMAGE=old\nB=2\n")
    base_image._remember("new")
    assert file.read_text() == "A=1\nB=2\nLAB_BASE_IMAGE=new\n"
    base_image._remember("debian:trixie-slim")
    assert file.read_text() == "A=1\nB=2\n"


def test_env_file_need_not_end_its_last_line(folder: Path) -> None:
    file = folder / ".env"
    file.write_text("FOO=bar")
    base_image._remember("new")
    assert file.read_text() == "FOO=bar\nLAB_BASE_IMAGE=new\n"


def test_default_base_image_needs_no_env_file(folder: Path) -> None:
    base_image._remember("debian:trixie-slim")
    assert not (folder / ".env").exists()


def test_step_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    run("making", ["sh", "-c", "echo noise"])
    captured = capsys.readouterr()
    assert captured.out.startswith("setup: making ...\nsetup: making: ")
    assert "noise" not in captured.out + captured.err


def test_step_that_fails_shows_the_end_of_what_it_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SetupError, match="making: sh failed with status 3"):
        run("making", ["sh", "-c", "echo why >&2; exit 3"])
    assert "why" in capsys.readouterr().err


def test_step_can_keep_its_output_in_a_file(folder: Path) -> None:
    run("making", ["printf", "a\\0b"], stdout=folder / "out")
    assert (folder / "out").read_bytes() == b"a\0b"


def test_programs_are_compiled_even_beside_one_that_cannot_be(folder: Path) -> None:
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").symlink_to(sys.executable)
    for name, text in (("lab/good.py", "1"), ("services/bad.py", "("), ("services/good.py", "1")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    environment.compile_programs()
    made = [path.name.split(".")[0] for path in sorted(folder.glob("*/__pycache__/*.pyc"))]
    assert made == ["good", "good"]


def test_env_file_of_the_base_image_is_read_as_compose_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_BASE_IMAGE", raising=False)
    monkeypatch.setenv("MIRROR", "mirror.test")
    (tmp_path / ".env").write_text('export LAB_BASE_IMAGE="$MIRROR/debian" # ours\n')
    assert diagnostics.configured_base_image(tmp_path) == "mirror.test/debian"
