"""Programs of other languages and runtimes, traced: nothing of Python's is taken for granted."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from tests.integration.own_lab import own_lab
from tests.integration.tracing.test_programs import assert_plausible, both_modes
from tests.integration.tracing.tracing import PROGRAMS, trace

COUNT = 100
WITHIN_S = 60.0


class Compiler(NamedTuple):
    """What makes a program of `exchange.*`, statically; how a person gets it."""

    name: str
    source: str
    argv: Sequence[str]
    remedy: str


COMPILERS = (
    Compiler("gcc", "exchange.c", ("-static", "-O2", "-pthread"), "gcc libc6-dev"),
    Compiler("rustc", "exchange.rs", ("-C", "target-feature=+crt-static"), "rustc"),
    Compiler("go", "exchange.go", ("build",), "golang-go"),
)


@pytest.fixture(scope="module", params=COMPILERS, ids=[one.name for one in COMPILERS])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the program."""
    compiler: Compiler = request.param
    path = shutil.which(compiler.name)
    if not path:
        text = f"{compiler.name} is not installed on this machine"
        pytest.skip(f"{text}: sudo apt-get install {compiler.remedy}")
    made = tmp_path_factory.mktemp(compiler.name) / "exchange"
    source = str(PROGRAMS / compiler.source)
    done = subprocess.run(
        [path, *compiler.argv, "-o", str(made), source], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def pair(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "pair.yaml") as lab:
        yield lab


@both_modes
def test_its_calls_are_all_there(tmp_path: Path, program: Path, filtered: bool) -> None:
    traced = trace(tmp_path, str(program), filtered=filtered)
    assert (traced.output, traced.exit_status) == ("done\n", 0)
    assert_plausible(traced)
    assert_whole([(one["call"], one["error"]) for one in traced.calls])


def test_on_a_host(pair: Lab, program: Path) -> None:
    host = pair.host("left")
    copied = host.run(
        ["sh", "-c", "cat > /tmp/exchange && chmod +x /tmp/exchange"],
        stdin=program.read_bytes(),
        user="root",
        timeout_s=WITHIN_S,
    )
    assert copied.exit_status == 0, copied.stderr
    output = host.run(["/tmp/exchange"], trace=True, timeout_s=WITHIN_S)  # noqa: S108
    assert (output.stdout, output.exit_status) == (b"done\n", 0), output.stderr
    assert_whole([(one.call, one.error) for one in output.calls])


def assert_whole(calls: Sequence[tuple[str, str | None]]) -> None:
    """Assert that each exchange is there, by whichever calls a runtime has for it."""
    made = Counter(call for call, error in calls if error is None)
    connects = [error for call, error in calls if call == "connect"]
    assert len(connects) == COUNT
    assert set(connects) <= {None, "EINPROGRESS"}
    assert made["accept4"] + made["accept"] == COUNT
    assert made["sendto"] + made["write"] + made["splice"] >= 2 * COUNT
    assert made["recvfrom"] + made["read"] + made["splice"] >= 2 * COUNT
