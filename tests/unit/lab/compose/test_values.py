"""Whichever way a compose file writes a value, it means the same."""

from typing import Any

import pytest

from lab.compose import values
from lab.compose.model import Health


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        *(("10s", 10), ("500ms", 0.5), ("1m30s", 90), ("2h", 7200), ("1h1m1s1ms", 3661.001)),
        *(("1.5s", 1.5), ("250us", 0.00025), ("0s", 0), (None, 7.0)),
    ],
)
def test_duration_is_in_seconds(text: str | None, duration_s: float) -> None:
    assert values.seconds(text, 7.0) == pytest.approx(duration_s)


@pytest.mark.parametrize("text", ["soon", "10", 10, "s", "1 s", "-1s", "1s more", "x1s", "1d", []])
def test_duration_that_is_none_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="must be a duration like 500ms"):
        values.seconds(text, 7.0)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, {}),
        ({}, {}),
        ([], {}),
        ({"A": "x", "B": 7, "C": 1.5}, {"A": "x", "B": "7", "C": "1.5"}),
        (["A=x", "B=c=d", "C="], {"A": "x", "B": "c=d", "C": ""}),
        ({"A": True, "B": 2.0, "C": 1e3, "D": None}, {"A": "true", "B": "2", "C": "1000", "D": ""}),
    ],
)
def test_mapping_may_be_a_list(value: Any, found: dict[str, str]) -> None:
    assert values.mapping(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, []),
        ("", []),
        ([], []),
        ("sh -c 'echo \"a b\"'", ["sh", "-c", 'echo "a b"']),
        (["sh", "-c", "echo a b"], ["sh", "-c", "echo a b"]),
        (["sleep", 1, 1.5], ["sleep", "1", "1.5"]),
    ],
)
def test_command_line_may_be_a_string(value: Any, found: list[str]) -> None:
    assert values.words(value) == found


def test_command_line_with_an_open_quote_is_refused() -> None:
    with pytest.raises(ValueError, match="No closing quotation"):
        values.words("echo 'a")


@pytest.mark.parametrize(
    ("value", "found"), [(None, []), ("a b", ["a b"]), (["a", "b"], ["a", "b"]), ([], [])]
)
def test_list_may_be_a_single_string(value: Any, found: list[str]) -> None:
    assert values.listed(value) == found


@pytest.mark.parametrize(
    ("test", "argv"),
    [
        ("ss -l | grep x", ("sh", "-c", "ss -l | grep x")),
        (["CMD-SHELL", "ss -l | grep x"], ("sh", "-c", "ss -l | grep x")),
        (["CMD", "test", "-e", "/x y"], ("test", "-e", "/x y")),
    ],
)
def test_health_check_has_dockers_defaults(test: Any, argv: tuple[str, ...]) -> None:
    assert values.health({"test": test}) == Health(argv, 30.0, 30.0, 3, 0.0)


def test_health_check_has_its_own_times() -> None:
    check = {
        "test": "true",
        "interval": "1s",
        "timeout": "500ms",
        "retries": 30,
        "start_period": "1m",
    }
    assert values.health(check) == Health(("sh", "-c", "true"), 1.0, 0.5, 30, 60.0)
    assert values.health({"test": "true", "retries": "5"}) == Health(
        ("sh", "-c", "true"), 30.0, 30.0, 5, 0.0
    )


@pytest.mark.parametrize(
    "check",
    [{}, {"test": None}, {"test": []}, {"test": ["NONE"]}, {"test": "x", "disable": True}],
)
def test_health_check_may_be_none(check: dict[str, Any]) -> None:
    assert values.health(check) is None


def test_depends_on_may_be_a_list_of_hosts_that_must_have_started() -> None:
    assert values.depends_on(["a", "b"]) == {"a": "service_started", "b": "service_started"}
    assert values.depends_on([]) == {}


def test_depends_on_may_say_what_to_wait_for() -> None:
    waits = {"a": {"condition": "service_healthy"}, "b": {}}
    assert values.depends_on(waits) == {"a": "service_healthy", "b": "service_started"}


def test_health_check_has_its_interval_in_the_start_period() -> None:
    check = {"test": "true", "start_period": "20s", "start_interval": "250ms"}
    assert values.health(check) == Health(("sh", "-c", "true"), 30.0, 30.0, 3, 20.0, 0.25)


def test_interval_in_the_start_period_needs_one() -> None:
    with pytest.raises(ValueError, match="so set that, too"):
        values.health({"test": "true", "start_interval": "1s"})


@pytest.mark.parametrize("key", ["interval", "timeout", "retries", "start_period"])
def test_nothing_of_a_health_check_stands_for_dockers_default(key: str) -> None:
    check = {"test": "true", key: 0 if key == "retries" else "0s"}
    assert values.health(check) == values.health({"test": "true"})


def test_start_interval_of_nothing_is_none() -> None:
    check = {"test": "true", "start_period": "20s"}
    assert values.health({**check, "start_interval": "0s"}) == values.health(check)
