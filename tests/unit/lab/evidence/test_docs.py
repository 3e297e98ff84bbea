"""docs/evidence.md: its tables are those of the classes, and its examples do what they say."""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from lab.evidence import events, make_docs
from tests import made_evidence as made

PAGE = make_docs.FILE.read_text(encoding="utf-8")
OLD = Path(__file__).parents[3] / "data" / "format-1" / "many-kinds"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_it_is_as_the_classes_are_now() -> None:
    assert make_docs.made(PAGE) == PAGE, "run: python -m lab.evidence.make_docs"


OURS = [kind for kind, cls in events.KINDS.items() if cls.__module__.startswith("lab.")]


@pytest.mark.parametrize("kind", sorted(OURS))
def test_every_kind_and_every_field_of_it_is_explained(kind: str) -> None:
    cls = events.KINDS[kind]
    assert cls.__doc__
    assert not cls.__doc__.startswith(f"{cls.__name__}("), "dataclass has made it"
    assert make_docs.field_docs(cls).keys() == {one.name for one in fields(cls)}
    section = PAGE.partition(f"\n### {kind}\n")[2].partition("\n### ")[0]
    own = {one.name for one in fields(cls)} - {"time_ns", "step"}
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == own


def test_its_links_have_their_headings() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors


def ran(code: str, folder: Path) -> list[str]:
    argv = [sys.executable, "-c", code, str(folder)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_program_that_reads_events_does(tmp_path: Path) -> None:
    program, _ = blocks("python")
    assert ran(program, made.write(tmp_path)) == [
        "server: listen took 1.000 ms",
        "client: connect took 7.000 ms",
        "client: recv has not returned",
        "fault outage acted on 1 packets",
    ]
    assert "fault loss acted on 1 packets" in ran(program, OLD)


def test_the_program_that_reads_packets_does(tmp_path: Path) -> None:
    _, program = blocks("python")
    *_, last = ran(program, made.write(tmp_path))
    assert re.fullmatch(
        r"\d{19} client -> server 198\.18\.67\.3:40000 > .* len 5 dropped by fault .*", last
    )


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
def test_the_line_for_jq_does(tmp_path: Path) -> None:
    line = next(one for one in blocks("sh") if one.startswith("jq "))
    refused = events.Raised(name="ECONNREFUSED", errno=111)
    call = made.call(9, 1, "client", "connect", {"as": "c"}, began_ms=2, raised=refused)
    folder = made.write(tmp_path, [*made.half_open(), call])
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout == "client\tconnect\tECONNREFUSED\t7\n"
