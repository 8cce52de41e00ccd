"""Every kind of chart in a real browser: something is drawn, nothing leaves, nothing complains.

The demo market has not figures for all kinds, so that panels of every kind are put into what the
server sends; all that follows is the page's own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from reflex_base.utils.format import json_dumps

from app.analytics.charts import Reader, draw
from app.analytics.results import Panel
from app.analytics.views import Comparison
from state.platform.dashboard import PlatformDashboard
from tests import boards
from tests.e2e.installation import Installation
from tests.e2e.wire import Walk, Walker

PATH = "/platform/main/dashboard"
PATIENCE = 20_000
_STATE = PlatformDashboard.get_full_name()


def _drawn() -> list[dict[str, Any]]:
    reader = Reader("zh_CN", at=boards.AT, comparison=Comparison.WEEKDAY)
    return json.loads(json_dumps([draw(panel, reader) for panel in boards.EVERY]))


def _with_every_panel(message: str | bytes) -> str | bytes:
    """Return what the server sends with panels of every kind in the place of its own."""
    if not isinstance(message, str) or '"panels' not in message:
        return message
    start = message.index("[")
    event = json.loads(message[start:])
    for part in event:
        figures = part.get("delta", {}).get(_STATE, {}) if isinstance(part, dict) else {}
        for key in figures:
            if key.startswith("panels") and figures[key]:
                figures[key] = _drawn()
    return message[:start] + json.dumps(event)


def _between(route: WebSocketRoute) -> None:
    server = route.connect_to_server()
    server.on_message(lambda message: route.send(_with_every_panel(message)))


@dataclass(frozen=True)
class Seen:
    """The page with all panels, and what it asked and complained of until it stood."""

    page: Page
    walk: Walk


@pytest.fixture(scope="module")
def seen(installation: Installation, browser: Browser) -> Iterator[Seen]:
    """Open the platform's dashboard once; axe looks at it in both themes."""
    token = installation.sign_in("platform@demo.example")
    walker = Walker(browser, installation, token, "/platform/main")
    walker.page.route_web_socket("**/_event/**", _between)
    walker.visit(PATH)
    expect(walker.page.locator(".plot[data-chart-drawn]").first).to_be_visible(timeout=PATIENCE)
    yield Seen(walker.page, walker.walk)
    walker.close()


_SHAPES = {
    "trend": (".plot .scatterlayer path.js-line", 3),
    "lines": (".plot .scatterlayer path.js-line", 2),
    "forecast": (".plot .scatterlayer path.js-fill", 1),
    "columns": (".plot .barlayer .point path", 10),
    "bars": (".gauge-fill", 2),
    "funnel": (".gauge-fill", 2),
    "cohort": (".cohorts tbody td", 6),
    "segments": (".segment-tile", 2),
    "ranking": (".figures .spark-line", 1),
    "table": (".figures tbody td", 4),
}
"""Kind → what is drawn of it, and at least how much."""


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
def test_something_is_drawn(seen: Seen, panel: Panel) -> None:
    place = seen.page.locator(f"[data-chart-panel={panel.name}]")
    shape, least = _SHAPES[panel.chart]
    expect(place.locator(shape).first).to_be_attached(timeout=PATIENCE)
    assert place.locator(shape).count() >= least
    box = place.bounding_box()
    assert box is not None
    assert box["height"] > 100
    inked = place.locator(shape).first.evaluate(
        "one => { const s = getComputedStyle(one); return [s.stroke, s.fill, s.backgroundColor]; }"
    )
    assert any(colour.startswith(("rgb(", "rgba(", "color(")) for colour in inked), inked


def test_no_request_leaves_the_machine(seen: Seen) -> None:
    assert not seen.walk.foreign


def test_the_page_does_not_complain(seen: Seen) -> None:
    assert not seen.walk.complaints


def test_nothing_serious_bars_anybody(seen: Seen) -> None:
    assert not seen.walk.barriers


def test_names_that_merchants_choose_are_texts(seen: Seen) -> None:
    assert seen.page.locator("[data-chart-panel=category] b", has_text="棉").count() == 0
    expect(seen.page.locator("[data-chart-panel=category]")).to_contain_text("<b>棉</b>")


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
def test_every_kind_becomes_a_picture(seen: Seen, panel: Panel) -> None:
    page = seen.page
    page.locator(f"[data-chart-panel={panel.name}] .panel-tools .icon-btn").first.click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("[data-chart-png]").click()
    expect(page.locator("[data-chart-png]")).to_have_count(0)
    content = download.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 4_000


