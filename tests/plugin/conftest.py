"""A user's own small project, in a folder of its own, and pytest run in it as its user would.

What it shows needs one engine; what the engines do differently runs on both.
"""

import os
from pathlib import Path

import pytest

from lab.engines import choice
from lab.engines.compose import agent_image
from lab.engines.namespaces import diagnostics

COMPOSE = """\
services:
  server: &idle
    image: {image}
    pull_policy: never
    entrypoint: [sleep, infinity]
    labels: {{socket-lab.native: sleep infinity}}
    init: true
    stop_grace_period: 0s
    networks: [wire]
  client: *idle
networks:
  wire: {{internal: true}}
"""
HELPERS = """\
def connected(lab):
    door = lab.host("server").socket()
    door.bind(("0.0.0.0", 21567))
    door.listen()
    client = lab.host("client").socket()
    client.settimeout(20)
    client.connect(("server", 21567))
    server, _ = door.accept()
    return server, client
"""


def image_for(engine: str) -> str:
    """Return an image that is there on Docker; without Docker there is none."""
    return agent_image.tag() if engine == choice.COMPOSE else "somebodys/image"


def skip_unless_usable(engine: str) -> None:
    """Skip the test, and say what is missing, where an engine cannot work."""
    if engine == choice.COMPOSE:
        if not choice.docker_answers():
            pytest.skip("no Docker Engine answers on this machine")
        if not agent_image.is_here():
            pytest.skip(f"{agent_image.tag()} is not here; make setup builds it")
    elif not (found := diagnostics.user_namespaces()).ok:
        pytest.skip(f"{found.name}: {found.seen}; {found.remedy}")


class Project:
    """The project; `run` runs its tests on an engine."""

    def __init__(self, pytester: pytest.Pytester, engine: str) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path
        self.engine = engine
        self.write("compose.yaml", COMPOSE.format(image=image_for(engine)))

    def write(self, name: str, text: str) -> Path:
        """Write one of its files."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def tests(self, text: str) -> None:
        """Write its tests, which have `connected`."""
        self.write("test_time.py", HELPERS + text)

    def options(self) -> list[str]:
        """Return what each of its runs has."""
        # Of this repository's own development; a user's project need not have it.
        others = ("docker", "hypothesispytest", "cacheprovider")
        return [*(f"-pno:{name}" for name in others), "--lab-engine", self.engine]

    def run(self, *options: str) -> pytest.RunResult:
        """Run pytest to its end."""
        return self.pytester.runpytest_subprocess(*self.options(), *options, timeout=100)

    def kept(self) -> list[str]:
        """Return what is in `results`, sorted."""
        results = self.path / "results"
        found = results.rglob("*") if results.exists() else ()
        return sorted(str(path.relative_to(results)) for path in found if path.is_file())


@pytest.fixture
def project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Project:
    """A project on the engine `namespaces`, or on those that `@pytest.mark.parametrize` names."""
    name = getattr(request, "param", choice.NAMESPACES)
    skip_unless_usable(name)
    # Docker's plug-ins may be below the home of whoever runs this, which pytester hides.
    monkeypatch.setenv("HOME", _HOME)
    return Project(pytester, name)


_HOME = os.environ.get("HOME", "/")
