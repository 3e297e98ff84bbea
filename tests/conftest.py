"""What all tests need."""

import shutil
import signal

import pytest

from lab.engines.namespaces import checks

# Without them hosts of the shipped lab run no program, on the engine `namespaces`.
_PROGRAMS = ("dnsmasq", "xinetd")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip scenarios on the shipped machines where those have not what they run."""
    missing = [name for name in _PROGRAMS if not shutil.which(name, path=checks.PATH)]
    for item in items:
        scenario = getattr(item, "scenario", None)  # of lab.pytest_plugin.scenarios
        if missing and scenario and scenario.compose:
            reason = f"{', '.join(missing)}: not installed on this machine"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Undo what a shell does to its background jobs: programs started here can be interrupted."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
