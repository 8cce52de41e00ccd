"""The people of the whole path, each with a browser of their own, and what they do there."""

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app.kit.i18n import gettext
from app.services.demo.market import PASSWORD
from tests.e2e.trade import Part, yuan

PATIENCE = 30_000
"""How long something may take to appear, in ms: the machine may be busy."""
COURIER_PATIENCE = 60
"""Within how many seconds the courier's first word must be there; the worker fetches it."""
expect.set_options(timeout=PATIENCE)
PHONE = {"width": 390, "height": 844}
_READY = (
    "() => document.querySelector('main h1') && !document.querySelector('main .skeleton')"
    " && !document.querySelector('main [aria-busy=true]')"
)


def today() -> str:
    """Return the business day."""
    return f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"


class Person:
    """Somebody at a screen, who reads one language."""

    def __init__(self, browser: Browser, origin: str, locale: str, *, phone: bool = False) -> None:
        self.origin, self.locale = origin, locale
        self.context: BrowserContext = browser.new_context(
            locale=locale.replace("_", "-") if locale != "en" else "en-US",
            viewport=PHONE if phone else {"width": 1440, "height": 900},
            is_mobile=phone,
            has_touch=phone,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error}"))

    def says(self, message: str, **params: object) -> str:
        """Return a text of the product in this person's language."""
        return gettext(self.locale, message, **params)

    def button(self, message: str, within: Locator | None = None) -> Locator:
        """Return the button with a text."""
        return (within or self.page).get_by_role("button", name=self.says(message), exact=True)

    def sees(self, *texts: str) -> None:
        """Check that texts stand in the page's main part."""
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)


class Clerk(Person):
    """Somebody who works in a workspace of the console."""

    def __init__(
        self, browser: Browser, origin: str, locale: str, email: str, workspace: str
    ) -> None:
        super().__init__(browser, origin, locale)
        self.workspace = workspace
        self._sign_in(email)

    def _sign_in(self, email: str) -> None:
        self.page.goto(f"{self.origin}/login")
        form = self.page.locator("form:has([type=email])")
        form.locator("[name=email]").fill(email)
        form.locator("[name=password]").fill(PASSWORD)
        form.get_by_role("button", name=self.says("Sign in")).click()
        self.page.wait_for_url(re.compile(r"/(platform|supplier|distributor|workspaces)\b"))

    def visit(self, path: str) -> None:
        """Open a page of the workspace and wait until it stands."""
        self.page.goto(f"{self.origin}/{self.workspace}/{path}")
        self.page.wait_for_function(_READY, timeout=2 * PATIENCE)

    def search(self, page: str, words: str) -> None:
        """Open a list and type into its search."""
        self.visit(page)
        box = self.page.locator(".search-input")
        box.fill(words)
        box.press("Enter")
        self.page.wait_for_url(re.compile(r"[?&]q="))
        expect(self.page.locator(".list tbody tr, .list .good-card")).to_have_count(1)

    def badge(self, message: str) -> None:
        """Check that the page's head shows a status."""
        shown = self.page.locator("main h1 .badge", has_text=self.says(message))
        expect(shown).to_be_visible(timeout=PATIENCE)

    def figures(self, since: str) -> dict[str, int]:
        """Return the dashboard's figures since a business day; ``balance`` is all that is owed.

        A share of the demo's past may fall due at any moment, which moves it from one balance to
        the other, so that only their sum tells what was added.
        """
        day = today()
        period = "today" if day == since else f"custom&from={since}&to={day}"
        self.visit(f"dashboard?period={period}")
        shown = self.page.locator("[data-measure]")
        expect(shown.first).to_be_visible(timeout=PATIENCE)
        found: dict[str, int] = {
            one.get_attribute("data-measure") or "": int(one.get_attribute("data-exact") or 0)
            for one in shown.all()
        }
        balances = [found.pop(key, 0) for key in ("balance_pending", "balance_available")]
        return found | {"balance": sum(balances)}

    def follow(self, measure: str, number: str) -> None:
        """Click a figure of the dashboard and find the order among its rows."""
        self.page.locator("a.kpi", has=self.page.locator(f"[data-measure={measure}]")).click()
        row = self.page.locator("main tbody tr", has_text=number)
        expect(row.first).to_be_visible(timeout=PATIENCE)

    def find(self, number: str, path: str) -> None:
        """Find an order by its number in the command palette and open it."""
        self.page.keyboard.press("Control+k")
        box = self.page.locator("[data-palette-input]")
        box.press_sequentially(number)
        self.page.locator(".hit", has_text=number).first.click()
        self.page.wait_for_url(re.compile(path))
        self.sees(number)

    def switch_language(self) -> None:
        """Switch the language by its button; the page must stay the same document."""
        self.page.evaluate("window.stayed = true")
        self.page.locator(".top .lang").click()
        self.locale = "en" if self.locale == "zh_CN" else "zh_CN"
        expect(self.page.locator("main h1").first).to_have_text(self.says("Dashboard"))
        assert self.page.evaluate("window.stayed") is True

    def switch_to(self, workspace: str, scope: str) -> None:
        """Enter another workspace by the switcher."""
        self.page.locator("[data-console-switcher]").click()
        self.page.locator(f".place[data-place^='/{workspace}']").click()
        self.page.wait_for_url(re.compile(workspace))
        expect(self.page.locator(f".shell[data-scope={scope}]")).to_be_visible(timeout=PATIENCE)
        self.workspace = workspace


