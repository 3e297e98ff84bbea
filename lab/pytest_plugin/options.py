"""The plugin's options, on the command line and in the ini file, and what comes of them.

PYTEST_DONT_REWRITE: loaded in every pytest session; so it imports next to nothing.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lab.pytest_plugin.evidence import TestEvidence

EVIDENCE: "pytest.StashKey[TestEvidence]" = pytest.StashKey()
LEFT_OVER = pytest.StashKey[list[str]]()


def add(parser: pytest.Parser) -> None:
    """Add them."""
    group = parser.getgroup("lab", "Socket Lab: several machines, and a network that fails")
    group.addoption(
        "--lab-engine",
        action="append",
        default=[],
        metavar="NAME",
        help="where hosts live: compose or namespaces (default: compose if Docker answers, else"
        " namespaces); given twice, every test runs on both",
    )
    group.addoption(
        "--lab-compose",
        metavar="FILE",
        help="the compose file of the fixture `lab` (default: compose.yaml of the rootdir)",
    )
    group.addoption(
        "--lab-results",
        metavar="DIR",
        help="where the evidence of failing tests goes (default: results of the rootdir)",
    )
    group.addoption(
        "--lab-scenarios",
        action="append",
        default=[],
        metavar="PATH",
        help="run the scenarios there, too: a folder, or a file; may be given more than once",
    )
    group.addoption(
        "--lab-keep", action="store_true", help="keep the evidence of tests that pass, too"
    )
    group.addoption(
        "--lab-no-packets",
        action="store_true",
        help="do not record packets while a test uses the fixture `lab`",
    )
    group.addoption(
        "--lab-trace",
        action="append",
        default=[],
        metavar="HOST",
        help="trace the programs that run on this host while a test uses the fixture `lab`; may be"
        " given more than once",
    )
    parser.addini("lab_engine", "as --lab-engine", type="args", default=[])
    parser.addini("lab_compose", "as --lab-compose; from the ini file's folder")
    parser.addini("lab_results", "as --lab-results; from the ini file's folder")
    parser.addini(
        "lab_scenarios",
        "paths whose *.yaml are scenarios, each a test of its own",
        type="paths",
        default=[],
    )


def check(config: pytest.Config) -> None:
    """Refuse what makes no sense; add the scenarios' paths to what is collected."""
    if names := engines(config):
        from lab.engines import choice

        if unknown := [name for name in names if name not in choice.NAMES]:
            text = f"--lab-engine {unknown[0]}: must be one of {', '.join(choice.NAMES)}"
            raise pytest.UsageError(text)
    named = _scenarios_of_command_line(config)
    for path in named:
        if not os.path.exists(path):  # noqa: PTH110 - false for a name that is too long
            from lab import printable

            raise pytest.UsageError(printable.line(f"--lab-scenarios {path}: is not there"))
    # What the ini file names is part of a run of everything, not of one of chosen tests.
    everything = config.args_source is not pytest.Config.ArgsSource.ARGS
    there = [Path(arg.partition("::")[0]).absolute() for arg in config.args]
    for path in [*named, *(config.getini("lab_scenarios") if everything else ())]:
        if not any(path == other or other in path.parents for other in there):
            config.args.append(str(path))
            there.append(path)


def engines(config: pytest.Config) -> Sequence[str]:
    """Return the names of the engines that are asked for, each once; none: the one that works."""
    asked: list[str] = config.getoption("lab_engine") or config.getini("lab_engine")
    return tuple(dict.fromkeys(asked))


def compose_file(config: pytest.Config) -> Path:
    """Return the compose file; the one that would be there by default, if there is none."""
    if found := _path(config, "lab_compose"):
        return found
    from lab.compose.files import NAMES

    there = [config.rootpath / name for name in NAMES]
    return next((path for path in there if path.exists()), there[0])


def results(config: pytest.Config) -> Path:
    """Return where the evidence goes."""
    return _path(config, "lab_results") or config.rootpath / "results"


def may_be_scenario(path: Path, session: pytest.Session) -> bool:
    """Tell whether a file is to be read as a scenario.

    Below the paths of scenarios that is every YAML file but compose files; elsewhere one that is
    named on the command line and looks like a scenario: other plugins have YAML files, too.
    """
    if path.suffix not in {".yaml", ".yml"}:
        return False
    of_ini: list[Path] = session.config.getini("lab_scenarios")
    places = [*_scenarios_of_command_line(session.config), *of_ini]
    below = any(path == place or place in path.parents for place in places)
    if not below and not session.isinitpath(path):
        return False
    from lab import regular_file
    from lab.compose import yaml_limits
    from lab.scenario import catalogue

    try:
        text = regular_file.read_text(path, yaml_limits.MOST_BYTES, errors="replace")
    except OSError:  # who reads it says why it cannot be
        return below
    return catalogue.is_of_scenario(text) or (below and not catalogue.is_of_compose(text))


def _scenarios_of_command_line(config: pytest.Config) -> list[Path]:
    asked: list[str] = config.getoption("lab_scenarios")
    return [(config.invocation_params.dir / path).absolute() for path in asked]


def _path(config: pytest.Config, name: str) -> Path | None:
    if asked := config.getoption(name):
        return config.invocation_params.dir / str(asked)
    of_ini: Any = config.getini(name)
    return (config.inipath or config.rootpath / "_").parent / of_ini if of_ini else None
