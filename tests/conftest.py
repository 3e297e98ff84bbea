"""What all tests need."""

import os
import secrets
import signal
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from lab import optional
from tests import installed, leftovers, passed
from tests.waiting import wait_until

# Without them hosts of the shipped lab run no program, on the engine `namespaces`.
_PROGRAMS = ("dnsmasq", "xinetd")
_SHIPPED = "tests/integration/shipped/"


class _DockerByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Docker's tests of a file go to one worker, as labs of theirs are a file's; others one by one.

    The shipped lab on Docker is up once, for all that need it. Not by the mark `xdist_group`:
    pytest-xdist 3.8 writes it into ids that pytest 9.2 makes anew.
    """

    def _split_scope(self, nodeid: str) -> str:
        if not passed.is_on_docker(nodeid):
            return nodeid
        file = nodeid.partition("::")[0]
        return f"docker: {_SHIPPED if file.startswith(_SHIPPED) else file}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _DockerByFile | None:
    """With `--dist loadscope`: send tests to workers one by one, but for those of Docker."""
    return _DockerByFile(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """With `--numprocesses auto`: two more than cores, as tests wait for time and Docker."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return len(os.sched_getaffinity(0)) + 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip scenarios on the shipped machines where those have not what they run."""
    passed.deselect(config, items)
    missing = [name for name in _PROGRAMS if not optional.program(name).path()]
    for item in items:
        scenario = getattr(item, "scenario", None)  # of lab.pytest_plugin.scenarios
        if missing and scenario and scenario.compose:
            reason = "; ".join(installed.reason(name) for name in missing)
            item.add_marker(pytest.mark.skip(reason=reason))


_BEFORE = pytest.StashKey[set[str]]()
_TOKEN = pytest.StashKey[str]()
_ENDS_WITHIN_S = 20  # what is being removed when the last test ends


def _is_of_xdist(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Mark what this session starts; look what is there before."""
    if not _is_of_xdist(session.config):
        session.config.pluginmanager.register(passed.Recorder())
        session.config.stash[_TOKEN] = secrets.token_hex(8)
        outer = [os.environ[leftovers.MARK]] if leftovers.MARK in os.environ else []
        os.environ[leftovers.MARK] = ",".join([*outer, session.config.stash[_TOKEN]])
        session.config.stash[_BEFORE] = leftovers.before()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session that leaves anything: processes of its own, and in CI anything else."""
    if _is_of_xdist(session.config) or _BEFORE not in session.config.stash:
        return
    before = session.config.stash[_BEFORE]

    def left() -> list[str]:
        # On a machine that others use, what is new may be theirs.
        others = leftovers.there() - before if os.environ.get("CI") else set()
        return [*leftovers.processes_of(session.config.stash[_TOKEN]), *sorted(others)]

    try:
        wait_until(lambda: not left(), "nothing left by the tests", _ENDS_WITHIN_S)
    except AssertionError:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            for line in left():
                reporter.write_line(f"left by the tests: {line}", red=True)


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Undo what a shell does to its background jobs: programs started here can be ended by keys."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