class Supplier(Clerk):
    """Who makes goods and ships them."""

    def create(
        self, part: Part, specs: Sequence[tuple[str, Sequence[str]]], supplies: Sequence[int],
        pictures: Sequence[Path],
    ) -> None:  # fmt: skip
        """Make a product with pictures, rich text and specs, and push it to the pool."""
        self.visit("products/new")
        self.page.locator("[name=title]").fill(part.title)
        self.page.locator("[name=title_en]").fill(part.title)
        self._choose_category("Teaware" if self.locale == "en" else "茶器")
        self.page.locator("[data-editor-pictures] [type=file]").set_input_files(list(pictures))
        expect(self.page.locator("li.picture")).to_have_count(len(pictures))
        self._describe()
        for place, (name, values) in enumerate(specs):
            self._add_spec(place, name, values)
        for place, cents in enumerate(supplies):
            self._fill_row(place, cents, part.title.split()[-1])
        self.page.locator("[data-save=push]").first.click()
        self.page.wait_for_url(re.compile(r"/products/[0-9a-f-]{32,}"))
        self.sees(self.says("To review"))

    def _choose_category(self, name: str) -> None:
        option = self.page.locator("[name=category_id] option", has_text=name)
        self.page.locator("[name=category_id]").select_option(option.get_attribute("value"))

    def _describe(self) -> None:
        rich = self.page.locator("[data-editor-rich]")
        rich.click()
        self.page.locator("[data-editor-command=bold]").click()
        self.page.keyboard.type("Hand-thrown")
        self.page.locator("[data-editor-command=bold]").click()
        self.page.keyboard.type(" and fired twice.")
        expect(rich.locator("b, strong")).to_have_text("Hand-thrown")

    def _add_spec(self, place: int, name: str, values: Sequence[str]) -> None:
        self.button("Add a spec").click()
        spec = self.page.locator("fieldset.spec").nth(place)
        spec.locator(".spec-name").fill(name)
        for value in values:
            box = spec.locator(".value-new input")
            box.fill(value)
            box.press("Enter")
            expect(spec.get_by_role("button", name=re.compile(re.escape(value)))).to_be_visible()

    def _fill_row(self, place: int, cents: int, code: str) -> None:
        typed = {
            "code": f"{code}-{place}", "supply": f"{cents / 100:.2f}", "on_hand": "40",
            "suggested": f"{cents / 50:.2f}", "cost": f"{cents / 200:.2f}",
        }  # fmt: skip
        for cell, value in typed.items():
            self.page.locator(f"[name={cell}-{place}]").fill(value)

    def ship(self, number: str, tracking: str) -> None:
        """Accept a part that waits, and ship all of it with a carrier and a number."""
        self.search("orders", number)
        self.page.locator("tbody .cell-link", has_text=number).click()
        self.badge("To accept")
        self.page.locator("[data-action=accept]").click()
        self.badge("To ship")
        self.page.locator("[data-action=ship]").click()
        form = self.page.locator("[data-form=ship]")
        form.locator("[name=carrier]").select_option("shunfeng")
        form.locator("[name=tracking]").fill(tracking)
        form.locator("[type=submit]").click()
        self.badge("Shipped")
        self.sees(tracking)

    def knows_only(self, own: Part, other: Part, total: int) -> None:
        """Check that the open order tells its own goods and nothing of the store's prices."""
        self.sees(own.named(self.locale), yuan(own.supply), yuan(own.supply + own.freight))
        source = self.page.content()
        assert other.title not in source and other.title_en not in source
        for cents in (own.retail_each, own.goods, other.retail_each, other.goods, total):
            assert yuan(cents).removeprefix("¥") not in source


class Reviewer(Clerk):
    """Who decides for the platform what may be sold."""

    def approve(self, title: str) -> None:
        """Find a product that waits, and approve it."""
        self.search("products", title)
        self.page.locator("tbody .cell-link", has_text=title).click()
        self.badge("To review")
        self.page.locator("main [data-action=approve]").click()
        self.badge("In the pool")


