"""How the command ends when it is interrupted, or wrong itself."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# As when Ctrl-C comes while a module makes its dataclasses, which is done by exec().
PROGRAM = """\
import sys
from lab import cli

def interrupted(_arguments):
    exec("raise KeyboardInterrupt")

cli._status = interrupted
sys.exit(cli.main(["status"]))
"""


def test_ctrl_c_is_status_130_wherever_it_comes(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "program"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "\nlab status: interrupted\n")


def mistaken(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.replace("raise KeyboardInterrupt", "{}['nothing']")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "program"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_mistake_in_the_lab_is_no_verdict_and_one_line(tmp_path: Path) -> None:
    done = mistaken(tmp_path)
    assert done.returncode == 70
    (line,) = done.stderr.splitlines()
    assert line.startswith("lab status: a mistake in the lab itself, please report it: KeyError")


def test_where_the_mistake_is_can_be_asked(tmp_path: Path) -> None:
    done = mistaken(tmp_path, SOCKET_LAB_DEBUG="1")
    assert done.returncode == 70
    assert done.stderr.startswith("Traceback (most recent call last):")
