"""How the command ends when it is interrupted."""

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
