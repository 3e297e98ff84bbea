"""What `docker compose config` has lost is put back before `docker compose up` reads it."""

from typing import Any

import pytest

from lab.engines.compose import restored


def topology(**service: Any) -> dict[str, Any]:
    return {"services": {"a": {"image": "x", **service}}}


def test_limits_of_0_are_limits() -> None:
    found = topology(ulimits={"core": {}, "nofile": {"hard": 9}, "nproc": 5})
    restored.restore_limits(found)
    assert found["services"]["a"]["ulimits"] == {
        "core": {"soft": 0, "hard": 0},
        "nofile": {"soft": 0, "hard": 9},
        "nproc": 5,
    }


def test_variables_are_those_that_secrets_and_configs_come_from() -> None:
    found = {
        "secrets": {"s": {"environment": "S"}, "f": {"file": "x"}},
        "configs": {"c": {"environment": "C"}, "d": {"environment": "NOT_SET"}},
    }
    known = {"S": "1", "C": "2", "OTHER": "3"}
    assert restored.settings(found, known) == {"S": "1", "C": "2"}
    assert restored.settings({}, known) == {}


@pytest.mark.parametrize(
    ("check", "without"),
    [
        ({"disable": True}, {"a"}),
        ({"test": ["NONE"]}, {"a"}),
        ({"test": ["CMD", "true"]}, set()),
        (None, set()),
    ],
)
def test_service_without_a_check_is_one_whose_check_is_turned_off(
    check: Any, without: set[str]
) -> None:
    assert restored.without_check(topology(healthcheck=check)) == without