def test_a_panel_fills_the_window_and_goes_back(seen: Seen) -> None:
    page = seen.page
    panel = page.locator("[data-chart-panel=sales]")
    before = panel.locator(".main-svg").first.bounding_box()
    panel.locator("[data-chart-fill]").click()
    expect(page.locator("[data-chart-full]")).to_have_count(1)
    page.wait_for_function(
        "height => document.querySelector('[data-chart-full] .main-svg')"
        ".getBoundingClientRect().height > height",
        arg=(before or {}).get("height", 0),
        timeout=PATIENCE,
    )
    page.keyboard.press("Escape")
    expect(page.locator("[data-chart-full]")).to_have_count(0)


def test_a_figure_says_what_it_means_to_the_keyboard_too(seen: Seen) -> None:
    button = seen.page.locator(".kpi-box .about").first
    button.focus()
    expect(seen.page.locator(".tip")).to_be_visible()
    assert "Asia/Shanghai" in (button.get_attribute("aria-label") or "")
    seen.page.keyboard.press("Escape")
    expect(seen.page.locator(".tip")).to_be_hidden()


# With the page's own figures ---------------------------------------------------------------------


@pytest.fixture
def page(installation: Installation, browser: Browser) -> Iterator[Page]:
    """Open the dashboard of the demo's platform with its own figures."""
    token = installation.sign_in("platform@demo.example")
    walker = Walker(browser, installation, token, "/platform/main")
    walker.page.goto(f"{installation.origin}{PATH}")
    _settled(walker.page)
    yield walker.page
    assert not walker.walk.complaints
    walker.close()


def _settled(page: Page) -> None:
    page.wait_for_function(
        "() => document.querySelector('.board[aria-busy=false] [data-chart-panel]')",
        timeout=PATIENCE,
    )


def test_from_a_bar_to_a_filter_and_back(page: Page) -> None:
    bar = page.locator("[data-chart-panel=category] button.gauge-row").first
    name = bar.locator(".gauge-label").inner_text()
    bar.click()
    page.locator("[data-menu=narrow]").click()
    page.wait_for_url("**category=**", timeout=PATIENCE)
    expect(page.locator(".narrowing b")).to_have_text(name, timeout=PATIENCE)
    _settled(page)
    page.locator("main h1").click()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "category=" not in url, timeout=PATIENCE)
    expect(page.locator(".narrowing")).to_have_count(0, timeout=PATIENCE)
    page.go_back()
    expect(page.locator(".narrowing b")).to_have_text(name, timeout=PATIENCE)


def test_from_a_bar_to_its_rows_and_back_to_the_same_view(page: Page) -> None:
    page.locator("[data-tool=days]").click()
    page.locator('[data-preset="90d"]').click()
    page.wait_for_url("**period=90d**", timeout=PATIENCE)
    _settled(page)
    bar = page.locator("[data-chart-panel=category] button.gauge-row").first
    # Enter on the keyboard does what a click does.
    bar.focus()
    page.keyboard.press("Enter")
    page.locator("[data-menu=rows]").click()
    page.wait_for_url("**/orders?**category=**", timeout=PATIENCE)
    expect(page.locator("main tbody tr").first).to_be_visible(timeout=PATIENCE)
    page.go_back()
    page.wait_for_url("**/dashboard?**period=90d**", timeout=PATIENCE)
    _settled(page)


def test_a_point_is_chosen_with_arrow_keys(page: Page) -> None:
    plot = page.locator("[data-chart-panel=sales] .plot[data-chart-drawn]")
    plot.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("[data-menu=rows]")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(page.locator("[data-menu=rows]")).to_have_count(0)
    expect(plot).to_be_focused()


def test_todays_figures_are_read_again_while_one_looks(
    installation: Installation, browser: Browser
) -> None:
    """Ticks come while the page is seen, none while it is hidden, and none when it was left."""
    token = installation.sign_in("platform@demo.example")
    walker = Walker(browser, installation, token, "/platform/main")
    page = walker.page
    page.clock.install()
    sent: list[str] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda data: sent.append(str(data))))
    page.goto(f"{installation.origin}{PATH}")
    _settled(page)

    def ticks() -> int:
        return sum("dashboard.tick" in frame for frame in sent)

    page.clock.run_for(31_000)
    expect(page.locator("[data-live]")).to_be_visible(timeout=PATIENCE)
    assert ticks() == 1
    page.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})"
    )
    page.clock.run_for(90_000)
    assert ticks() == 1
    page.evaluate("delete document.visibilityState")
    page.locator('[data-page="orders"]').click()
    page.wait_for_url("**/orders", timeout=PATIENCE)
    expect(page.locator("[data-chart-panel]")).to_have_count(0, timeout=PATIENCE)
    known = ticks()
    page.clock.run_for(90_000)
    assert ticks() == known
    walker.close()
