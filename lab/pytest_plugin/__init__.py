"""The pytest plugin: the fixture `lab`, and scenarios as tests. PYTEST_DONT_REWRITE

Every project of an environment loads this module, and most of them need none of it: so it imports
nothing of the lab but what is here, and the rest when it is used.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.pytest_plugin import options

if TYPE_CHECKING:
    from lab.api.engine import Engine
    from lab.api.lab import Lab
    from lab.pytest_plugin.session_lab import SessionLab


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--lab-...`, and their names in the ini file."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse engines that there are not, and let the scenarios of the project be collected."""
    options.check(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a scenario: of a path that has them, or named on the command line."""
    if not options.may_be_scenario(file_path, parent.session):
        return None
    from lab.pytest_plugin import scenarios

    return scenarios.ScenarioFile.from_parent(parent, path=file_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where more than one engine is asked for, make every test that uses a lab one for each."""
    names = options.engines(metafunc.config)
    if "lab_engine" in metafunc.fixturenames and len(names) > 1:
        metafunc.parametrize("lab_engine", names, indirect=True, scope="session")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the evidence of a test that fails, and say where it is."""
    report = yield
    if options.EVIDENCE in item.stash:
        item.stash[options.EVIDENCE].on_report(report)
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say where the evidence is that no failure report names: of what was interrupted."""
    for line in config.stash.get(options.LEFT_OVER, ()):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def lab_engine(request: pytest.FixtureRequest) -> "Engine":
    """Where hosts live: what `--lab-engine` says, or what works here."""
    from lab.engines import choice

    names = options.engines(request.config)
    return choice.choose(getattr(request, "param", names[0] if names else None))[0]


@pytest.fixture(scope="session")
def lab_compose_file(pytestconfig: pytest.Config) -> Path:
    """Return the compose file that the fixture `lab` brings up; a project may have its own.

    A compose.override.yaml beside a file that has one of Compose's own names counts, too.
    """
    return options.compose_file(pytestconfig)


@pytest.fixture(scope="session")
def _session_lab(lab_engine: "Engine", lab_compose_file: Path) -> Iterator["SessionLab"]:
    """The lab that all tests share; it is up from the first that needs it to the end."""
    from lab.compose import files
    from lab.pytest_plugin.session_lab import SessionLab

    with SessionLab(lab_engine, files.beside(lab_compose_file)) as session_lab:
        yield session_lab


@pytest.fixture
def lab(request: pytest.FixtureRequest, _session_lab: "SessionLab") -> Iterator["Lab"]:
    """A running lab of the project's compose file, as this test sees it.

    `lab.host("client").socket()` is used as a `socket.socket`; faults are guards: `with
    lab.link("client", "server").drop(tcp="syn", first=1) as fault`. What a test does to the lab is
    undone after it. What a test that fails has seen is kept.
    """
    with _session_lab.view(request.node) as view:
        yield view
