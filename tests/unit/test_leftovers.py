"""A session of tests that leaves something fails, and says what."""

import os
import subprocess
import sys
from pathlib import Path

from tests import leftovers

ROOT = Path(__file__).parents[2]
LEAVES = """\
import subprocess
from pathlib import Path
from tests.waiting import wait_until
def test_leaves_a_process():
    left = subprocess.Popen(["sleep", "300"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)
    # Until execve(2) is done, which closes files before, it has none that could be seen.
    environment = Path(f"/proc/{left.pid}/environ")
    wait_until(lambda: bool(environment.read_bytes()), "it has its environment")
"""
CLEAN = "def test_leaves_nothing(): pass\n"


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_one.py"
    file.write_text(text)
    code = "import tests.conftest, pytest, sys; tests.conftest._ENDS_WITHIN_S = 0.1;"
    code += "sys.exit(pytest.main(sys.argv[1:]))"
    argv = [sys.executable, "-c", code, "-p", "tests.conftest", "--rootdir", str(folder), str(file)]
    # In CI it would count what other tests have at the same time.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_process_that_is_left_fails_the_session(tmp_path: Path) -> None:
    done = run(tmp_path, LEAVES)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("left by the tests")]
    pid = int(line.split()[5].rstrip(":"))
    subprocess.run(["kill", str(pid)], check=True)
    assert "1 passed" in done.stdout
    assert "sleep 300" in line
    assert done.returncode == 1


def test_a_clean_session_passes(tmp_path: Path) -> None:
    done = run(tmp_path, CLEAN)
    assert (done.returncode, "left by" in done.stdout) == (0, False), done.stdout + done.stderr


def test_what_is_there_can_be_printed_without_a_dependency() -> None:
    argv = [sys.executable, "-I", "-S", str(ROOT / "tests" / "leftovers.py")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    kinds = {line.partition(":")[0] for line in done.stdout.splitlines() if line}
    assert kinds <= {"lab", "file", *leftovers._DOCKER}
