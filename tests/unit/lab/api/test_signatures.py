"""The methods of a link have typed parameters, made from the impairments."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.agent.wire import impairments
from lab.api import make_signatures
from lab.api.link import Link
from lab.errors import UsageError

ROOT = Path(__file__).parents[4]
USER = """\
from lab.api.lab import Lab


def test(lab: Lab) -> None:
    with lab.link("client", "server").{call} as fault:
        assert fault.acted == 1
"""
# What mypy says of each.
CALLS = {
    "drop(data=True, first=1)": "",
    'delay(delay_ms=50, jitter_ms=5, distribution="normal", port=9000)': "",
    "drop(dta=True)": 'Unexpected keyword argument "dta"',
    'delay("100ms")': "Too many positional arguments",
    "delay()": 'Missing named argument "delay_ms"',
    'drop(tcp="sin")': 'incompatible type "Literal[',
    "lose()": 'has no attribute "lose"',
}


def test_they_are_as_the_impairments_are_now() -> None:
    text = make_signatures.FILE.read_text(encoding="utf-8")
    assert text == make_signatures.text(), "run: python -m lab.api.make_signatures"


def test_every_impairment_has_a_method_with_its_own_description() -> None:
    for name in impairments.names():
        assert getattr(Link, name).__doc__


def test_mypy_sees_what_is_wrong_in_a_test_of_a_user(tmp_path: Path) -> None:
    for number, call in enumerate(CALLS):
        (tmp_path / f"test_{number}.py").write_text(USER.format(call=call))
    argv = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "."]
    # From elsewhere, as a user's: what is known of the package is what it says of itself.
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    for number, (call, complaint) in enumerate(CALLS.items()):
        said = [line for line in done.stdout.splitlines() if f"test_{number}.py:" in line]
        assert bool(said) == bool(complaint), (call, done.stdout, done.stderr)
        assert complaint in "\n".join(said)
    assert done.returncode == 1


def test_what_is_given_by_its_place_is_refused_in_plain_words() -> None:
    link = Link("client", "server", [], lambda: pytest.fail("nobody is asked"))
    text = "delay: '100ms': parameters are given by name, as delay_ms=..."
    with pytest.raises(UsageError, match=re.escape(text)):
        link.delay("100ms")  # type: ignore[call-arg, arg-type]
    with pytest.raises(UsageError, match=r"drop: 1: parameters are given by name, as first=\.\.\."):
        link.drop(1)  # type: ignore[call-arg]
