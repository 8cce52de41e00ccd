"""No text is cut and no page is wider than the screen: all pages, both languages, three widths."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from state.nav import NAV
from tests.e2e.installation import Installation
from tests.e2e.people import PATIENCE, Clerk

WIDTHS = (390, 1440, 1920)
LANGUAGES = ("en", "zh")
LONG = "Lieferanweisungohneleerzeichen" * 12
"""A word of 360 letters, as somebody pastes it into a note."""

CUT = """() => {
  const root = document.documentElement, found = [];
  const name = (e) => e.tagName.toLowerCase() + '.' + (e.getAttribute('class') || '')
    + ': ' + (e.innerText || '').replace(/\\s+/g, ' ').slice(0, 60);
  const shown = (e) => { const box = e.getBoundingClientRect();
    return box.width > 2 && box.height > 2 && getComputedStyle(e).visibility !== 'hidden'; };
  if (root.scrollWidth > innerWidth + 1) {
    const wide = [...document.querySelectorAll('body *')].filter((e) => shown(e)
      && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.sr-only, .side'));
    found.push(`the page is ${root.scrollWidth} px wide: ${wide.slice(0, 2).map(name)}`);
  }
  for (const e of document.querySelectorAll('body *')) {
    if (!shown(e) || e.closest('svg, .js-plotly-plot')) continue;
    const style = getComputedStyle(e);
    const over = e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 2;
    const words = e.innerText && e.innerText.trim();
    if (/hidden|clip/.test(style.overflowX) && over && words) found.push(`cut: ${name(e)}`);
    const high = e.scrollHeight > e.clientHeight + 2 && e.clientHeight > 2 && words;
    if (style.webkitLineClamp !== 'none' && high) found.push(`clamped: ${name(e)}`);
    // A table of figures may be moved on a phone; a list never has to be.
    const movable = e.matches('.figures-wrap, .frames, .thumbs') && innerWidth < 500;
    if (/auto|scroll/.test(style.overflowX) && over && words && !movable
        && !e.matches('textarea, .area, pre')) found.push(`pushed out of view: ${name(e)}`);
  }
  return found;
}"""


def measured(page: Page) -> list[str]:
    """Return what is cut on the page as it stands, at each width."""
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844 if width < 500 else 900})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
        found += [f"{width} px: {fault}" for fault in page.evaluate(CUT)]
    return found


@pytest.fixture
def clerk(
    request: pytest.FixtureRequest, installation: Installation, browser: Browser
) -> Iterator[Clerk]:
    email, workspace = request.param
    someone = Clerk(browser, installation.origin, "en", email, workspace)
    yield someone
    someone.context.close()


@pytest.mark.parametrize(
    "clerk",
    [
        ("platform@demo.example", "platform/main"),
        ("supplier@demo.example", "supplier/qingyao"),
        ("distributor@demo.example", "distributor/muxia"),
    ],
    indirect=True,
    ids=lambda value: value[1].split("/")[0],
)
def test_no_list_card_or_badge_is_cut_in_either_language(clerk: Clerk) -> None:
    faults: list[str] = []
    for item in NAV[clerk.workspace.split("/")[0]]:
        clerk.visit(item.page)
        for language in LANGUAGES:
            clerk.page.evaluate(f"window.chooseLanguage('{language}')")
            clerk.page.wait_for_timeout(150)
            faults += [f"{language} {item.page} {fault}" for fault in measured(clerk.page)]
    assert faults == []


@pytest.mark.parametrize(
    "clerk", [("platform@demo.example", "platform/main")], indirect=True, ids=[""]
)
def test_a_long_unbroken_text_makes_no_page_wider(clerk: Clerk, installation: Installation) -> None:
    change = "update orders set buyer_note = %s where number = %s"
    street = (
        "update order_addresses set street = %s"
        " where order_id = (select id from orders where number = %s)"
    )
    with installation.engine() as connection:
        connection.execute("reset role")
        row = connection.execute(
            "select o.number, o.buyer_note, a.street from orders o"
            " join order_addresses a on a.order_id = o.id order by o.number limit 1"
        ).fetchone()
        assert row is not None
        number, note, address = row
        try:
            connection.execute(change, [LONG[:200], number])
            connection.execute(street, [LONG[:160], number])
            connection.commit()
            clerk.visit(f"orders/{number}")
            assert LONG[:200] in clerk.page.locator("main").inner_text()
            assert measured(clerk.page) == []
        finally:
            connection.execute(change, [note, number])
            connection.execute(street, [address, number])
            connection.commit()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_stores_and_account_pages_is_cut(
    installation: Installation, browser: Browser, language: str
) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "ts_lang", "value": language, "url": installation.origin}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    paths = ["/login", "/register", "/forgot", "/s/muxia", "/s/muxia/search?q=a"]
    paths += ["/s/muxia/cart", "/s/muxia/orders/find", "/s/muxia/login", "/s/none"]
    page.goto(f"{installation.origin}/s/muxia")
    product = page.locator("a[href*='/p/']").first.get_attribute("href")
    assert product is not None
    faults: list[str] = []
    for path in [*paths, product]:
        page.goto(f"{installation.origin}{path}")
        faults += [f"{path} {fault}" for fault in measured(page)]
    context.close()
    assert faults == []
