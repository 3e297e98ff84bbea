"""What the shipped scenarios are, all together: nothing is left out that they are there for."""

import pytest

from lab.errors import UsageError
from lab.scenario import catalogue
from lab.scenario.reader import read
from lab.scenario.steps import Step
from lab.scenario.steps.call import CallStep

SCENARIOS = [read(path) for path in catalogue.paths()]
STEPS: list[Step] = [step for scenario in SCENARIOS for step in scenario.steps]
METHODS = {
    *("bind", "listen", "accept", "connect", "connect_ex", "recv", "send", "sendall", "recvfrom"),
    *("sendto", "getpeername", "getsockname", "getsockopt", "setsockopt", "close"),
    *("read", "write", "readline"),
}
ERRORS = {
    *("ECONNREFUSED", "EAI_NONAME", "EAI_AGAIN", "EAI_SERVICE", "herror", "TimeoutError"),
    *("EADDRINUSE", "EACCES", "OverflowError", "MSG_TRUNC", "boundaries"),
}


def test_every_method_of_the_chapter_is_used() -> None:
    assert METHODS - {step.call for step in STEPS if isinstance(step, CallStep)} == set()


def test_every_error_that_the_chapter_names_is_reproduced() -> None:
    assert ERRORS - {word for scenario in SCENARIOS for word in scenario.reproduces} == set()


def test_titles_differ() -> None:
    titles = [scenario.title for scenario in SCENARIOS]
    assert sorted({title for title in titles if titles.count(title) > 1}) == []


def test_a_name_that_is_nearly_right_is_recognised() -> None:
    with pytest.raises(UsageError, match=r"did you mean refused\?$"):
        catalogue.find("refusd")


def test_a_scenario_may_be_named_with_its_topic() -> None:
    assert catalogue.find("connect/refused") == catalogue.find("refused")
    with pytest.raises(UsageError, match=r"did you mean refused\?$"):
        catalogue.find("stream/refused")


def test_a_word_that_nothing_is_about_is_refused_with_what_is_near() -> None:
    with pytest.raises(UsageError, match=r"^zzz: no scenario of the catalogue has .* word$"):
        catalogue.searched(["zzz"])
    with pytest.raises(UsageError, match=r"did you mean ECONNREFUSED\?$"):
        catalogue.searched(["ECONNREFUSD"])
