"""The options of `lab try`: the scenario they stand for, and what of them is refused."""

import argparse
import os
from pathlib import Path

import pytest

from lab.commands import program_options
from lab.errors import UsageError
from lab.scenario.model import Scenario
from lab.scenario.steps.fault_link import LinkFaultStep

BOTH = ("--server", "./server", "--client", "./client server")


def options_of(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    program_options.add(parser)
    return parser.parse_args(words)


def scenario_of(*words: str) -> Scenario:
    return program_options.scenario(program_options.programs(options_of(*words)))


def refusal_of(*words: str) -> str:
    with pytest.raises(UsageError) as refused:
        scenario_of(*words)
    text = str(refused.value)
    assert "\n" not in text
    assert "try.yaml" not in text
    return text


def fault_of(text: str) -> LinkFaultStep:
    first = scenario_of(*BOTH, "--fault", text).steps[0]
    assert isinstance(first, LinkFaultStep)
    return first


def test_the_programs_run_in_this_folder_and_are_traced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scenario = scenario_of(*BOTH)
    assert scenario.hosts == ("server", "client")
    assert scenario.folder == tmp_path.resolve()
    found = program_options.programs(options_of(*BOTH))
    assert (found.traced, found.within_s, found.client) == (True, 30.0, "./client server")
    changed = program_options.programs(options_of(*BOTH, "--no-trace"), within_s=1.5)
    assert (changed.traced, changed.within_s) == (False, 1.5)


def test_other_servers_start_before_the_server() -> None:
    words = ("--host", "db=./db -x a=b", "--host", "cache=./cache", *BOTH)
    found = program_options.programs(options_of(*words))
    servers = [("db", "./db -x a=b"), ("cache", "./cache"), ("server", "./server")]
    assert list(found.servers.items()) == servers
    alone = program_options.programs(options_of("--host", "db=./db", "--client", "./client"))
    assert list(alone.servers) == ["db"]


@pytest.mark.parametrize(
    ("text", "impairment", "asked"),
    [
        ("drop client -> server data nth=2", "drop", {"data": True, "nth": 2}),
        ("drop client->server", "drop", {}),
        ("delay server -> client delay_ms=200", "delay", {"delay_ms": 200}),
        ("drop client -> server tcp=syn first=1", "drop", {"tcp": "syn", "first": 1}),
        (
            "drop client -> server payload_contains='a b'",
            "drop",
            {"payload_contains": "a b"},
        ),
        ("drop client -> server probability=0.5", "drop", {"probability": 0.5}),
    ],
)
def test_a_fault_is_a_step_before_the_programs(
    text: str, impairment: str, asked: dict[str, object]
) -> None:
    fault = fault_of(text)
    source, target = "client", "server"
    if "server ->" in text:
        source, target = target, source
    assert fault.links == ((source, target),)
    assert fault.impairment == impairment
    assert fault.asked == asked


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "--server and --client: say what runs, such as --client 'python3 client.py'"),
        (["--server", "./server"], "--server and --client: say what runs"),
        (["--client", "./client"], "--server and --client: say what runs"),
        (["--server", "", "--client", "./client"], "--server and --client: say what runs"),
        (["--server", "  ", "--client", "./client"], "server: its command is empty"),
        (["--server", "./server", "--client", " "], "client: its command is empty"),
        (["--server", "./A 'b", "--client", "c"], "server: ./A 'b: no closing quotation; quote as"),
        (["--server", "./\udcff", "--client", "c"], "is not UTF-8 text"),
        ([*BOTH, "--host", "db"], "--host db: must be NAME=COMMAND"),
        ([*BOTH, "--host", "=./db"], "--host =./db: must be NAME=COMMAND"),
        ([*BOTH, "--host", "D B=./db"], "a name has a to z, 0 to 9 and -"),
        ([*BOTH, "--host", "db="], "db: its command is empty"),
        ([*BOTH, "--host", "a=b", "--host", "a=c"], "--host: each name once"),
        ([*BOTH, "--host", "client=./db"], "--host: each name once, and neither client nor"),
        ([*BOTH, "--host", "server=./db"], "beside --server, server"),
    ],
)
def test_programs_that_cannot_be_are_refused(words: list[str], why: str) -> None:
    assert why in refusal_of(*words)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("", "--fault : must be like 'drop client -> server data nth=2'"),
        ("drop", "--fault drop: must be like"),
        ("drop client server", "--fault drop client server: must be like"),
        ("drop client -> sever", "'sever' is no host; did you mean server?"),
        ("dropp client -> server", "'dropp' is no fault; did you mean drop?"),
        ("drop client -> server dta nth=2", "dta: unknown; did you mean data?"),
        ("drop client -> server nth=0", "nth 0: must be a whole number from 1"),
        ("drop client -> server data=maybe", "data 'maybe': must be true or false"),
        ("drop client -> server payload_contains='a", "no closing quotation"),
        ("drop client -> server =3", "unknown"),
        ("drop client -> server 'nth: 2, data'", "unknown"),
        ("drop client -> server payload_contains=\udcff", "is not UTF-8 text"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fault: str, why: str) -> None:
    text = refusal_of(*BOTH, "--fault", fault)
    assert text.startswith("--fault")
    assert why in text


def test_a_folder_that_has_no_text_for_a_path_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / os.fsdecode(b"\xff")
    odd.mkdir()
    monkeypatch.chdir(odd)
    assert refusal_of(*BOTH).startswith("folder: ")
