"""Command lines, and what pytest is told of the lab: understood, or refused in a line."""

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from random import Random
from typing import Any, Self
from unittest import mock

import pytest

from lab.commands import exit_status
from tests import made_evidence as made
from tests.robustness import in_process
from tests.robustness.fuzz.bounds import MOST_CHARACTERS
from tests.robustness.fuzz.kinds import Kind
from tests.robustness.fuzz.mutation import mutated

WORDS = (
    *("up", "down", "status", "logs", "exec", "pause", "kill", "fault", "partition", "run", "list"),
    *("verify", "schema", "report", "capture", "doctor", "help", "add", "clear", "drop", "delay"),
    *("--file", "--json", "--lab", "--engine", "--seed", "--repeat", "--jobs", "--for", "-f", "-w"),
    *("--delay-ms", "--first", "--probability", "--output", "--all", "--help", "--", "-", "--x"),
    *("compose", "1", "-1", "9" * 5_000, "nan", "inf", "1e999", "", " ", "\x1b[31m", "--\x1b[31m"),
    *(
        "\n",
        "\udc80",
        "x" * 5_000,
        "--" + "x" * 5_000,
        "a,b",
        "client",
        "%s",
        "%(prog)s",
        "=",
        "@x",
    ),
)
# What starts nothing is also done: on a run's folder, in a folder of its own.
DONE = ("verify", "report", "list", "schema")
OF_DONE = (
    *("run", "results", "run/events.jsonl", "--json", "--index", "--into", "-o", "out.html"),
    *(
        "half-open",
        "x\x1b[31m",
        "\udc80",
        "",
        "-",
        "x" * 300,
        ".",
        "--markdown",
        "-x",
        "run",
    ),
)
INI = """\
[pytest]
lab_engine = namespaces
lab_compose = compose.yaml
lab_results = out
lab_scenarios = scenarios
"""
OPTIONS = (
    *("--lab-engine", "namespaces", "--lab-compose", "compose.yaml", "--lab-results", "out"),
    *("--lab-scenarios", "scenarios", "--lab-keep", "--lab-no-packets", "scenarios/a.yaml", "x"),
    *("", "\x1b[31m", "x" * 5_000, "--lab-engine=compose", "--lab-engine=x", "../x"),
)
SCENARIO = made.SCENARIO


class CommandLine(Kind):
    """The command `lab` with any words."""

    NAME = "command line"
    SHARE = 8

    def __enter__(self) -> Self:
        super().__enter__()
        made.write(self.folder / "run")
        return self

    def mutant(self, rng: Random) -> bytes:
        """Return one: a list of words."""
        if rng.random() < 0.3:
            words = [rng.choice(DONE), *rng.choices(OF_DONE, k=rng.randint(0, 3))]
        else:
            words = rng.choices(WORDS, k=rng.randint(0, 7))
        if words and rng.random() < 0.3:
            at = rng.randrange(len(words))
            changed = mutated(rng, words[at].encode(errors="surrogateescape"))
            if words[0] not in DONE or at:
                words[at] = changed.decode(errors="surrogateescape")
        # No program can be given a NUL (execve(2)).
        return json.dumps([word.replace("\0", "") for word in words]).encode()

    def check(self, mutant: bytes) -> None:
        """See above."""
        words: list[str] = json.loads(mutant)
        is_done = bool(words) and words[0] in DONE and set(words[1:]) <= {*OF_DONE, *DONE}
        with contextlib.ExitStack() as stack:
            stack.enter_context(_inside(self.folder))
            if is_done:
                stack.enter_context(mock.patch.dict(os.environ, {"COLUMNS": "200"}))
            else:
                stack.enter_context(mock.patch.object(exit_status, "status_of", return_value=0))
            done = in_process.run(*words)
        status, text = done.returncode, done.stderr
        assert status in ({0, 1, 2, 3} if is_done else {0, 2}), f"{status}: {text}"
        assert "Traceback" not in text
        assert "\x1b" not in text + done.stdout
        if status == 2 and words:
            assert len(text.splitlines()[-1]) <= MOST_CHARACTERS + 100


@contextlib.contextmanager
def _inside(folder: Path) -> Any:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class PytestOptions(Kind):
    """pytest collects, or refuses the words or the ini file in a line."""

    NAME = "pytest options"
    SHARE = 1

    def __enter__(self) -> Self:
        super().__enter__()
        (self.folder / "scenarios").mkdir()
        (self.folder / "scenarios" / "a.yaml").write_text(SCENARIO, encoding="utf-8")
        (self.folder / "test_x.py").write_text("def test_x(): pass\n", encoding="utf-8")
        return self

    def mutant(self, rng: Random) -> bytes:
        """Return one: the ini file, and words."""
        ini = INI.encode() if rng.random() < 0.5 else mutated(rng, INI.encode())
        words = rng.choices(OPTIONS, k=rng.randint(0, 4))
        # What is no UTF-8, pytest itself refuses.
        return json.dumps([ini.decode(errors="replace"), words]).encode()

    def check(self, mutant: bytes) -> None:
        """See above."""
        ini, words = json.loads(mutant)
        path = self.folder / "pytest.ini"
        path.write_bytes(ini.encode())
        fixed = ("-c", str(path), "--rootdir", str(self.folder), "-q", "--collect-only")
        out = io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(_inside(self.folder))
            stack.enter_context(mock.patch.dict(os.environ))
            stack.enter_context(mock.patch.object(sys, "path", list(sys.path)))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(out))
            status = pytest.main([*fixed, "-p", "no:cacheprovider", *words])
            sys.modules.pop("test_x", None)
        text = out.getvalue()
        assert status is not pytest.ExitCode.INTERNAL_ERROR, text[-2_000:]
        assert "INTERNALERROR" not in text
