"""Links that leave the console arrive, and files come down, from every page of each workspace."""

import os
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from app import routes
from app.services.sessions import COOKIE
from state.nav import NAV
from tests.e2e.installation import Installation

DEEP = bool(os.environ.get("TONGSHANG_DEEP"))
PLACES = (
    ("platform@demo.example", "platform/main"),
    ("supplier@demo.example", "supplier/qingyao"),
    ("distributor@demo.example", "distributor/muxia"),
)
_READY = (
    "() => document.querySelector('main h1') && !document.querySelector('main .skeleton')"
    " && !document.querySelector('main [aria-busy=true]')"
)


def _pages(scope: str) -> list[str]:
    pages = [item.page for item in NAV[scope]]
    return pages if DEEP else [page for page in pages if page in ("orders", "stores", "imports")]


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(_READY)


def _check_files(page: Page) -> int:
    """Save each file that a page offers; return how many came."""
    count = 0
    triggers = page.locator("main button[aria-haspopup=dialog]:visible")
    for place in range(triggers.count()):
        triggers.nth(place).click()
        links = page.locator(".popover a[href^='/download/']:visible")
        for number in range(links.count()):
            if not links.count():
                # Choosing a file closes some of the menus.
                triggers.nth(place).click()
            with page.expect_download() as coming:
                links.nth(number).click()
            assert coming.value.failure() is None, coming.value.url
            count += 1
        page.keyboard.press("Escape")
    for link in page.locator("main a[href^='/download/']:visible").all():
        with page.expect_download() as coming:
            link.click()
        assert coming.value.failure() is None, coming.value.url
        count += 1
    return count


@pytest.mark.parametrize(("email", "place"), PLACES)
def test_files_of_every_page_arrive(
    installation: Installation, browser: Browser, email: str, place: str
) -> None:
    context = browser.new_context(locale="zh-CN", accept_downloads=True)
    context.add_cookies(
        [{"name": COOKIE, "value": installation.sign_in(email), "url": installation.origin}]
    )
    page = context.new_page()
    came = 0
    for name in _pages(place.split("/", maxsplit=1)[0]):
        _open(page, f"{installation.origin}/{place}/{name}")
        came += _check_files(page)
        assert urlsplit(page.url).path == f"/{place}/{name}"
    assert came >= 2
    context.close()


@pytest.mark.parametrize("address", ["/me", routes.WORKSPACES, routes.APPLY])
def test_links_out_of_the_console_arrive(
    installation: Installation, browser: Browser, address: str
) -> None:
    context = browser.new_context(locale="zh-CN")
    token = installation.sign_in("both@demo.example")
    context.add_cookies([{"name": COOKIE, "value": token, "url": installation.origin}])
    page = context.new_page()
    _open(page, f"{installation.origin}/supplier/heguang/orders")
    page.click("[data-console-switcher]" if address == routes.APPLY else ".switcher.user")
    with page.expect_navigation():
        page.click(f".popover a[href='{address}']")
    # The account's own address leads on to its first page.
    assert urlsplit(page.url).path == {"/me": "/me/profile"}.get(address, address)
    context.close()
