"""Tests that have passed already, on this machine and commit: CI does not run them again.

CI runs the tests on several machines, which differ in their users and optional programs. Where an
optional program has a part in a test, the test is skipped without it, or is about its absence; one
in which none has a part is the same test on a machine that has them all. Of these are the tests
on Docker, where hosts have their programs from images, and those of the parts that run no program
of the machine's (bare scenarios among them), but for files in which optional programs are
mentioned, or the shipped machines.

Of these again, tests of single pieces of code, of the wire and of evidence are the same for root
as for an ordinary user, but for files in which users or Docker are mentioned. All that brings up
labs, runs programs, and cleans up is tested for each user.

What is left has more than one part. Each is tested with both of its sides, not with every pair of
them: a test with labs on the engine `namespaces` runs for an ordinary user where no program is
installed, then for root where all are.

TESTS_PASSED names a file: ids of tests that need not run again are appended, those in it are not
run. A line that begins with _WITHOUT counts only where no program is installed.
"""

import os
import re
from collections.abc import Iterator
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
_NO_USER = (
    *("tests/unit/", "tests/integration/wire/"),
    *(
        f"tests/robustness/test_{name}.py"
        for name in ("evidence_damage", "special_files", "screen")
    ),
)
_OF_USERS = re.compile(r"[gs]ete?uid|root\b|[Uu]ser_namespaces|ordinary|[Dd]ocker")
_WITHOUT = "without optional programs: "


def is_on_docker(nodeid: str) -> bool:
    """Tell whether a test needs a Docker Engine; tests/unit has words like it, and no labs."""
    return "compose" in nodeid and not nodeid.startswith("tests/unit")


def is_the_same(nodeid: str) -> bool:
    """Tell whether no optional program has a part in a test."""
    file = nodeid.partition("::")[0]
    return is_on_docker(nodeid) or (
        file.startswith(_NO_PROGRAMS) and not _OF_PROGRAMS.search(_text(file))
    )


def is_the_same_for_root(nodeid: str) -> bool:
    """Tell whether, besides, the user has no part in a test."""
    file = nodeid.partition("::")[0]
    return (
        is_the_same(nodeid)
        and not is_on_docker(nodeid)
        and file.startswith(_NO_USER)
        and not _OF_USERS.search(_text(file))
    )


def is_without_docker(nodeid: str) -> bool:
    """Tell whether a test has its labs on the engine `namespaces`, whatever there is besides."""
    return "namespaces" in nodeid.partition("::")[2]


@cache
def _text(file: str) -> str:
    return (_ROOT / file).read_text(encoding="utf-8")


def deselect(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out of the items those that have passed."""
    if not (file := _file()) or not file.exists():
        return
    passed = set(file.read_text(encoding="utf-8").splitlines())
    if _is_without_programs():
        passed |= {line.removeprefix(_WITHOUT) for line in passed}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in passed])
    items[:] = [item for item in items if item.nodeid not in passed]


def _is_without_programs() -> bool:
    return not any(one.path() for one in optional.PROGRAMS)


class Recorder:
    """A plug-in that appends what passes here."""

    def __init__(self) -> None:
        self._passed: dict[str, bool] = {}
        self._skipped: set[str] = set()
        self._is_kept = is_the_same if os.geteuid() == 0 else is_the_same_for_root

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note each phase of a test: none may fail."""
        before = self._passed.get(report.nodeid, True)
        self._passed[report.nodeid] = before and not report.failed
        if report.skipped:
            self._skipped.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Append them."""
        if file := _file():
            with file.open("a", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for nodeid, passed in self._passed.items():
            if not passed:
                continue
            if nodeid not in self._skipped and self._is_kept(nodeid):
                yield nodeid
            elif _is_without_programs() and is_without_docker(nodeid):
                yield _WITHOUT + nodeid


def _file() -> Path | None:
    return Path(os.environ[_VARIABLE]) if _VARIABLE in os.environ else None
