"""Guards the rooms: who may import whom, and what must run on the standard library alone."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The floors, from the ground up. A room imports itself, and of the rooms below it those that are
# named here. A room within a room may import what the outer one may.
MAY_IMPORT = {
    "lab": set(),
    "lab.printable": set(),
    "lab.errors": {"lab.printable"},
    "lab.regular_file": {"lab.errors"},
    "lab.model": set(),
    "lab.suggestions": set(),
    "lab.merging": set(),
    "lab.optional": {"lab.model"},
    "lab.doctor": {"lab.model", "lab.optional"},
    "lab.net": set(),
    "lab.agent": {"lab.net"},
    "lab.compose": {
        *("lab.errors", "lab.model", "lab.net", "lab.regular_file", "lab.suggestions"),
    },
    "lab.evidence": {"lab.agent", "lab.errors", "lab.model", "lab.net", "lab.regular_file"},
    "lab.scenario": {
        *("lab.printable", "lab.regular_file"),
        *("lab.agent", "lab.compose", "lab.errors", "lab.evidence", "lab.model", "lab.net"),
        "lab.suggestions",
    },
    "lab.api": {
        *("lab", "lab.agent", "lab.errors", "lab.evidence", "lab.model", "lab.net"),
        "lab.suggestions",
    },
    "lab.api.lifecycle": {"lab.compose.files", "lab.doctor"},
    "lab.engines": {"lab.agent", "lab.api", "lab.compose", "lab.errors", "lab.model", "lab.net"},
    "lab.engines.namespaces": {"lab.optional"},
    "lab.checks": {"lab.errors", "lab.evidence", "lab.scenario"},
    "lab.report": {
        *("lab.agent", "lab.checks", "lab.errors", "lab.evidence", "lab.net", "lab.scenario"),
    },
    "lab.runner": {
        *("lab", "lab.agent", "lab.api", "lab.checks", "lab.errors", "lab.evidence"),
        *("lab.model", "lab.net", "lab.scenario"),
    },
    "lab.sweep": {
        *("lab.agent", "lab.api", "lab.errors", "lab.evidence", "lab.net", "lab.report"),
        *("lab.runner", "lab.scenario"),
    },
    "lab.screen": {"lab.api", "lab.model", "lab.printable"},
    "lab.commands": {
        "lab.printable",
        *("lab", "lab.agent", "lab.api", "lab.checks", "lab.engines", "lab.errors"),
        *("lab.evidence", "lab.merging", "lab.model", "lab.net", "lab.report", "lab.runner"),
        *("lab.scenario", "lab.screen", "lab.suggestions", "lab.sweep"),
    },
    "lab.pytest_plugin": {
        *("lab.compose.yaml_limits", "lab.printable", "lab.regular_file"),
        *("lab", "lab.api", "lab.checks", "lab.compose.files", "lab.engines", "lab.errors"),
        *("lab.evidence", "lab.model", "lab.report", "lab.runner", "lab.scenario"),
    },
    "lab.setup": {
        *("lab", "lab.doctor", "lab.errors", "lab.model", "lab.optional", "lab.printable"),
        *("lab.engines.compose.agent_image", "lab.engines.compose.diagnostics"),
        "lab.engines.namespaces.diagnostics",
    },
    "lab.cli": {
        *("lab", "lab.api", "lab.commands", "lab.engines", "lab.errors", "lab.model"),
        *("lab.scenario.shipped", "lab.screen"),
    },
    "lab.__main__": {"lab.cli", "lab.commands"},
    "services": set(),
}
# They run before there is any dependency, or where there is none.
STANDARD_LIBRARY_ONLY = (
    *("services", "lab.net", "lab.agent", "lab.setup", "lab.doctor", "lab.model", "lab.errors"),
    *("lab.optional", "lab.printable", "lab.regular_file"),
    "lab.optional",
    *("lab.engines.compose.agent_image", "lab.engines.compose.diagnostics"),
    *(
        "lab.compose.dotenv",
        "lab.compose.interpolation",
        "lab.compose.errors",
        "lab.compose.etc_hosts",
        "lab.compose.model",
    ),
    *("lab.engines.lifecycle", "lab.api.wire_diagnostics", "lab.engines.namespaces.diagnostics"),
    *("lab.engines.namespaces.supervisor", "lab.engines.namespaces.host"),
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
    rooms = {room for room in MAY_IMPORT if within(name, room)}
    allowed = rooms.union(*(MAY_IMPORT[room] for room in rooms))
    for imported in imports(modules()[name]):
        if imported.split(".")[0] in {"lab", "services"}:
            assert any(within(imported, other) for other in allowed), f"{name} imports {imported}"


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


def test_every_error_stands_in_the_file_of_errors() -> None:
    """But for those of the rooms that travel without it, and what pytest shows of a scenario."""
    elsewhere = {
        f"{name}.{node.name}"
        for name, path in modules().items()
        if name.startswith("lab.") and name != "lab.errors"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(re.search("Error$|^(Base)?Exception$", ast.unparse(one)) for one in node.bases)
    }
    assert {name for name in elsewhere if not name.startswith(("lab.net.", "lab.agent."))} == {
        "lab.pytest_plugin.scenarios.ScenarioFailed"
    }


def test_every_module_says_what_it_owns() -> None:
    silent = [
        name
        for name, path in modules().items()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
