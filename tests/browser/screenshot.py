"""Takes the README's picture of a page: python -m tests.browser.screenshot PAGE PNG."""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from lab import optional

_WIDTH, _HEIGHT = 1280, 840


def main(page: str, png: str) -> int:
    """Show the page in Chromium, and write what is seen of it; return the exit status."""
    chromium = optional.program("chromium")
    program = chromium.path()
    if program is None:
        print(f"screenshot: chromium is not installed: {chromium.remedy}", file=sys.stderr)  # noqa: T201
        return 2
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        shown = browser.new_page(
            viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light"
        )
        shown.goto(Path(page).resolve().as_uri())
        # The controls are of no use on a picture.
        shown.add_style_tag(content=".filters, #copy { display: none !important }")
        shown.screenshot(path=png)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
