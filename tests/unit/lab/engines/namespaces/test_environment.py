"""A lab's own processes have nothing of the environment of whoever starts it."""

import os

import pytest

from lab.engines.namespaces import environment


def test_only_places_of_programs_and_the_labs_own_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    given = {
        "PATH": "/usr/bin",
        "LD_LIBRARY_PATH": "/opt/python/lib",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "SOCKET_LAB": "another",
        "SOCKET_LAB_TESTS": "token",
        "SOCKET_LABEL": "secret",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert environment.of_lab("mine") == {
        "PATH": "/usr/bin",
        "LD_LIBRARY_PATH": "/opt/python/lib",
        "SOCKET_LAB": "mine",
        "SOCKET_LAB_TESTS": "token",
    }
