"""What Compose refuses, every reader of a file refuses: both engines, and a scenario's check."""

from pathlib import Path

import pytest

from lab.compose.document import Document
from lab.engines.compose import topology
from lab.engines.namespaces.plan import reader as plan_reader
from lab.errors import EngineError, ScenarioError, TopologyError
from lab.model import ComposeFiles
from lab.scenario import reader

HEAD = "services:\n  a:\n    image: socket-lab/host\n    command: sh\n"
OTHER = "  b: {image: socket-lab/host, command: sh, depends_on: [a]}\n"

REFUSED = [
    (f"{OTHER}  c: {{command: sh}}\n", 6, "services.c needs an image, or a build to make one"),
    ("    networks: [nope]\n", 5, "services.a: network nope is not defined; add it below networks"),
    (
        "    networks: [wire]\n    network_mode: none\nnetworks: {wire: }\n",
        6,
        "services.a: network_mode none leaves no room for networks; keep one of them",
    ),
    (
        "    volumes: ['date:/x']\n",
        5,
        "services.a.volumes: volume date is not defined; add it below volumes",
    ),
    (
        "    volumes: [{type: volume, source: ./a, target: /x}]\n",
        5,
        "services.a.volumes: volume ./a is not defined; add it below volumes",
    ),
    (
        "    secrets: [{source: s}]\n",
        5,
        "services.a.secrets: secret s is not defined; add it below secrets",
    ),
    ("    configs: [c]\nconfigs: {c: {}}\n", 6, "configs.c has no source; give it file or"),
    ("    depends_on: [nope]\n", 5, "services.a: depends on nope, which is not there"),
    (f"    depends_on: [b]\n{OTHER}", 1, "depends_on goes in a circle: "),
    ("    depends_on: {a: {condition: up}}\n", 2, "services.a: depends_on: 'up' is none of"),
    ("    healthcheck: {test: [true]}\n", 5, "services.a.healthcheck"),
    ("    stop_grace_period: soon\n", 5, "services.a.stop_grace_period: 'soon' must be a duration"),
    ("    ulimits: {files: 3}\n", 5, "services.a.ulimits.files: there is no such limit"),
    ("    extra_hosts: ['b:c']\n", 5, "services.a.extra_hosts: b: 'c' is no address"),
    ("    comand: sh\n", 5, "services.a comand: no such key in a compose file; did you mean"),
    ("    profiles: [debug]\n", 0, "all its services have profiles, so there are no hosts"),
    (
        "    depends_on: [b]\n  b: {image: x, profiles: [debug]}\n",
        5,
        "services.a: depends on b, which only the profile debug has",
    ),
]


@pytest.fixture
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "machines.yaml"
    path.write_text(HEAD + request.param, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("file", "line", "text"), REFUSED, indirect=["file"], ids=[one[2] for one in REFUSED]
)
def test_refusal_is_the_same_on_both_engines_and_in_a_scenarios_check(
    file: Path, line: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"{file}:{line}: " if line else f"{file}: "
    with pytest.raises(TopologyError) as by_namespaces:
        plan_reader.read(ComposeFiles((file,)), "x")
    said = str(by_namespaces.value)
    assert said.startswith(where + text)

    def refuses(*_args: object, **_options: object) -> str:
        why = "docker compose: in words of its own"
        raise EngineError(why, argv=["docker"], exit_status=15)

    monkeypatch.setattr(topology, "compose", refuses)
    with pytest.raises(TopologyError) as by_compose:
        topology.read(ComposeFiles((file,)), "x", {}, {}, ())
    assert str(by_compose.value) == said

    scenario = file.parent / "scenario.yaml"
    scenario.write_text("title: x\nshows: y\ncompose: machines.yaml\nsteps: [x]\n")
    with pytest.raises(ScenarioError) as by_check:
        reader.read(scenario)
    assert str(by_check.value) == f"{scenario}:3: compose: {said}"


@pytest.mark.parametrize(
    "key",
    [
        "volumes: [./here:/x, ~/there:/y, /tmp:/z, /anonymous]",
        "volumes: [{type: bind, source: ., target: /x}, {type: tmpfs, target: /y}]",
        "volumes: ['data:/x:ro', {type: volume, target: /y}]\nvolumes: {data: }",
        "networks: [default]",
        "network_mode: none",
        "depends_on: {nope: {required: false}}",
        "secrets: [s]\nsecrets: {s: {environment: HOME}}",
        "healthcheck: {test: [CMD, x]}",
        "healthcheck: {disable: true}",
    ],
)
def test_what_compose_takes_is_not_refused(tmp_path: Path, key: str) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(f"{HEAD}    {key}\n")
    assert list(Document(ComposeFiles((path,)), "x").hosts().services) == ["a"]


def test_what_only_compose_refuses_is_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(HEAD)

    def refuses(*_args: object, **_options: object) -> str:
        why = "docker compose: services.a.image is odd"
        raise EngineError(why, argv=["docker"], exit_status=15)

    monkeypatch.setattr(topology, "compose", refuses)
    with pytest.raises(TopologyError, match=rf"^{path}:3: services.a.image is odd$"):
        topology.read(ComposeFiles((path,)), "x", {}, {}, ())
