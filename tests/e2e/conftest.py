"""A browser, and one installation for all browser tests of the run."""

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Tell with a failed test what each page showed."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.failed and call.when == "call" and browser is not None:
        for context in browser.contexts:
            report.sections += [("page", _shown(page)) for page in context.pages]
    return report


def _shown(page: Page) -> str:
    try:
        return f"{page.url}\n{page.locator('body').inner_text(timeout=2_000)[:2_000]}"
    except Error as error:
        return f"{page.url}\n{error}"
