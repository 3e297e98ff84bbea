"""What hosts print is read, and followed, on every engine; what is not kept is said."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.engines import choice
from tests.integration import command
from tests.integration.helpers import LONGEST_S
from tests.integration.own_lab import own_lab, quiet
from tests.waiting import wait_until

# Of flood.yaml.
FLOOD_BYTES = 20 * 1024 * 1024 + len("the end\n")
KEPT_BYTES = 16 * 1024 * 1024
# Of bursts.yaml: in all less than Docker keeps in one file; it loses lines where it begins another.
BURSTS, IN_A_BURST = 4, 20_000
EXPECTED = [str(number) for number in range(1, IN_A_BURST + 1)]


@pytest.fixture
def talkers(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "talkers.yaml") as lab:
        yield lab


@pytest.fixture
def flood(engine: Engine) -> Iterator[Lab]:
    """A lab whose host has printed more than the engine `namespaces` keeps."""
    with own_lab(engine, "flood.yaml") as lab:
        wait_until(lambda: "the end" in [line.text for line in lab.output("flood")], "the end")
        yield lab


@pytest.fixture
def follower(talkers: Lab) -> Iterator[subprocess.Popen[str]]:
    process = command.start("logs", "--lab", talkers.name, "--output", "--follow", "talker")
    yield process
    process.kill()
    process.communicate()


def test_output_is_followed_through_a_restart_to_the_end_of_the_lab(
    talkers: Lab, follower: subprocess.Popen[str]
) -> None:
    assert follower.stdout
    talker = talkers.host("talker")
    assert follower.stdout.readline() == "talker | begun\n"
    talker.kill("USR1")
    assert follower.stdout.readline() == "talker | again\n"
    talker.restart()
    assert follower.stdout.readline() == "talker | begun\n"
    talker.kill("USR1")
    assert follower.stdout.readline() == "talker | again\n"
    talkers.down(progress=quiet)
    stdout, stderr = follower.communicate(timeout=LONGEST_S)
    assert (stdout, stderr, follower.returncode) == ("", "", 0)


def test_outputs_of_several_hosts_are_followed_together(talkers: Lab) -> None:
    argv = ("logs", "--lab", talkers.name, "--output", "--follow", "--json")
    with command.start(*argv) as process:
        try:
            assert process.stdout
            begun = [json.loads(process.stdout.readline()) for _ in range(2)]
            assert sorted(line["host"] for line in begun) == ["other", "talker"]
            assert {(line["text"], line["lost_bytes"]) for line in begun} == {("begun", 0)}
            for name in ("talker", "other"):
                talkers.host(name).kill("USR1")
                line = json.loads(process.stdout.readline())
                assert (line["host"], line["text"]) == (name, "again")
        finally:
            process.kill()


def test_what_is_not_kept_is_said(flood: Lab) -> None:
    done = command.run("logs", "--lab", flood.name, "--output", "--json")
    first, *lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines.pop() == {"host": "flood", "text": "the end", "lost_bytes": 0}
    # And no half of a line.
    assert {(line["text"], line["lost_bytes"]) for line in lines} == {("x" * 1023, 0)}
    assert first["text"] == "x" * 1023
    if flood.status().engine == choice.NAMESPACES:  # Docker does not say what it dropped
        assert first["lost_bytes"] == FLOOD_BYTES - KEPT_BYTES
        kept_bytes = 1024 * (1 + len(lines)) + len("the end\n")
        assert KEPT_BYTES - 1024 < kept_bytes <= KEPT_BYTES
        lost = f"{first['lost_bytes']} bytes of flood's output before the next line are not kept"
        assert done.stderr == f"note: {lost}\n"


def test_follower_of_a_busy_host_is_not_cut_off(engine: Engine) -> None:
    with own_lab(engine, "bursts.yaml") as lab:
        lines = lab.output("burst", follow=True)
        assert next(lines).text == "begun"
        for _ in range(BURSTS):
            lab.host("burst").kill("USR1")
            # Read while it is printed: now the follower is slower than the host, now the host.
            assert [next(lines).text for _ in range(IN_A_BURST)] == EXPECTED
            assert next(lines).text == "over"
