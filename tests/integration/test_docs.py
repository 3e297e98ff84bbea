"""Every file on the pages of docs/ is run, and what the pages show of it is what is printed.

A block of YAML is a scenario, and must pass, unless its first line says another verdict; a block
that says `file: NAME` can be used by others by that name.
"""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.agent import calls
from lab.scenario import call_expectation, keys, program_expectation, steps
from tests.integration import command
from tests.integration.helpers import ROOT

PAGE = ROOT / "docs" / "scenarios.md"
TEXT = PAGE.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(yaml|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHOWN = re.compile(r"^```console\n\$ lab run (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A file of the page."""

    name: str
    verdict: str
    text: str
    line: int


def blocks() -> list[Block]:
    found = []
    for match in _BLOCK.finditer(TEXT):
        line, text = TEXT[: match.start()].count("\n") + 1, match[2]
        words = dict(re.findall(r"^# (\w+): (.+)$", text, re.MULTILINE))
        name = words.get("file", f"line-{line}.yaml")
        # The lab's own compose file is not where the test writes.
        text = text.replace("compose: ../compose.yaml", f"compose: {ROOT / 'compose.yaml'}")
        found.append(Block(name, words.get("verdict", "PASS"), text, line))
    return found


SCENARIOS = [block for block in blocks() if "\nsteps:" in block.text]
_TRIED = re.compile(r"^```console\n\$ lab (try [^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATUS = {"PASS": 0, "FAIL": 1, "UNKNOWN": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all files of the page."""
    for block in blocks():
        (tmp_path / block.name).write_text(block.text, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("block", SCENARIOS, ids=lambda block: block.name)
def test_a_scenario_of_the_page_is_what_it_says(folder: Path, block: Block) -> None:
    done = command.run("run", block.name, "--engine", "namespaces", cwd=folder)
    assert done.returncode == STATUS[block.verdict], done
    assert re.search(rf"^{block.verdict} ", done.stdout, re.MULTILINE), done.stdout
    for name, shown in _SHOWN.findall(TEXT):
        if name == block.name:
            assert _constant(done.stdout) == _constant(shown)


def _constant(text: str) -> list[str]:
    """Return what does not change from run to run: no number, and no packet that waited longer."""
    lines = [re.sub(r"\d+(\.\d+)?", "0", line) for line in text.splitlines()]
    return [re.sub(r"0(:0)+", "0", line) for line in lines]


def test_what_is_refused_is_refused_as_shown(tmp_path: Path) -> None:
    text = SCENARIOS[0].text.replace("server, call: listen", "sever, call: listen")
    (tmp_path / "wrong.yaml").write_text(text.replace("tcp: syn", "tpc: syn"), encoding="utf-8")
    done = command.run("run", "wrong.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert dict(_SHOWN.findall(TEXT))["wrong.yaml"] == done.stderr


def test_the_page_names_every_call_fault_and_step() -> None:
    for name in (*calls.names(), *steps.kinds("fault")):
        assert f"`{name}`" in TEXT, name
    for name in (*steps.table(), *keys.FILE, *call_expectation.KEYS, *program_expectation.KEYS):
        assert f"`{name}`" in TEXT or f"{name}: " in TEXT, name


@pytest.mark.usefixtures("namespaces")
def test_what_the_readme_tries_comes_to_what_it_shows(folder: Path) -> None:
    ((words, shown),) = _TRIED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    done = command.run(*shlex.split(words), "--engine", "namespaces", cwd=folder)
    assert done.returncode == STATUS["FAIL"], done
    printed = iter(_constant(done.stdout))
    # It is shortened there; `in` goes on from the line that was found last.
    assert [line for line in _constant(shown) if line not in printed] == [], done.stdout
