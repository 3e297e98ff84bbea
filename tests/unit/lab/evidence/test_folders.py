"""Where the evidence of runs and tests goes: numbers, names, and what is removed again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.evidence import folders
from lab.pytest_plugin.evidence import name_of


def test_runs_are_numbered_and_one_that_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    results = tmp_path / "results"
    made = [folders.new_run(results, "refused") for _ in range(2)]
    assert made == [results / "refused" / "001", results / "refused" / "002"]
    (made[0] / "events.jsonl").touch()
    folders.discard(made[0])
    assert list(results.rglob("*")) == [results / "refused", made[1]]
    assert folders.new_run(results, "refused").name == "003"
    for number in ("002", "003"):
        folders.discard(results / "refused" / number)
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (Path("/proc/nowhere"), tmp_path / "file"):
        with pytest.raises(OSError, match=r"nowhere|file"):
            folders.new_run(place, "refused")


def test_runs_at_the_same_time_get_folders_of_their_own_whoever_removes_theirs(
    tmp_path: Path,
) -> None:
    def one(number: int) -> Path:
        folder = folders.new_run(tmp_path / "results", "refused")
        (folder / str(number)).touch(exist_ok=False)
        there = list(folder.iterdir())
        folders.discard(folder)
        assert [path.name for path in there] == [str(number)]
        return folder

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(one, range(60)))) == 60
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        ("test_time.py::test_it", "test_time.test_it"),
        ("tests/a/test_time.py::TestIt::test_it[a-b]", "tests.a.test_time.TestIt.test_it-a-b"),
        ("test_time.py::test_it[../../etc: \u00e9\n]", "test_time.test_it-......etc"),
        ("../x.py::y", "x.y"),
    ],
)
def test_the_folder_of_a_test_is_named_after_it(nodeid: str, name: str) -> None:
    assert name_of(nodeid) == name


def test_long_names_stay_apart() -> None:
    names = {name_of(f"test_time.py::test_it[{'x' * 300}{number}]") for number in range(3)}
    assert len(names) == 3
    assert {len(name) for name in names} == {100}
