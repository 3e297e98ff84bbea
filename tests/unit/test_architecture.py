"""Guards the rooms: who may import whom, and what must run on the standard library alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A room may import itself and these rooms of the lab; the longest name that fits counts.
MAY_IMPORT = {
    "lab": set(),
    "lab.agent": set(),
    "lab.__main__": {"lab.cli"},
    "lab.cli": {
        *("lab", "lab.commands", "lab.engines", "lab.errors", "lab.model", "lab.api.lifecycle"),
        *("lab.scenario.shipped", "lab.screen"),
    },
    "lab.commands": {
        "lab.suggestions",
        *("lab", "lab.agent", "lab.engines", "lab.errors", "lab.faults", "lab.api.lifecycle"),
        *("lab.evidence", "lab.merging", "lab.model", "lab.screen"),
    },
    "lab.commands.scenario": {
        *("lab", "lab.checks", "lab.commands", "lab.engines", "lab.errors", "lab.evidence"),
        *("lab.report", "lab.running", "lab.scenario", "lab.screen"),
    },
    "lab.commands.run_screen": {
        *("lab", "lab.checks", "lab.commands", "lab.evidence", "lab.running", "lab.scenario"),
        "lab.screen",
    },
    "lab.commands.catalogue": {"lab", "lab.commands", "lab.scenario", "lab.screen"},
    "lab.commands.catalogue_page": {"lab.scenario"},
    "lab.commands.scenario_screen": {"lab.checks", "lab.scenario"},
    "lab.commands.report": {"lab.commands", "lab.errors", "lab.report", "lab.screen"},
    "lab.screen": {"lab.engines.base", "lab.faults", "lab.model"},
    "lab.api.lifecycle": {
        "lab.suggestions",
        "lab",
        "lab.compose.files",
        "lab.doctor",
        "lab.engines.base",
        "lab.errors",
        "lab.model",
    },
    "lab.merging": set(),
    "lab.doctor": {"lab.model", "lab.optional"},
    "lab.optional": {"lab.model"},
    "lab.setup": {
        *("lab", "lab.doctor", "lab.errors", "lab.model", "lab.optional"),
        *("lab.engines.compose.agent_image", "lab.engines.compose.checks"),
        "lab.engines.namespaces.checks",
    },
    "lab.engines": {
        "lab.suggestions",
        *("lab.agent", "lab.calling", "lab.compose", "lab.errors", "lab.evidence", "lab.faults"),
        *("lab.model", "lab.optional"),
    },
    "lab.compose": {"lab.errors", "lab.model", "lab.suggestions"},
    "lab.scenario": {"lab.suggestions", "lab.agent", "lab.compose", "lab.errors", "lab.model"},
    "lab.calling": {"lab.agent", "lab.errors"},
    "lab.watching": {
        *("lab", "lab.agent", "lab.calling", "lab.engines.base", "lab.engines.outputs"),
        *("lab.engines.program", "lab.engines.quiet", "lab.errors", "lab.evidence"),
        *("lab.faults", "lab.model"),
    },
    "lab.pytest_plugin": {
        *("lab", "lab.checks", "lab.engines", "lab.errors", "lab.evidence", "lab.report"),
        *("lab.compose.files", "lab.model", "lab.running", "lab.scenario", "lab.watching"),
    },
    "lab.faults": {"lab.agent", "lab.errors", "lab.evidence", "lab.model", "lab.suggestions"},
    "lab.evidence": {"lab.agent", "lab.errors", "lab.model"},
    "lab.checks": {"lab.agent", "lab.errors", "lab.evidence", "lab.scenario.model"},
    "lab.report": {
        *("lab.agent", "lab.checks", "lab.errors", "lab.evidence", "lab.scenario"),
    },
    "lab.running": {
        *("lab", "lab.agent", "lab.calling", "lab.checks", "lab.engines.base", "lab.errors"),
        *("lab.engines.quiet", "lab.evidence", "lab.faults", "lab.model", "lab.scenario"),
    },
    "lab.suggestions": set(),
    "lab.model": set(),
    "lab.errors": set(),
    "services": set(),
}
# They run before there is any dependency, or where there is none.
STANDARD_LIBRARY_ONLY = (
    *("services", "lab.agent", "lab.setup", "lab.doctor", "lab.model", "lab.errors"),
    "lab.optional",
    *("lab.engines.compose.agent_image", "lab.engines.compose.checks"),
    *("lab.compose.errors", "lab.compose.etc_hosts", "lab.compose.model"),
    *("lab.engines.states", "lab.engines.wire_checks"),
    *(
        f"lab.engines.namespaces.{name}"
        for name in (
            "keeper",
            "init",
            "syslogd",
            "checks",
            "agent_starter",
            "callers",
            "enter",
        )
    ),
)


@cache
def modules() -> dict[str, Path]:
    """Return every module of the project's packages, by its dotted name."""
    found = {}
    for path in sorted([*ROOT.glob("lab/**/*.py"), *ROOT.glob("services/**/*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module is not None
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in modules() else node.module


def within(name: str, room: str) -> bool:
    """Tell whether a module belongs to a room; the package `lab` itself holds no room but lab."""
    return name == room or (room != "lab" and name.startswith(room + "."))


@pytest.mark.parametrize("name", modules())
def test_module_imports_only_what_its_room_may(name: str) -> None:
    room = max((room for room in MAY_IMPORT if within(name, room)), key=len)
    allowed = {room, *MAY_IMPORT[room]}
    for imported in imports(modules()[name]):
        if imported.split(".")[0] in {"lab", "services"}:
            assert any(within(imported, other) for other in allowed), f"{room} imports {imported}"


def test_modules_that_run_without_dependencies_have_none() -> None:
    for name, path in modules().items():
        if any(within(name, room) for room in STANDARD_LIBRARY_ONLY):
            foreign = {top.split(".")[0] for top in imports(path)} - set(sys.stdlib_module_names)
            assert foreign <= {"lab", "services"}, name


def test_the_pytest_plugin_loads_nothing_of_the_lab_until_it_is_used() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import lab.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["lab", "lab.pytest_plugin", "lab.pytest_plugin.options"]


def test_every_module_says_what_it_owns() -> None:
    silent = [
        name
        for name, path in modules().items()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
