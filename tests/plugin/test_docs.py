"""docs/pytest.md: its files are a project, its tests do what it says, its output is real."""

import re
from pathlib import Path

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text(encoding="utf-8")
FILE = re.compile(r"^```\w+\n# file: (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^```console\n\$ pytest [^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def page(project: Project) -> Project:
    """The project of the page."""
    for name, text in FILE.findall(PAGE):
        project.write(name, f"# file: {name}\n{text}")
    return project


def constant(line: str) -> str:
    """Return what is the same in every run."""
    return re.sub(r"\d+", "0", line)


def test_the_output_is_what_it_prints(page: Project) -> None:
    result = page.run("test_greeter.py")
    result.assert_outcomes(passed=1, failed=1)
    printed = {constant(line) for line in result.outlines}
    (shown,) = SHOWN.findall(PAGE)
    *lines, summary = shown.splitlines()
    assert [line for line in lines if constant(line) not in printed] == []
    assert summary in result.outlines[-1]


def test_the_other_files_pass(page: Project) -> None:
    result = page.run("test_faults.py", "--lab-scenarios", "scenarios")
    result.assert_outcomes(passed=7)


def test_every_option_is_on_the_page(page: Project) -> None:
    printed = page.pytester.runpytest_subprocess("--help").stdout.str()
    options = set(re.findall(r"--lab-[a-z-]+", printed))
    settings = set(re.findall(r"^  (lab_[a-z_]+) ", printed, re.MULTILINE))
    assert len(options) > 4
    assert len(settings) > 2
    assert [one for one in options | settings if f"`{one}" not in PAGE] == []
