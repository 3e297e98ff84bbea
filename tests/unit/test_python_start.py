"""A Python that Ctrl-C ended while it started is told from a lab that did not expect it."""

from tests.python_start import was_interrupted

OF_PYTHON = """\
Fatal Python error: init_sys_streams: can't initialize sys standard streams
Python runtime state: core initialized
Traceback (most recent call last):
  File "<frozen importlib._bootstrap>", line 1178, in _find_and_load
  File "<frozen io>", line 99, in <module>
KeyboardInterrupt
"""
OF_THE_LAB = """\
Traceback (most recent call last):
  File "/home/me/socket-lab/lab/__main__.py", line 3, in <module>
  File "/home/me/socket-lab/lab/cli.py", line 12, in main
KeyboardInterrupt
"""


def test_interrupted_while_python_started() -> None:
    assert was_interrupted(OF_PYTHON)


def test_interrupted_in_the_lab() -> None:
    assert not was_interrupted(OF_THE_LAB)


def test_more_than_that_is_said() -> None:
    assert not was_interrupted(f"{OF_PYTHON}lab up: stopped\n")


def test_nothing_is_said() -> None:
    assert not was_interrupted("")
