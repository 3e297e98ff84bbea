"""How the command ends when it is interrupted, or wrong itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
# As when Ctrl-C comes while a module makes its dataclasses, which is done by exec().
PROGRAM = """\
import sys
from lab import cli

def interrupted(_arguments):
    exec("raise KeyboardInterrupt")

cli._status = interrupted
sys.exit(cli.main(["status"]))
"""
# As when it comes while Python calls back for a weak reference, and ignores what that raises.
IGNORED = """\
import signal, sys, time, weakref
from lab import cli

class Thing:
    pass

def interrupted(_arguments):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(int(sys.argv[1])))
    del thing
    time.sleep(20)

cli._status = interrupted
sys.exit(cli.main(["status"]))
"""


def run(folder: Path, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "program", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_ctrl_c_is_status_130_wherever_it_comes(tmp_path: Path) -> None:
    done = run(tmp_path, PROGRAM)
    assert (done.returncode, done.stderr) == (130, "\nlab status: interrupted\n")


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, "\nlab status: interrupted\n"), (signal.SIGTERM, 143, "")],
)
def test_what_ends_it_ends_it_also_where_python_ignores_it(
    tmp_path: Path, number: signal.Signals, status: int, said: str
) -> None:
    began_s = time.monotonic()
    done = run(tmp_path, IGNORED, int(number))
    assert (done.returncode, done.stderr) == (status, said)
    assert time.monotonic() - began_s < 15


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
