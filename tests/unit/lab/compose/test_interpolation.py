"""Variables of a compose file have the values the Compose Specification gives them."""

from pathlib import Path

import pytest

from lab.compose import dotenv
from lab.compose.interpolation import interpolate
from lab.errors import VariableError

# SET is set, EMPTY is set to nothing, NONE is not set.
ENVIRONMENT = {"SET": "1", "EMPTY": "", "_x9": "under"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("$SET", "1"), ("${SET}", "1"), ("$NONE", ""), ("${NONE}", ""), ("${EMPTY}", "")),
        *(("${SET:-x}", "1"), ("${EMPTY:-x}", "x"), ("${NONE:-x}", "x"), ("${NONE:-}", "")),
        *(("${SET-x}", "1"), ("${EMPTY-x}", ""), ("${NONE-x}", "x"), ("${NONE-}", "")),
        *(("${SET:?why}", "1"), ("${SET?why}", "1"), ("${EMPTY?why}", "")),
        *(("${SET:+x}", "x"), ("${EMPTY:+x}", ""), ("${NONE:+x}", "")),
        *(("${SET+x}", "x"), ("${EMPTY+x}", "x"), ("${NONE+x}", "")),
        *(("$$", "$"), ("$$SET", "$SET"), ("$$$SET", "$1"), ("$${SET}", "${SET}")),
        *(("a${SET}b$SET-c", "a1b1-c"), ("$_x9", "under"), ("${NONE:-a b:c-?+}", "a b:c-?+")),
        *(("", ""), ("nothing", "nothing"), ("}", "}"), ("{SET}", "{SET}")),
    ],
)
def test_variable_has_its_value(text: str, value: str) -> None:
    assert interpolate(text, ENVIRONMENT) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${NONE:?say where}", "variable NONE is not set: say where"),
        ("${EMPTY:?say where}", "variable EMPTY is not set: say where"),
        ("${NONE?say where}", "variable NONE is not set: say where"),
        ("${NONE:?}", "variable NONE is not set"),
        ("${NONE?}", "variable NONE is not set"),
    ],
)
def test_variable_that_must_be_set_is_named(text: str, said: str) -> None:
    with pytest.raises(VariableError) as caught:
        interpolate(text, ENVIRONMENT)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "text", ["$", "costs 3 $", "a $ b", "$1", "${", "${}", "${SET", "${1}", "${SET!x}", "${SET:=x}"]
)
def test_dollar_that_begins_no_variable_is_refused(text: str) -> None:
    with pytest.raises(VariableError, match=r"write \$\$ for the character"):
        interpolate(text, ENVIRONMENT)


def test_value_is_never_interpolated_again() -> None:
    assert interpolate("$A", {"A": "$B", "B": "x"}) == "$B"


def test_every_value_of_a_structure_is_interpolated_and_no_key() -> None:
    before = {"$SET": ["$SET", {"a": "${SET}0"}, 7, None, True, 1.5], "b": {"c": "$$"}}
    after = {"$SET": ["1", {"a": "10"}, 7, None, True, 1.5], "b": {"c": "$"}}
    assert interpolate(before, ENVIRONMENT) == after
    assert before["b"] == {"c": "$$"}


def test_env_file_gives_its_settings(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# a comment\n\nPLAIN=one\nexport EXPORTED=two\nSINGLE='a b'\nDOUBLE=\"c d\"\n"
        "EMPTY=\nEQUALS=a=b\n  INDENTED=x  \n#OFF=1\n1GOOD=x\nnothing\nPLAIN=last\n"
    )
    assert dotenv.read(file, {}) == {
        "PLAIN": "last",
        "EXPORTED": "two",
        "SINGLE": "a b",
        "DOUBLE": "c d",
        "EMPTY": "",
        "EQUALS": "a=b",
        "INDENTED": "x",
        "1GOOD": "x",
    }


def test_no_env_file_gives_no_settings(tmp_path: Path) -> None:
    assert dotenv.read(tmp_path / ".env", {}) == {}
    assert dotenv.read(tmp_path, {}) == {}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        *(('A="x # y"', "x # y"), ("A='x # y'", "x # y"), ("A=x # y", "x"), ("A=x#y", "x#y")),
        *(('A="x" # y', "x"), ("A=#x", "#x"), ("A= # x", ""), ('A="x\n#y"', "x\n#y")),
        *(("A=$ABOVE", "up"), ('A="${ABOVE}!"', "up!"), ("A='$ABOVE'", "$ABOVE"), ("A=$$x", "$x")),
        *(("A=$OWN", "own"), ("A=$NONE", ""), ("A=${NONE:-x}", "x"), ("A=$BELOW", "")),
        *((r'A="a\tb\"c\\d\e"', 'a\tb"c\\d\\e'), (r'A="\$ABOVE"', "$ABOVE"), (r"A=a\tb", r"a\tb")),
    ],
)
def test_setting_of_an_env_file_is_what_it_is_for_compose(
    tmp_path: Path, line: str, value: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"ABOVE=up\nOWN=file\n{line}\nBELOW=down\n")
    assert dotenv.read(file, {"OWN": "own"}) == {
        "ABOVE": "up",
        "OWN": "file",
        "A": value,
        "BELOW": "down",
    }


def test_variable_of_an_env_file_that_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\n\nB=${C:?say where}\n")
    with pytest.raises(VariableError, match=r"^.*/\.env:3: variable C is not set: say where$"):
        dotenv.read(file, {})


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        *(("A=1\nB C=2\n", 2, "'B C'"), ("=x\n", 1, "''"), ("A$=1\n", 1, "'A$'")),
        *(('\nA="x\nB=2\n', 2, "'A'"), ("A='it''s'\n", 1, "\"'s'\""), ("A\nB C\n", 2, "'B C'")),
    ],
)
def test_what_is_no_setting_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, word: str
) -> None:
    (tmp_path / ".env").write_text(text)
    with pytest.raises(VariableError) as caught:
        dotenv.read(tmp_path / ".env", {})
    assert str(caught.value).startswith(f"{tmp_path}/.env:{line}: {word} begins no setting")


def test_names_are_those_that_compose_takes(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('\ufeffmy-var=1\r\na.b: 2\nx[0]=3\né=4\nA="x"y\n')
    found = {"my-var": "1", "a.b": "2", "x[0]": "3", "é": "4", "A": "x"}
    assert dotenv.read(tmp_path / ".env", {}) == found
