"""A browser, and one installation for all browser tests of the run."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.installation import Installation, shared


@pytest.fixture(scope="session")
def installation(chromium: str, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Return the running installation with the demo market; skipped where no browser is."""
    del chromium
    worker = getattr(request.config, "workerinput", None)
    run = worker["testrunuid"] if worker else f"pid-{os.getpid()}"
    with shared(run) as found:
        yield found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Return a browser that asks nothing of the world by itself."""
    flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield opened
        opened.close()
