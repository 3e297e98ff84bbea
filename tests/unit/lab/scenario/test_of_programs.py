"""The scenario of somebody's programs, as a file: what is written is what is read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.scenario.conditions.listens import Listens
from lab.scenario.of_programs import OfPrograms, flow
from lab.scenario.reader import read
from lab.scenario.steps import Step
from lab.scenario.steps.fault_link import LinkFaultStep
from lab.scenario.steps.run import RunStep
from lab.scenario.steps.wait import WaitStep
from lab.scenario.yaml import load

SERVERS = {"db": "./db", "server": "python3 server.py 9000"}
_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\x7f\ufeff\ufffe\uffff")
    | st.sampled_from("\n\t"),
    max_size=20,
)


def steps_of(programs: OfPrograms, folder: Path) -> tuple[Step, ...]:
    return read(folder / "try.yaml", text=programs.text).steps


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("server", "server"),
        ("python3 server.py -p 9000", "python3 server.py -p 9000"),
        ("python3 -c 'print(1)'", "\"python3 -c 'print(1)'\""),
        ("client: x", '"client: x"'),
        ("yes", '"yes"'),
        ("Null", '"Null"'),
        ("12", '"12"'),
        ("", '""'),
        ("a #b", '"a #b"'),
        ("naïve", '"naïve"'),
        ("30s", "30s"),
        (3, "3"),
        (["a", 1], "[a, 1]"),
        ({"wait": {"listens": "server"}}, "{wait: {listens: server}}"),
    ],
)
def test_a_value_is_plain_where_that_is_the_same(value: object, text: str) -> None:
    assert flow(value) == text


@given(_TEXT)
def test_every_text_is_read_as_it_was_written(text: str) -> None:
    assert load(Path("x.yaml"), f"title: {flow(text)}\n").need("title", str) == text


def test_the_servers_are_waited_for_in_their_order_and_the_client_is_last(tmp_path: Path) -> None:
    found = steps_of(OfPrograms(SERVERS, "python3 client.py", str(tmp_path)), tmp_path)
    kinds = [type(step) for step in found]
    assert kinds == [RunStep, WaitStep, RunStep, WaitStep, RunStep]
    waits = [step.condition.subject for step in found if isinstance(step, WaitStep)]
    assert waits == [Listens("db"), Listens("server")]
    client = found[-1]
    assert isinstance(client, RunStep)
    assert (client.on, client.argv) == ("client", ("python3", "client.py"))
    assert client.expected.exit_status == 0
    assert client.expected.within_s == 30.0


def test_a_client_that_may_fail_may_end_with_any_status(tmp_path: Path) -> None:
    programs = OfPrograms(
        SERVERS, "./client", str(tmp_path), within_s=1.5, expected={"exit": "any"}
    )
    client = steps_of(programs, tmp_path)[-1]
    assert isinstance(client, RunStep)
    assert (client.expected.exit_status, client.expected.within_s) == (None, 1.5)


def test_what_comes_first_is_before_the_first_program(tmp_path: Path) -> None:
    fault = "{fault: drop, link: client -> server, data: true, nth: 2}"
    first, second, *_ = steps_of(
        OfPrograms(SERVERS, "./client", str(tmp_path), first=[fault]), tmp_path
    )
    assert isinstance(first, LinkFaultStep)
    assert first.asked == {"data": True, "nth": 2}
    assert isinstance(second, RunStep)


@pytest.mark.parametrize("traced", [True, False])
def test_the_programs_are_traced_unless_that_is_not_wanted(tmp_path: Path, traced: bool) -> None:
    programs = OfPrograms(SERVERS, "./client", str(tmp_path), traced=traced)
    runs = [step for step in steps_of(programs, tmp_path) if isinstance(step, RunStep)]
    assert [step.trace for step in runs] == [traced] * 3


@pytest.mark.parametrize("name", ["a folder", "$HOME", "it's", 'a "b"', "new\nline", "naïve→λ"])
def test_the_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    scenario = read(tmp_path / "try.yaml", text=OfPrograms(SERVERS, "./client", name).text)
    assert scenario.folder == tmp_path / name
