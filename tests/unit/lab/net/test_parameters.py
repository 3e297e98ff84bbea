"""What may be asked: every kind of value, every kind of nonsense; and the tables themselves."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.agent.wire import impairments, match, selection
from lab.net.parameters import Parameter, ParameterError, checked

COUNT = Parameter("nth", int, "", 1, 10)
RATE = Parameter("rate_bps", float, "", 8, 1e12)
WORD = Parameter("to", str, "", choices=("sender", "receiver"))
FLAG = Parameter("data", bool, "")
HUGE = 10**5000  # more digits than Python turns into text

TAKEN = [
    (COUNT, 1, 1),
    (COUNT, 10, 10),
    (COUNT, 3.0, 3),
    (RATE, 8, 8.0),
    (RATE, 1e12, 1e12),
    (WORD, "sender", "sender"),
    (FLAG, False, False),
]
COUNT_ALLOWED = "must be a whole number from 1 to 10"
RATE_ALLOWED = "must be a number from 8 to 1000000000000"
WORD_ALLOWED = "must be one of sender, receiver"
FLAG_ALLOWED = "must be true or false"
NO_COUNT: list[Any] = [0, 11, -1, 2.5, True, False, "3", [3], {}, 1j, 1e300, HUGE, -HUGE]
NO_RATE: list[Any] = [7.9, 1e13, True, "1e6", HUGE]
NO_NUMBER: list[Any] = [math.nan, math.inf, -math.inf]
NO_WORD: list[Any] = ["Sender", "", 1, True, ["sender"], "a\nb", b"to"]
NO_FLAG: list[Any] = [0, 1, "true", 0.0, math.nan, []]
REFUSED = [
    *((COUNT, value, COUNT_ALLOWED) for value in NO_COUNT + NO_NUMBER),
    *((RATE, value, RATE_ALLOWED) for value in NO_RATE + NO_NUMBER),
    *((WORD, value, WORD_ALLOWED) for value in NO_WORD),
    *((FLAG, value, FLAG_ALLOWED) for value in NO_FLAG),
]


@pytest.mark.parametrize(("parameter", "value", "kept"), TAKEN)
def test_value_is_kept_as_its_kind(parameter: Parameter, value: Any, kept: Any) -> None:
    found = parameter.checked(value, "drop")
    assert (found, type(found)) == (kept, parameter.kind)


@pytest.mark.parametrize(
    ("parameter", "value", "allowed"), REFUSED, ids=[str(n) for n, _ in enumerate(REFUSED)]
)
def test_nonsense_is_refused_in_one_line(parameter: Parameter, value: Any, allowed: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parameter.checked(value, "drop")
    text = str(caught.value)
    assert text.startswith(f"drop: {parameter.name} ")
    assert text.endswith(allowed)
    assert len(text.splitlines()) == 1
    shown = text.removeprefix(f"drop: {parameter.name} ").removesuffix(f": {allowed}")
    assert shown == ("(too many digits)" if value in (HUGE, -HUGE) else repr(value))


def test_long_value_is_cut() -> None:
    with pytest.raises(ParameterError) as caught:
        WORD.checked("x" * 10**6, "drop")
    assert str(caught.value) == f"drop: to '{'x' * 56}...: {WORD_ALLOWED}"


@given(value=st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()))
def test_any_value_is_of_the_kind_and_in_range_or_refused(value: Any) -> None:
    for parameter in (COUNT, RATE, WORD, FLAG):
        try:
            kept = parameter.checked(value, "drop")
        except ParameterError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017 - either it or a kept value
        else:
            assert kept == value
            assert type(kept) is parameter.kind


def test_what_is_not_given_has_its_default() -> None:
    parameters = (COUNT, Parameter("jitter_ms", float, "", default=0.5))
    assert checked(parameters, {}, "delay") == {"nth": None, "jitter_ms": 0.5}
    assert checked(parameters, {"nth": None, "jitter_ms": None}, "delay")["jitter_ms"] == 0.5
    assert checked(parameters, {"nth": 2, "jitter_ms": 1}, "delay") == {"nth": 2, "jitter_ms": 1.0}


def test_what_must_be_given_is_asked_for() -> None:
    needed = RATE._replace(required=True)
    for given_ in ({}, {"rate_bps": None}):
        with pytest.raises(
            ParameterError, match=f"^rate: rate_bps: must be given, {RATE_ALLOWED[8:]}$"
        ):
            checked((needed,), given_, "rate")


def test_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match=r"^drop: 'nht': no such parameter; it has nth, to$"):
        checked((COUNT, WORD), {"nht": 3}, "drop")
    with pytest.raises(ParameterError, match=r"^drop: 'nth': no such parameter; it has none$"):
        checked((), {"nth": 3}, "drop")


# The tables.

UNITS = ("_ms", "_bps", "_bytes", "_packets")
WITHOUT_UNIT = {
    *("nth", "first", "every", "after", "seed", "copies", "gap", "bits"),  # counts
    *("ip_version", "port", "source_port", "destination_port"),
    *("probability", "burst_enter", "burst_leave", "burst_probability", "gap_probability"),
}


def tables() -> Iterator[tuple[str, Parameter]]:
    for name in impairments.names():
        yield from ((name, parameter) for parameter in impairments.load(name).PARAMETERS)
    yield from (("match", parameter) for parameter in match.PARAMETERS)
    yield from (("selection", parameter) for parameter in selection.PARAMETERS)


def test_all_parameters_share_one_space_of_names() -> None:
    names = [parameter.name for _, parameter in tables()]
    assert sorted(names) == sorted(set(names))
    assert not set(names) & set(impairments.names())


@pytest.mark.parametrize(
    ("table", "parameter"), list(tables()), ids=lambda one: getattr(one, "name", one)
)
def test_parameter_is_well_written(table: str, parameter: Parameter) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", parameter.name), table
    assert parameter.help
    assert not parameter.help.endswith(".")
    assert bool(parameter.choices) == (parameter.kind is str)
    assert not (parameter.required and parameter.default is not None)
    if parameter.default is not None:
        assert parameter.checked(parameter.default, table) == parameter.default
    if parameter.kind in (int, float):
        assert parameter.least < parameter.most < math.inf
        assert parameter.checked(parameter.most, table) == parameter.most
        assert parameter.name.endswith(UNITS) != (parameter.name in WITHOUT_UNIT)


def test_impairments_are_found_by_name() -> None:
    assert impairments.names() == sorted(
        [
            "corrupt",
            "delay",
            "drop",
            "duplicate",
            "mtu",
            "observe",
            "rate",
            "reject",
            "reorder",
            "replace",
            "reset",
            "slice",
        ]
    )
    for nonsense in ("dorp", "", "__init__", 3, None, ["drop"]):
        with pytest.raises(ParameterError, match=r"must be one of corrupt, delay, drop, duplicate"):
            impairments.load(nonsense)  # type: ignore[arg-type]
