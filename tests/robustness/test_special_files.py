"""A FIFO, a device, a socket, a folder or a huge file in place of any file of evidence."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.evidence import event_file, events, folders
from tests import made_evidence as made
from tests.robustness import in_process

PAGE = "report.html"
FILES = (event_file.FILE, folders.CAPTURE, folders.SCENARIO, folders.VERDICT, PAGE)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listener(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a longer path is none of a socket (unix(7))
    try:
        with socket.socket(socket.AF_UNIX) as there:
            there.bind(path.name)
    finally:
        os.chdir(here)


def folder(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


KINDS: dict[str, Callable[[Path], None]] = {
    "a FIFO": fifo,
    "a device": device,
    "a socket": listener,
    "a folder": folder,
    "larger than": huge,
}


BIG_CAPTURE = (folders.CAPTURE, "larger than")


def replaced(results: Path, name: str, kind: str, *, is_test: bool = False) -> Path:
    """Return a run's folder in which a file is none; of a test, if its verdict is to be read."""
    there = made.half_open()
    if is_test:
        there = made.changed(there, events.Start, scenario=None, test="test_x.py::test_x")
    run = made.write(results / "made" / "001", there)
    (run / folders.VERDICT).write_text('{"verdict": "PASS", "judgements": []}', encoding="utf-8")
    (run / name).unlink(missing_ok=True)
    KINDS[kind](run / name)
    return run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FILES)
def test_verify_says_what_it_is(tmp_path: Path, name: str, kind: str) -> None:
    done = in_process.run("verify", replaced(tmp_path, name, kind))
    if name in (folders.VERDICT, PAGE):  # it judges by the others
        assert (done.returncode, done.stderr) == (0, "")
        return
    said = done.stdout + done.stderr
    assert done.returncode == 3, said
    (line,) = [one for one in said.splitlines() if name in one]
    # A capture is read as a stream, however large: what is no capture is seen at its begin.
    assert ("no capture of the wire" if (name, kind) == BIG_CAPTURE else kind) in line
    assert "Traceback" not in said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FILES)
def test_report_ends(tmp_path: Path, name: str, kind: str) -> None:
    run = replaced(tmp_path, name, kind, is_test=name == folders.VERDICT)
    page = run / PAGE
    for words in (["report", run], ["report", "--index", tmp_path]):
        done = in_process.run(*words)
        assert "Traceback" not in done.stderr
        if name == PAGE and kind != "larger than":
            assert done.returncode == 2
            assert f"{PAGE}: is {kind}, and must be a regular file" in done.stderr
            assert len(done.stderr.splitlines()) == 1
        else:
            assert done.returncode == 0, done.stderr
            assert page.stat().st_size < 1 << 24
    if name != PAGE:
        assert '<meta name="socket-lab-run"' in page.read_text(encoding="utf-8")
        index = (tmp_path / "index.html").read_text(encoding="utf-8")
        assert "UNKNOWN" in index
