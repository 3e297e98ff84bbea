"""A lab on this machine alone, for what the API does of itself."""

from collections.abc import Iterator

import pytest

from tests.unit.lab.api.fake_engine import FakeLab


@pytest.fixture
def fake() -> Iterator[FakeLab]:
    fake = FakeLab()
    yield fake
    for host in fake.fake_hosts:
        for process in host.call_servers:
            process.kill()
            process.wait()
