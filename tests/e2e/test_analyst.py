"""An analyst at work: narrow a dashboard, go to the rows and back, ask, save, pin, and mail it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.installation import Installation
from tests.e2e.people import Clerk

HOME = "/platform/main"


@pytest.fixture
def analyst(installation: Installation, browser: Browser) -> Iterator[Clerk]:
    clerk = Clerk(browser, installation.origin, "en", "platform@demo.example", "platform/main")
    yield clerk
    assert clerk.complaints == []
    clerk.context.close()


def opened(clerk: Clerk, path: str) -> None:
    clerk.page.goto(f"{clerk.origin}{HOME}/{path}")
    settled(clerk)


def settled(clerk: Clerk) -> None:
    """Wait for the figures; those that come close the menu of a point that was open before."""
    expect(clerk.page.locator("[aria-busy=false].board")).to_be_visible()


def first_bar(clerk: Clerk, panel: str) -> Locator:
    return clerk.page.locator(f"[data-chart-panel={panel}] .gauge-row").first


def test_a_bar_narrows_the_figures_and_leads_to_its_rows_and_back(analyst: Clerk) -> None:
    page = analyst.page
    opened(analyst, "dashboard")
    paid = page.locator("[data-measure=gmv_paid]")
    before = paid.get_attribute("data-exact")
    first_bar(analyst, "province").click()
    page.locator("[data-menu=narrow]").click()
    expect(page).to_have_url(re.compile(r"[?&]province="))
    expect(page.locator("[data-chart-chip=province]")).to_be_visible()
    expect(paid).not_to_have_attribute("data-exact", before or "")
    narrowed = page.url
    # Back and forward are the browser's own.
    page.go_back()
    expect(page.locator("[data-chart-chip=province]")).to_have_count(0)
    expect(paid).to_have_attribute("data-exact", before or "")
    page.go_forward()
    expect(page).to_have_url(narrowed)
    expect(page.locator("[data-chart-chip=province]")).to_be_visible()
    expect(paid).not_to_have_attribute("data-exact", before or "")
    settled(analyst)
    first_bar(analyst, "category").click()
    page.locator("[data-menu=rows]").click()
    expect(page).to_have_url(re.compile(r"/orders\?.*category=.*"))
    assert "province=" in page.url
    expect(page.locator("main table tbody tr").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(narrowed)
    expect(page.locator("[data-chart-chip=province]")).to_be_visible()


def test_a_question_is_asked_saved_pinned_and_mailed(analyst: Clerk) -> None:
    page = analyst.page
    opened(analyst, "explore?period=90d")
    page.locator("[data-measure-option=paid_orders]").click()
    page.locator("[data-divide=province]").click()
    page.locator("[data-choice=grain]").select_option("")
    page.locator("[data-choice=rows]").select_option("10")
    expect(page).to_have_url(re.compile("by=province.*rows=10|rows=10.*by=province"))
    assert "period=90d" in page.url
    expect(page.locator("[data-chart-panel=answer] tbody tr")).to_have_count(8)
    asked = page.url
    page.reload()
    expect(page.locator("[data-divide=province][aria-pressed=true]")).to_be_visible()
    expect(page).to_have_url(asked)

    page.locator("[data-action=save-new]").click()
    form = page.locator("[data-form=save-analysis]")
    form.locator("[name=name]").fill("Regions at a glance")
    form.locator("label:has([name=is_pinned])").click()
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form).to_have_count(0)
    expect(page).to_have_url(re.compile("analysis="))

    page.locator("[data-action=schedule]").click()
    expect(page).to_have_url(re.compile("/reports"))
    report = page.get_by_role("dialog")
    report.locator("[name=name]").fill("Regions, weekly")
    report.locator("button[type=submit]").click()
    expect(report).to_have_count(0)
    analyst.sees("Regions, weekly")
    opened(analyst, "dashboard")
    expect(page.locator("[data-chart-panel^='pin-']")).to_contain_text("Regions at a glance")


def test_a_switch_of_the_language_says_everything_anew(analyst: Clerk) -> None:
    page = analyst.page

    def tile(name: str) -> Locator:
        return page.locator(".kpi-label").get_by_text(name, exact=True)

    def option(name: str) -> Locator:
        return page.get_by_role("checkbox", name=name, exact=True)

    for path, named in (("dashboard", tile), ("explore?period=90d", option)):
        opened(analyst, path)
        expect(named("GMV incl. freight")).to_be_visible()
        page.locator("button.lang").click()
        expect(named("成交额（含运费）")).to_be_visible()
        page.locator("button.lang").click()
        expect(named("GMV incl. freight")).to_be_visible()
