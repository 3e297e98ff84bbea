"""Children of this process: found, started, reaped."""

import os
from pathlib import Path

import pytest

from lab.engines.namespaces.host import processes


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH whose first folder has a folder, and whose second a file without the right to run."""
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    (tmp_path / "one/program").mkdir()
    (tmp_path / "two/program").touch(0o644)
    (tmp_path / "three/program").touch(0o755)
    return ":".join(str(tmp_path / name) for name in ("none", "one", "two", "three"))


def test_a_program_is_found_as_exec_would(path: str) -> None:
    assert processes.find("program", path) == path.rsplit(":", maxsplit=1)[-1] + "/program"


def test_what_is_not_found_or_depends_on_the_folder_is_left_to_exec(path: str) -> None:
    assert processes.find("other", path) == "other"
    assert processes.find("./program", path) == "./program"
    for relative in ("", ".:", "bin:"):
        assert processes.find("program", relative + path if relative else "") == "program"


def test_every_child_that_has_ended_is_reaped_and_no_other() -> None:
    lasting = processes.spawn(["sleep", "60"], os.environ, ())
    ended = processes.spawn(["sh", "-c", "exit 3"], os.environ, ())
    try:
        os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
        reaped = dict(processes.reaped())
        assert os.waitstatus_to_exitcode(reaped[ended]) == 3
        assert lasting not in reaped
    finally:
        os.kill(lasting, 9)
        os.waitpid(lasting, 0)
    assert list(processes.reaped()) == []


def test_a_program_is_looked_up_in_the_path_it_is_given(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Path(path.rsplit(":", maxsplit=1)[-1], "program")
    program.write_text("#!/bin/sh\nexit 3\n")
    for own in (path, f"nowhere:{path}", f":{path}"):
        pid = processes.spawn(["program"], {"PATH": own}, ())
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
    monkeypatch.setenv("PATH", path)
    for other in ({"PATH": "/usr/bin:/bin"}, {"PATH": ""}, {}):
        with pytest.raises(FileNotFoundError):
            processes.spawn(["program"], other, ())
