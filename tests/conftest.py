"""What all tests need."""

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Undo what a shell does to its background jobs: programs started here can be interrupted."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
