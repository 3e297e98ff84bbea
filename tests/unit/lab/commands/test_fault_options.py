"""`lab fault add`: where its options may stand."""

import argparse

import pytest

from lab.commands.fault import fill_fault
from lab.commands.lazy import LazyParser


def parsed(*words: str) -> argparse.Namespace:
    lab, json = LazyParser(add_help=False), LazyParser(add_help=False)
    lab.add_argument("--lab")
    json.add_argument("--json", action="store_true")
    parser = LazyParser()
    fill_fault(parser, [lab, json])
    return parser.parse_args(words)


FAULT = ["client", "server", "drop", "--syn"]


@pytest.mark.parametrize(
    "words",
    [
        ["--lab", "one", "--json", *FAULT],
        [*FAULT, "--lab", "one", "--json"],
        ["--json", *FAULT, "--lab", "one"],
        ["client", "--lab", "one", "server", "--json", "drop", "--syn"],
    ],
    ids=" ".join,
)
def test_lab_and_json_may_stand_before_source_and_last(words: list[str]) -> None:
    found = parsed("add", *words)
    assert (found.lab, found.json) == ("one", True)
    assert (found.source, found.target, found.impairment) == ("client", "server", "drop")
    assert found.tcp == "syn"


def test_the_last_word_counts_and_without_any_it_is_the_only_lab() -> None:
    assert parsed("add", "--lab", "one", *FAULT, "--lab", "two").lab == "two"
    found = parsed("add", *FAULT)
    assert (found.lab, found.json) == (None, False)


def test_the_other_verbs_have_them_as_well() -> None:
    found = parsed("list", "--lab", "one")
    assert (found.lab, found.json) == ("one", False)
    assert parsed("clear", "--json", "server/1").json
