"""The agent as a sidecar container: what only Docker has. See also test_agent.py."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import pytest

from lab.api import lifecycle
from lab.api.engine import Engine
from lab.engines import choice
from lab.engines.compose import agent_image
from lab.engines.compose.diagnostics import configured_base_image
from lab.errors import EngineError
from tests.integration import command
from tests.integration.helpers import ROOT
from tests.integration.left import assert_nothing_left
from tests.integration.wire.agents import agents_of

# As somebody who has never heard of the lab writes it, but for the label.
THEIRS = """
x-idle: &idle
  image: socket-lab/host
  entrypoint: [sleep, "600"]
  init: true
  user: "65534"
  read_only: true
  cap_drop: [ALL]
  # No tighter: the threads and the memory of runc's own start count, too.
  mem_limit: 24m
  pids_limit: 12
  labels: {socket-lab.name: "${COMPOSE_PROJECT_NAME}"}
services: {left: *idle, right: *idle}
"""


@pytest.fixture
def engine(docker_images: object) -> Engine:
    del docker_images
    return choice.load(choice.COMPOSE)


@pytest.fixture
def name(engine: Engine, tmp_path: Path) -> Iterator[str]:
    """A lab that plain `docker compose up` has brought up."""
    name = f"lab-test-{secrets.token_hex(3)}"
    (tmp_path / "compose.yaml").write_text(THEIRS)
    with engine.guarded(name):
        try:
            compose(name, tmp_path, "up", "--detach")
            yield name
        finally:
            compose(name, tmp_path, "down", "--volumes")
    assert_nothing_left(name, 15)


def compose(name: str, folder: Path, *words: str) -> None:
    argv = ["docker", "compose", "--project-name", name, "--project-directory", str(folder), *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_plain_compose_brings_a_lab_up_and_down_with_its_wire(engine: Engine, name: str) -> None:
    lab = lifecycle.find([engine], name)
    lab.link("left", "right").add("drop", {}, stay=True)
    (agent,) = agents_of(name)
    client = docker.from_env()
    try:
        attributes = client.containers.get(agent).attrs
    finally:
        client.close()
    host = attributes["HostConfig"]
    assert (host["CapDrop"], sorted(host["CapAdd"])) == (["ALL"], ["NET_ADMIN", "NET_RAW"])
    assert host["ReadonlyRootfs"]
    assert host["AutoRemove"]
    assert not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert attributes["Mounts"] == []
    # The fixture's plain `docker compose down` must be enough.


def test_sidecar_whose_maker_was_killed_does_not_hinder(engine: Engine, name: str) -> None:
    client = docker.from_env()
    try:
        client.containers.create(
            agent_image.tag(),
            name=f"{name}-right-agent",
            labels={"socket-lab.name": name, "socket-lab.agent": "right"},
        )
        lab = lifecycle.find([engine], name)
        assert set(lab.hosts) == {"left", "right"}
        assert lab.faults() == []
        with lab.link("left", "right").drop() as fault:
            assert fault.acted == 0
    finally:
        client.close()


def test_sidecar_without_a_lab_is_removed_by_down(engine: Engine) -> None:
    name = f"lab-test-{secrets.token_hex(3)}"
    client = docker.from_env()
    try:
        client.containers.create(
            agent_image.tag(),
            name=f"{name}-right-agent",
            labels={"socket-lab.name": name, "socket-lab.agent": "right"},
        )
    finally:
        client.close()
    assert lifecycle.find([engine], name).status().hosts == ()
    assert command.run("down", name).returncode == 0
    assert_nothing_left(name, 15)


@pytest.fixture
def changed_agent(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """An agent of which there is no image yet; what is built of it goes."""
    del engine
    root = tmp_path / "lab"
    for path, data in agent_image._files():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / "agent" / "new.py").write_text(f"# {secrets.token_hex(8)}\n")
    monkeypatch.setattr(agent_image, "_ROOT", root)
    agent_image.tag.cache_clear()
    yield
    remove = ["docker", "image", "rm", "--force", agent_image.tag()]
    subprocess.run(remove, capture_output=True, timeout=60, check=False)
    agent_image.tag.cache_clear()


@pytest.mark.usefixtures("changed_agent")
def test_image_is_built_at_the_same_time_by_all_who_need_it() -> None:
    assert not agent_image.is_here()
    base = configured_base_image(ROOT)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(agent_image.build, [base] * 3))
    assert agent_image.is_here()


def test_image_is_built_when_it_is_first_needed(
    engine: Engine, name: str, changed_agent: None, caplog: pytest.LogCaptureFixture
) -> None:
    del changed_agent
    lab = lifecycle.find([engine], name)
    with lab.link("left", "right").drop():
        assert agents_of(name)
    assert caplog.messages == [f"building the image of the wire's agent, once: {agent_image.tag()}"]
    lab.host("right").kill()  # or the image could not be removed


@pytest.mark.usefixtures("changed_agent")
def test_base_image_that_is_nowhere_is_named_with_a_way_out() -> None:
    with pytest.raises(EngineError, match=r"cannot be built on socket-lab/no-such-base: .*BASE"):
        agent_image.build("socket-lab/no-such-base")


def test_doctor_tries_the_wire(engine: Engine) -> None:
    del engine
    found = json.loads(command.run("doctor", "--json").stdout)
    wires = {one["engine"]: one for one in found if one["name"] == "wire"}
    assert set(wires) == set(choice.NAMES)
    assert all(one["ok"] for one in wires.values())


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("rights", "lacking"),
    [
        ([], {"the packet queue (nfnetlink_queue)", "owned tables (nf_tables)", "raw sockets"}),
        (["--cap-add=NET_ADMIN"], {"raw sockets"}),
        (["--cap-add=NET_ADMIN", "--cap-add=NET_RAW"], set()),
    ],
)
def test_agent_names_what_it_lacks(rights: list[str], lacking: set[str]) -> None:
    argv = ["docker", "run", "--rm", "--network=none", "--cap-drop=ALL", *rights]
    done = subprocess.run(
        [*argv, agent_image.tag(), "kernel-support"], capture_output=True, timeout=60, check=True
    )
    assert {part for part, _ in json.loads(done.stdout)} == lacking


@pytest.mark.usefixtures("namespaces")
def test_missing_target_is_told_from_missing_tables() -> None:
    # A kernel without NFQUEUE, as near as one gets to it on one that has it.
    source = (
        "from lab.agent.wire import expressions, kernel_support\n"
        "queue = expressions.queue\n"
        "expressions.queue = lambda n: queue(n).replace(b'NFQUEUE', b'NOQUEUE')\n"
        "print([part for part, _ in kernel_support.missing()])\n"
    )
    argv = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", source]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "['the target NFQUEUE (nft_compat, xt_NFQUEUE)']\n"
