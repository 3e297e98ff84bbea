"""Labels stand beside the bars of hosts, never over them: measured in a real browser."""

from pathlib import Path

import pytest

from lab.evidence.events import End, HostUp, ProgramStarted, WaitOutcome
from tests import made_evidence as made
from tests.browser.conftest import Opened

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
PAGES = sorted(path for path in GALLERY.glob("*.html") if path.stem != "index")
# The words of a row begin or end a little beside a bar: a pixel is the fonts' own rounding.
_OVERLAPS = """() => {
  const bars = [...document.querySelectorAll('#bars rect')];
  const over = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
    && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1;
  const found = [];
  for (const text of document.querySelectorAll('#rows > .row > text:not(.time)'))
    for (const word of text.querySelectorAll('tspan'))
      for (const bar of bars)
        if (over(word.getBoundingClientRect(), bar.getBoundingClientRect()))
          found.push(`${text.textContent.trim()} over ${bar.dataset.for}`);
  return found;
}"""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_label_lies_over_a_bar(opened: Opened, path: Path) -> None:
    page = opened.open(path)
    assert page.locator("#bars rect").count()
    assert page.evaluate(_OVERLAPS) == []


SCENARIO = """\
title: One host
shows: a program, and what is waited for meanwhile
hosts: [alone]
steps:
  - {on: alone, run: sleep 1, later: nap}
  - {wait: {output: awake, of: nap}, within: 1s}
"""


def test_what_belongs_to_no_host_stands_beside_the_only_lane(
    opened: Opened, tmp_path: Path
) -> None:
    began, *_ = made.start("alone")
    nap = ProgramStarted(step=0, name="nap", host="alone", argv=("sleep", "1"))
    events = [
        began,
        made.at(-2, HostUp(host="alone", addresses=("198.18.67.3",))),
        made.at(1, nap),
        made.at(500, WaitOutcome(step=1, held=True, count=1, unit="times")),
        made.program(1000, nap.argv, began_ms=1, host="alone", name="nap"),
        made.at(1050, End()),
    ]
    page = opened.show(made.write(tmp_path / "one" / "001", events, [], scenario=SCENARIO))
    assert page.locator("#bars rect").count()
    assert page.evaluate(_OVERLAPS) == []
