"""A history comes in through the wizard, clicked through as the platform's people do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.installation import Installation
from tests.e2e.people import Clerk
from tests.integration.history import MAPPING, SAMPLE


@pytest.fixture
def operator(installation: Installation, browser: Browser) -> Iterator[Clerk]:
    clerk = Clerk(browser, installation.origin, "en", "platform@demo.example", "platform/main")
    yield clerk
    clerk.context.close()


def test_from_the_files_to_the_report(installation: Installation, operator: Clerk) -> None:
    page = operator.page
    with installation.undisturbed():
        page.goto(f"{installation.origin}/platform/main/imports")
        page.locator("[data-action=start]").click()
        files = sorted(SAMPLE.glob("*.csv"))
        page.locator("[data-console-send-files]").set_input_files(files)
        expect(page.locator("[data-file]")).to_have_count(len(files))
        expect(page.locator("[data-file='order_items.csv']")).to_contain_text("Not read")
        page.locator("[data-console-fills]").set_input_files(MAPPING)
        # What the mapping makes of each file shows at once.
        expect(page.locator("[data-file='order_items.csv']")).to_contain_text("Order lines")
        page.locator("[data-action=check]").click()
        page.locator("[data-action=carry_on]").click(timeout=60_000)
        operator.sees("Nothing is written yet")
        page.locator("[data-form=carry_on]").get_by_role("button", name="Import now").click()
        expect(page.locator("main")).to_contain_text("Imported", timeout=60_000)
        expect(page.locator("main h1")).to_contain_text("olist")
    expect(page.locator("[data-action=resume]")).to_have_count(0)
    assert operator.complaints == []
