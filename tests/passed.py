"""Tests that have passed already, on this machine and commit: CI runs them once for each user.

CI runs the tests on several machines, which differ in their users and optional programs. Where an
optional program has a part in a test, the test is skipped without it, or is about its absence; one
in which none has a part is the same test on a machine that has them all. Of these are the tests
on Docker, where hosts have their programs from images, and those of the parts that run no program
of the machine's (bare scenarios among them), but for files in which optional programs are
mentioned, or the shipped machines.

TESTS_PASSED names a file: ids of such tests that pass are appended, those in it are not run.
"""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from lab import optional

_VARIABLE = "TESTS_PASSED"
_ROOT = Path(__file__).parents[1]
# Other folders bring up the shipped machines, or ask for whatever there is.
_NO_PROGRAMS = (
    *("tests/unit/", "tests/robustness/", "tests/plugin/", "lab/catalogue/"),
    *("tests/integration/wire/", "tests/integration/test_"),
)
_OF_PROGRAMS = re.compile(
    r"optional|installed|doctor|shipped|compose\.yaml|"
    + "|".join(one.name for one in optional.PROGRAMS)
)


def is_on_docker(nodeid: str) -> bool:
    """Tell whether a test needs a Docker Engine; tests/unit has words like it, and no labs."""
    return "compose" in nodeid and not nodeid.startswith("tests/unit")


def is_the_same(nodeid: str) -> bool:
    """Tell whether no optional program has a part in a test."""
    file = nodeid.partition("::")[0]
    return is_on_docker(nodeid) or (file.startswith(_NO_PROGRAMS) and not _has_programs(file))


@cache
def _has_programs(file: str) -> bool:
    return bool(_OF_PROGRAMS.search((_ROOT / file).read_text(encoding="utf-8")))


def deselect(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out of the items those that have passed."""
    if not (file := _file()) or not file.exists():
        return
    passed = set(file.read_text(encoding="utf-8").splitlines())
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in passed])
    items[:] = [item for item in items if item.nodeid not in passed]


class Recorder:
    """A plug-in that appends what passes here."""

    def __init__(self) -> None:
        self._passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note each phase of a test: all must pass."""
        if is_the_same(report.nodeid):
            before = self._passed.get(report.nodeid, True)
            self._passed[report.nodeid] = before and report.passed

    def pytest_sessionfinish(self) -> None:
        """Append them."""
        if file := _file():
            with file.open("a", encoding="utf-8") as out:
                out.writelines(f"{nodeid}\n" for nodeid, passed in self._passed.items() if passed)


def _file() -> Path | None:
    return Path(os.environ[_VARIABLE]) if _VARIABLE in os.environ else None
