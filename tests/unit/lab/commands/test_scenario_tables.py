"""The tables of calls and faults in docs/scenarios.md, and the lists elsewhere: as they are now."""

from pathlib import Path

import pytest

from lab.agent.wire import impairments
from lab.commands.scenario_tables import call_rows, fault_rows, renewed

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")


def test_they_are_fresh() -> None:
    command = "python -m lab.commands.scenario_tables docs/scenarios.md"
    assert renewed(PAGE) == PAGE, command


def test_an_old_row_is_replaced_and_a_missing_one_comes_back() -> None:
    row, other = fault_rows()[0], call_rows()[0]
    assert renewed(PAGE.replace(row, "| `old` | | |").replace(f"{other}\n", "")) == PAGE


@pytest.mark.parametrize("page", ["README.md", "docs/pytest.md"])
def test_every_impairment_is_named(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [name for name in impairments.names() if name not in text] == []
