"""Scenarios as tests of a user's own project."""

from lab.engines import choice
from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

REFUSED = """\
title: Nobody listens
shows: it is refused
hosts: [server, client]
steps:
  - {on: client, call: connect, as: c, to: "server:9", raises: NAME}
"""
GOOD = REFUSED.replace("NAME", "ECONNREFUSED")
BAD = REFUSED.replace("NAME", "EPIPE")
IDLE = GOOD + "  - {fault: drop, link: client -> server, protocol: udp, as: idle}\n"
INI = "[pytest]\nlab_scenarios = scenarios\n"


def test_every_scenario_of_a_path_is_a_test(project: Project) -> None:
    project.write("scenarios/deeper/good.yaml", GOOD)
    own = GOOD.replace("hosts: [server, client]", "compose: ../compose.yaml")
    project.write("scenarios/own.yml", own)
    project.write("scenarios/bad.yaml", BAD)
    project.write("scenarios/compose.yaml", (project.path / "compose.yaml").read_text())
    project.write("not-here.yaml", BAD)
    project.write("pytest.ini", INI)
    result = project.run("-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["scenarios/deeper/good.yaml::good PASSED *"])
    result.stdout.fnmatch_lines(
        [
            "_* bad: Nobody listens _*",
            "FAIL bad (namespaces, seed 1)",
            "scenarios/bad.yaml:5: client: connect(c): expected: raises EPIPE; found: raised EC*",
            "the steps:",
            "* client: connect(c)  raised ECONNREFUSED: * (expected: raises EPIPE)",
            "the last packets of this connection:",
            "*client -> server: * SYN *: delivered",
            "evidence: results/bad/001/report.html",
        ]
    )
    assert project.kept() == [
        f"bad/001/{name}"
        for name in ("events.jsonl", "report.html", "scenario.yaml", "verdict.json", "wire.pcapng")
    ]


def test_unknown_is_a_failure_with_its_reason(project: Project) -> None:
    project.write("idle.yaml", IDLE)
    result = project.run("idle.yaml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["UNKNOWN idle (namespaces, seed 1)", "*expected: acts on a packet; found: it never acted"]
    )


def test_a_skipped_scenario_is_skipped_and_the_others_run(project: Project) -> None:
    project.write("scenarios/good.yaml", GOOD)
    project.write("scenarios/skipped.yaml", GOOD)
    project.write("pytest.ini", INI)
    project.write(
        "conftest.py",
        """\
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "skipped":
            item.add_marker(pytest.mark.skip(reason="not today"))
""",
    )
    result = project.run("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * scenarios/skipped.yaml: not today"])


def test_a_wrong_file_is_an_error_of_the_collection(project: Project) -> None:
    project.write("scenarios/wrong.yaml", GOOD.replace("connect", "conect"))
    project.write("scenarios/broken.yaml", "{\n")
    project.write("pytest.ini", INI)
    result = project.run()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*scenarios/wrong.yaml:5: call*'conect'*connect*"])
    result.stdout.fnmatch_lines(["*scenarios/broken.yaml:*: not YAML: *"])
    assert project.kept() == []


def test_scenarios_may_be_named_on_the_command_line(project: Project) -> None:
    project.tests("def test_plain(): pass\n")
    project.write("one/good.yaml", GOOD)
    project.write("other/better.yaml", GOOD)
    project.write("other/shape.yaml", "some: {other: file}\n")
    project.run("one/good.yaml").assert_outcomes(passed=1)
    project.run("test_time.py", "--lab-scenarios", "one").assert_outcomes(passed=2)
    project.run("--lab-scenarios", "one", "--lab-scenarios=other/better.yaml").assert_outcomes(
        passed=3
    )
    project.run().assert_outcomes(passed=1)
    missing = project.run("--lab-scenarios", "nowhere")
    missing.stderr.fnmatch_lines(["ERROR: --lab-scenarios *nowhere: is not there"])
    too_long = project.run("--lab-scenarios", "x" * 5_000)
    too_long.stderr.fnmatch_lines(["ERROR: --lab-scenarios *xx: is not there"])


def test_scenarios_of_the_ini_file_are_not_added_to_chosen_tests(project: Project) -> None:
    project.tests("def test_plain(): pass\n")
    project.write("scenarios/good.yaml", GOOD)
    project.write("tests/test_more.py", "def test_more(): pass\n")
    project.write("pytest.ini", INI + "testpaths = tests\n")
    project.run("test_time.py").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=2)


def test_workers_of_xdist_share_them(project: Project) -> None:
    for number in range(4):
        project.write(f"scenarios/good-{number}.yaml", GOOD)
    project.write("pytest.ini", INI)
    project.run("-n", "2").assert_outcomes(passed=4)
    assert not (project.path / "results").exists()


def test_two_engines_make_two_tests_of_each(project: Project) -> None:
    project.write("scenarios/good.yaml", GOOD)
    project.tests("def test_uses(lab): pass\ndef test_plain(): pass\n")
    project.write("pytest.ini", INI)
    result = project.run("--lab-engine", choice.COMPOSE, "--collect-only", "-q")
    result.stdout.fnmatch_lines_random(
        [
            "scenarios/good.yaml::good?namespaces?",
            "scenarios/good.yaml::good?compose?",
            "test_time.py::test_uses?namespaces?",
            "test_time.py::test_uses?compose?",
            "test_time.py::test_plain",
        ]
    )
