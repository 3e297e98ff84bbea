"""The page of a run: one HTML file that shows what happened, from the evidence alone.

Templates take a while to load, and who only runs scenarios needs none: hence imports within.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def write(folder: Path, output: Path | None = None) -> Path:
    """Write the page of the run in `folder` and return its path: `report.html` there, or `output`.

    Damaged evidence gives a page that says what is missing. EvidenceError when `folder` holds no
    evidence at all; OSError when the page cannot be written.
    """
    from lab.evidence import files  # noqa: PLC0415
    from lab.report import page, reading  # noqa: PLC0415

    path = output
    if path is None:
        path = folder / "report.html"
        files.refuse_special(path)
    with _no_collections():
        page.write(path, page.render(reading.read(folder)))
    return path


@contextmanager
def _no_collections() -> Iterator[None]:
    """Look for no cycles: of a million objects that all stay, that is a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def write_index(results: Path) -> Path:
    """Write an overview of all runs in a folder of results, and the pages that they lack.

    Returns its path, `index.html` there. EvidenceError when there are no runs.
    """
    from lab.report import index  # noqa: PLC0415

    return index.write_index(results)


def write_gallery(folders: Iterable[Path], into: Path) -> Path:
    """Write the pages of runs, and an overview of them, into one folder; return the overview's."""
    from lab.report import index  # noqa: PLC0415

    return index.write_gallery(folders, into)