class Seller(Clerk):
    """Who chooses goods and sells them in a store."""

    def list_product(self, part: Part, percent: int, retails: Sequence[int]) -> None:
        """Find a product in the pool, set a markup, see the prices, and list it."""
        self.search("sourcing", part.title)
        card = self.page.locator(".good-card", has_text=part.title)
        card.locator("[type=checkbox]").click()
        expect(card).to_have_class(re.compile("picked"))
        self.page.locator("[data-bulk=list]").click()
        form = self.page.locator("[data-form=list]")
        form.locator("[name=kind]").select_option("markup")
        form.locator("[name=percent]").fill(f"{percent}")
        form.locator("[name=charm]").select_option("none")
        span = f"{yuan(min(retails))} – {yuan(max(retails))}"
        expect(form.locator(".preview-rows")).to_contain_text(span)
        form.locator("[type=submit]").click()
        expect(card.locator(".badge-good")).to_have_text(self.says("Listed"))


class Consumer(Person):
    """Who buys, with a phone in the hand."""

    def __init__(self, browser: Browser, origin: str, locale: str, store: str) -> None:
        super().__init__(browser, origin, locale, phone=True)
        self.store = f"{origin}/s/{store}"

    def fits(self) -> None:
        """Check that nothing of the page sticks out at the side of the phone."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{self.page.url} is {wide} px wide"

    def register(self, name: str, phone: str) -> None:
        """Open an account in the store."""
        self.page.goto(f"{self.store}/register")
        for field, value in (("name", name), ("phone", phone), ("password", "wander-7-lanterns")):
            self.page.locator(f"main [name={field}]").fill(value)
        self.fits()
        self.page.locator("main button.main").click()
        self.sees(name)

    def add(self, part: Part) -> None:
        """Search for a product, choose its specs, and put it into the cart."""
        self.page.goto(self.store)
        self.fits()
        self.page.locator("#q").fill(part.named(self.locale))
        self.page.locator("#q").press("Enter")
        self.page.locator("main .card", has_text=part.named(self.locale)).first.locator("a").click()
        for value in part.specs:
            self.page.locator("form[data-picker] label.chip:visible").get_by_text(
                value, exact=True
            ).click()
        expect(self.page.locator("#amount")).to_have_text(yuan(part.retail_each))
        for _ in range(part.pieces - 1):
            self.page.locator("[data-step='1']").click()
        self.fits()
        self.page.locator("[name=then][value=cart]").click()
        expect(self.page.locator(".tools .count")).to_be_visible()

    def check_out(self, name: str, freight: int, total: int) -> None:
        """Give an address, see what it comes to, and go to the payment service."""
        self.page.goto(f"{self.store}/cart")
        self.fits()
        self.page.locator("main a.button.main").click()
        typed = {
            "recipient": name, "phone": "13800138000", "street": "文三路 9 号",
        }  # fmt: skip
        with self.page.expect_response(re.compile("/checkout/summary")):
            self.page.locator("#province_code").select_option("33")
        for field, value in typed.items():
            self.page.locator(f"#checkout [name={field}]").fill(value)
        self.page.locator("#city").select_option("杭州市")
        self.page.locator("#district").select_option("西湖区")
        self.fits()
        expect(self.page.locator("#summary .total").last).to_have_text(yuan(total))
        expect(self.page.locator("#summary dd").nth(1)).to_have_text(yuan(freight))
        self.page.locator("#checkout aside button.main").click()
        self.page.wait_for_url(re.compile("/pay/"))

    def pay(self, total: int) -> str:
        """Pay at the provider's own page; return the order's number once it is confirmed."""
        expect(self.page.locator(".amount")).to_contain_text(yuan(total))
        assert not self.page.url.startswith(self.origin)
        self.fits()
        self.page.locator("button[value=pay]").click()
        self.page.wait_for_url(re.compile(r"/orders/\d+"), timeout=2 * PATIENCE)
        expect(self.page.locator("main h1")).to_have_text(self.says("Paid, being prepared"))
        found = re.search(r"/orders/(\d+)", self.page.url)
        assert found
        return found[1]

    def sees_tracking(self, parcels: Sequence[str]) -> None:
        """Look at the order again until the courier has said something about every parcel."""
        deadline = time.monotonic() + COURIER_PATIENCE
        told = self.page.locator(".parcel:has(.tracks li)")
        # The page does not ask by itself, so it is loaded again.
        while time.monotonic() < deadline and told.count() < len(parcels):
            self.page.reload()
            with suppress(AssertionError):
                expect(told).to_have_count(len(parcels), timeout=2_000)
        expect(told).to_have_count(len(parcels))
        self.sees(*parcels, self.says("SF Express"))
        self.fits()

    def receive(self) -> None:
        """Confirm that everything has come."""
        # Each parcel is confirmed on its own, after it was said what that does.
        parcels = self.page.locator(
            "details.confirm summary", has_text=self.says("Confirm receipt")
        )
        while parcels.count():
            parcels.first.click()
            self.button("I have received this parcel").click()
            self.page.wait_for_load_state()
        expect(self.page.locator("main h1")).to_have_text(self.says("Received"))
