"""A real browser for the tests of pages: Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lab import report
from tests import installed


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start it once; skip, and say what is missing, where there is none."""
    program = installed.require("chromium")
    # Its own sandbox cannot be set up by root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page in the browser, and what it complained about or asked for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, file: Path) -> Page:
        """Show a file."""
        self.page.goto(file.as_uri())
        return self.page

    def show(self, folder: Path) -> Page:
        """Make the page of a run, and show it."""
        return self.open(report.write(folder))


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Give a new page; it must neither complain nor ask for anything but itself."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    opened = Opened(page)
    page.on("console", lambda message: opened.errors.append(message.text))
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    yield opened
    page.close()
    assert opened.errors == []
    foreign = [url for url in opened.requests[1:] if not url.startswith(("data:", "file:"))]
    assert foreign == []
