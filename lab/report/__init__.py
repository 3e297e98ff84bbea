"""The page of a run: one HTML file that shows what happened, from the evidence alone."""

from pathlib import Path


def write(folder: Path, output: Path | None = None) -> Path:
    """Write the page of the run in `folder` and return its path: `report.html` there, or `output`.

    Damaged evidence gives a page that says what is missing. EvidenceError when `folder` holds no
    evidence at all; OSError when the page cannot be written.
    """
    # Templates take a while to load, and who only runs tests does not need them.
    from lab.report import page, reading  # noqa: PLC0415

    path = folder / "report.html" if output is None else output
    path.write_text(page.render(reading.read(folder)), encoding="utf-8")
    return path
