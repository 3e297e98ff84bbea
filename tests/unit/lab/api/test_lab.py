"""A lab ends with the last who has it: so do its connections, and what was added by them."""

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from lab.api.lab import Lab
from lab.api.observer import NO_OBSERVER
from tests.unit.lab.api.fake_engine import FakeLab


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize(
    "made", [Lab, lambda engine_lab: Lab(engine_lab).view(NO_OBSERVER)], ids=["itself", "a view"]
)
def test_nothing_keeps_a_lab_that_nobody_has(made: Callable[[FakeLab], Lab]) -> None:
    lab = made(FakeLab())
    for host in lab.hosts.values():
        _ = host.tracer, host.calls
    gone = weakref.ref(lab)
    del lab, host
    assert gone() is None
