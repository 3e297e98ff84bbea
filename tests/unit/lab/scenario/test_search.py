"""Scenarios are found by what they are about."""

from pathlib import Path

import pytest

from lab.errors import UsageError
from lab.scenario import catalogue, search
from lab.scenario.reader import read


def names(paths: list[Path]) -> set[str]:
    return {path.stem for path in paths}


@pytest.mark.parametrize("word", ["ECONNREFUSED", "econnrefused", "ConnectionRefusedError"])
def test_an_error_means_all_that_reproduce_it(word: str) -> None:
    expected = {path.stem for path in catalogue.paths() if "ECONNREFUSED" in read(path).reproduces}
    assert len(expected) > 1
    assert names(catalogue.chosen([word])) == expected


@pytest.mark.parametrize("word", ["gaierror", "socket.gaierror"])
def test_the_exception_of_getaddrinfo_means_its_errors(word: str) -> None:
    found = names(catalogue.chosen([word]))
    assert {"unknown-name", "name-service-down"} <= found


def test_a_word_of_a_title_is_listed_and_not_run() -> None:
    assert "filtered" in names(catalogue.searched(["firewall"]))
    with pytest.raises(UsageError, match=r"'firewall': none has this name; \d+ are about it: "):
        catalogue.chosen(["firewall"])


def test_a_name_or_a_topic_is_what_it_names_whatever_else_has_the_word() -> None:
    assert names(catalogue.searched(["refused"])) == {"refused"}
    assert {path.parent.name for path in catalogue.searched(["unix"])} == {"unix"}


def test_a_word_about_nothing_is_refused_with_what_may_be_meant() -> None:
    for find in (catalogue.searched, catalogue.chosen):
        with pytest.raises(UsageError, match="did you mean half-open"):
            find(["halfopen"])


def test_a_file_that_is_no_yaml_is_about_its_name_alone(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("title: [\nsteps: []\n")
    assert search.is_about(path, "broken")
    assert not search.is_about(path, "title")
