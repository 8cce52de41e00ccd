"""Forms under what happens to people: a tunnel, an ended session, two people in one record."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.services.demo.market import PASSWORD
from tests.e2e.installation import Installation
from tests.e2e.people import Clerk

OFFSETS = """() => {
  const table = document.querySelector(".sku-matrix");
  const left = (one) => one.getBoundingClientRect().left;
  const heads = [...table.querySelectorAll("thead th")];
  return [...table.querySelectorAll("tbody tr")].flatMap((row) =>
    [...row.children].map((cell, place) => Math.abs(left(cell) - left(heads[place]))),
  );
}"""
LABELS = """() => [...document.querySelectorAll(".sku-matrix tbody td")].map((cell) => {
  const [label, input] = [cell.querySelector(".phone-label"), cell.querySelector("input, a")];
  const [over, under] = [label.getBoundingClientRect(), input.getBoundingClientRect()];
  const beside = over.bottom <= under.top + 1 || over.right <= under.left + 1;
  return label.textContent.trim() !== "" && over.height > 0 && beside;
})"""


@pytest.fixture
def supplier(installation: Installation, browser: Browser) -> Iterator[Clerk]:
    clerk = Clerk(browser, installation.origin, "en", "supplier@demo.example", "supplier/qingyao")
    yield clerk
    clerk.context.close()


def _edit(clerk: Clerk) -> Page:
    """Open the editor of a product with several SKUs."""
    page = clerk.page
    page.goto(f"{clerk.origin}/{clerk.workspace}/products?sort=title")
    page.locator("[data-row] a.cell-link").first.click()
    expect(page.locator("[data-fill-down=supply]")).to_be_visible()
    return page


def test_each_heading_stands_over_its_inputs(supplier: Clerk) -> None:
    page = _edit(supplier)
    for width in (1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert max(page.evaluate(OFFSETS)) <= 1, width
    page.set_viewport_size({"width": 390, "height": 900})
    labelled = page.evaluate(LABELS)
    assert labelled and all(labelled)


def test_filling_a_column_down_keeps_what_is_not_saved(supplier: Clerk) -> None:
    page = _edit(supplier)
    page.locator("[name=subtitle]").fill("Not saved yet")
    page.locator("[name=supply-0]").fill("88.80")
    page.locator("[data-fill-down=supply]").click()
    expect(page.locator("[name=supply-1]")).to_have_value("88.80")
    expect(page.locator("[name=subtitle]")).to_have_value("Not saved yet")
    assert supplier.complaints == []


def test_a_cut_network_and_a_reload_lose_nothing(supplier: Clerk) -> None:
    page = _edit(supplier)
    page.locator("[name=subtitle]").fill("Typed before the tunnel")
    with page.expect_event("websocket", lambda socket: "_event" in socket.url):
        supplier.context.set_offline(True)
        expect(page.locator(".offline")).to_be_visible()
        page.locator("[name=title_en]").fill("Typed in the tunnel")
        supplier.context.set_offline(False)
    expect(page.locator(".offline")).to_have_count(0)
    # What loads the page again has answered when the bell's menu does.
    page.locator("[data-console-palette]").click()
    expect(page.locator("[data-palette-input]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[name=subtitle]")).to_have_value("Typed before the tunnel")
    expect(page.locator("[name=title_en]")).to_have_value("Typed in the tunnel")
    page.reload()
    expect(page.locator("[name=subtitle]")).not_to_have_value("Typed before the tunnel")
    page.locator("[data-form-draft=restore]").click()
    expect(page.locator("[name=subtitle]")).to_have_value("Typed before the tunnel")
    expect(page.locator("[name=title_en]")).to_have_value("Typed in the tunnel")
    page.reload()
    page.locator("[data-form-draft=drop]").click()
    page.reload()
    expect(page.locator("[data-fill-down=supply]")).to_be_visible()
    expect(page.locator("[data-form-draft]")).to_have_count(0)


def test_a_session_that_ends_loses_nothing(installation: Installation, supplier: Clerk) -> None:
    page = supplier.page
    page.goto(f"{installation.origin}/{supplier.workspace}/freight")
    page.locator("[name=first_cents]").fill("9.75")
    page.locator("[name=extra-65]").fill("21.00")
    # The draft is kept a moment after the last key.
    page.wait_for_function("Object.keys(localStorage).some((name) => name.includes('freight'))")
    supplier.context.clear_cookies(name="ts_session")
    supplier.context.set_offline(True)
    expect(page.locator(".offline")).to_be_visible()
    supplier.context.set_offline(False)
    page.wait_for_url(re.compile("/login"))
    form = page.locator("form:has([type=email])")
    form.locator("[name=email]").fill("supplier@demo.example")
    form.locator("[name=password]").fill(PASSWORD)
    form.get_by_role("button", name=supplier.says("Sign in")).click()
    page.wait_for_url(re.compile("/freight"))
    page.locator("[data-form-draft=restore]").click()
    expect(page.locator("[name=first_cents]")).to_have_value("9.75")
    expect(page.locator("[name=extra-65]")).to_have_value("21.00")


def test_two_people_in_one_record_choose(
    installation: Installation, browser: Browser, supplier: Clerk
) -> None:
    colleague = Clerk(
        browser, installation.origin, "en", "supplier@demo.example", "supplier/qingyao"
    )
    for clerk in (supplier, colleague):
        clerk.page.goto(f"{installation.origin}/{clerk.workspace}/freight")
        expect(clerk.page.locator("[name=first_cents]")).to_be_visible()
    theirs, mine = colleague.page, supplier.page
    before = theirs.locator("[name=first_cents]").input_value()
    theirs.locator("[name=first_cents]").fill("11.00")
    theirs.locator("[name=extra-54]").fill("17.00")
    colleague.button("Save").click()
    colleague_saved = theirs.get_by_text(colleague.says("Saved. New orders pay this freight."))
    expect(colleague_saved).to_be_visible()
    mine.locator("[name=first_cents]").fill("12.00")
    mine.locator("[name=extra-65]").fill("18.00")
    supplier.button("Save").click()
    clash = mine.locator("[data-form=clashes]")
    expect(clash.locator(".clash")).to_have_count(1)
    expect(clash).to_contain_text("12.00")
    expect(clash).to_contain_text("11.00")
    clash.locator("[value=mine]").check()
    supplier.button("Save what I chose").click()
    expect(mine.locator("[name=extra-54]")).to_have_value("17.00")
    expect(mine.locator("[name=extra-65]")).to_have_value("18.00")
    expect(mine.locator("[name=first_cents]")).to_have_value("12.00")
    assert not mine.evaluate("Object.keys(localStorage).some((name) => name.includes('freight'))")
    mine.locator("[name=first_cents]").fill(before)
    for extra in ("54", "65"):
        mine.locator(f"[name=extra-{extra}]").fill("")
    supplier.button("Save").click()
    expect(mine.locator("[name=extra-54]")).to_have_value("")
    colleague.context.close()
