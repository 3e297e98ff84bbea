"""docs/catalogue.md: made from the files, and as new as they are."""

import re
from pathlib import Path

from lab.commands.catalogue_page import page
from lab.scenario import catalogue
from lab.scenario.reader import read

ROOT = Path(__file__).parents[4]
FILE = ROOT / "docs" / "catalogue.md"
HEAD = "title: A | B\nshows: what is seen\nreproduces: [EPIPE, late]\nhosts: [a]\nsteps:\n"


def test_it_is_fresh() -> None:
    made = page([read(path) for path in catalogue.paths()])
    assert FILE.read_text(encoding="utf-8") == made, "lab list --markdown > docs/catalogue.md"


def test_every_scenario_is_there_once_and_its_link_leads_to_it() -> None:
    links = re.findall(r"^\| \[(\S+)\]\((\S+)\)", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in links] == [path.stem for path in catalogue.paths()]
    for name, link in links:
        assert (FILE.parent / link).resolve().name == f"{name}.yaml"
        assert (FILE.parent / link).exists()


def test_a_row_has_what_the_file_says_and_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    step = "  - {on: a, call: socket, as: s}\n"
    path.write_text(f"# Linux differs from\n# the page here.\n{HEAD}{step}", encoding="utf-8")
    row = page([read(path)]).splitlines()[-1]
    seen = "what is seen. Linux differs from the page here."
    assert row == f"| [x]({path}) | A \\| B | {seen} | `EPIPE`, late |"
