"""Which ids a lab gets, of what is written in files, and what is said where there are none."""

import os
from pathlib import Path

import pytest

from lab.engines.namespaces import diagnostics, idmap
from lab.engines.namespaces.idmap import Range
from lab.errors import UnsupportedError


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["me:100000:65536"], Range(100000, 65535)),
        (["1000:100000:65536"], Range(100000, 65535)),
        (["other:1:65536", "me:300000:65535"], Range(300000, 65535)),
        (["me:100000:1000", "me:300000:70000"], Range(300000, 65535)),
        (["me:100000:1000"], None),
        (["mee:100000:65536", "# me:1:65536", "", "me", "me:", "me:x:65536", "me:1:y"], None),
        ([], None),
    ],
)
def test_range_is_the_first_of_the_user_that_is_long_enough(
    lines: list[str], expected: Range | None
) -> None:
    assert idmap.in_file(lines, "me", 1000) == expected


@pytest.fixture
def ordinary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine where an ordinary user asks, with files of its own."""
    monkeypatch.setattr(os, "geteuid", lambda: 64399)
    monkeypatch.setattr(idmap, "_FILES", (str(tmp_path / "subgid"), str(tmp_path / "subuid")))
    monkeypatch.setattr(idmap, "_PATH", str(tmp_path))
    return tmp_path


def installed(folder: Path) -> None:
    for name in ("newuidmap", "newgidmap"):
        (folder / name).touch(0o755)


def test_missing_program_is_said_with_its_package(ordinary: Path) -> None:
    with pytest.raises(UnsupportedError) as raised:
        idmap.ranges()
    said = "newuidmap is not installed: sudo apt-get install uidmap"
    assert (str(raised.value), list(ordinary.iterdir())) == (said, [])


def test_missing_range_is_said_with_the_command_that_gives_one(ordinary: Path) -> None:
    installed(ordinary)
    (ordinary / "subgid").write_text("64399:400000:65536\n")
    finding = diagnostics.other_users()
    assert (finding.ok, finding.required) == (False, False)
    assert finding.seen == f"{ordinary}/subuid has no 65535 ids of 64399"
    assert finding.remedy == (
        "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 64399"
    )


def test_range_of_both_files_is_taken(ordinary: Path) -> None:
    installed(ordinary)
    (ordinary / "subgid").write_text("64399:400000:65536\n")
    (ordinary / "subuid").write_text("64399:300000:65536\n")
    assert idmap.ranges() == (Range(400000, 65535), Range(300000, 65535))
    assert diagnostics.other_users().ok


def test_inner_map_has_each_id_once_and_swaps_root_and_lab() -> None:
    mapped = {}
    for line in idmap.inner().splitlines():
        inside, outside, count = map(int, line.split())
        for n in range(count):
            assert inside + n not in mapped
            mapped[inside + n] = outside + n
    assert sorted(mapped) == sorted(mapped.values()) == list(range(65536))
    assert {inside: out for inside, out in mapped.items() if inside != out} == {0: 800, 800: 0}
