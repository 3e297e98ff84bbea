"""What a program on a host reaches is what docs/security.md says, on each engine, for each user."""

import pytest

from lab.api.engine import Engine
from lab.engines import choice
from tests.robustness.confinement import columns, golden, page
from tests.robustness.confinement.columns import LAB, OWN, ROOT

USERS = (LAB, ROOT, OWN)


def test_a_program_reaches_what_the_golden_table_says(engine: Engine) -> None:
    answers = golden.read()
    for name, found in columns.measure(engine).items():
        differ = {
            what: (found.get(what), answers[name].get(what))
            for what in {*found, *answers[name]}
            if found.get(what) != answers[name].get(what)
        }
        assert not differ, f"{name}: found and golden; {golden.REMEDY}"


def test_the_golden_table_has_every_engine_and_kind_of_user() -> None:
    by_root, by_user = "started by root", "started by a user"
    without = {f"{choice.NAMESPACES}, {u}, {by}" for u in USERS for by in (by_root, by_user)}
    found = golden.read()
    assert found.keys() == {f"{choice.COMPOSE}, {user}" for user in USERS} | without
    (attempts,) = {tuple(answers) for answers in found.values()}
    assert len(attempts) > 50


def test_the_page_has_the_table_as_it_is() -> None:
    assert page.made(page.FILE.read_text(encoding="utf-8")) == page.FILE.read_text(
        encoding="utf-8"
    ), "make generated"


def test_the_engines_differ_where_the_page_says_why_and_nowhere_else() -> None:
    assert [row.what for row in page.differing()] == list(page.REASONS)


@pytest.mark.parametrize("what", ["make / writable", "mount a file system", "trace process 1"])
def test_nobody_without_docker_succeeds(what: str) -> None:
    found = {name: of[what] for name, of in golden.read().items() if choice.NAMESPACES in name}
    assert set(found.values()) == {"EPERM"}, found
