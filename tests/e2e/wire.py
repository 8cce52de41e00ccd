"""What a browser hears and asks while somebody walks through the console."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebSocket

from app import pages
from app.services.sessions import COOKIE
from tests.e2e.installation import Installation

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_READY = (
    "() => document.querySelector('main h1') && !document.querySelector('main .skeleton')"
    " && !document.querySelector('main [aria-busy=true]')"
)


@dataclass
class Walk:
    """What was seen on the way; ``frames`` is all that came over websockets, per page."""

    frames: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    policies: dict[str, str] = field(default_factory=dict)
    barriers: list[str] = field(default_factory=list)

    def pages_with(self, value: str) -> list[str]:
        """Return the pages whose frames hold a value."""
        return [page for page, text in self.frames.items() if value in text]


class Walker:
    """One person's tab in one workspace."""

    def __init__(
        self, browser: Browser, place: Installation, token: str, workspace: str, lang: str = "zh"
    ) -> None:
        self._place, self._workspace = place, workspace
        self.walk = Walk()
        self._heard: list[str] = []
        self._context = self._open(browser, token, lang)
        self.page: Page = self._context.new_page()
        self._listen()

    def _open(self, browser: Browser, token: str, lang: str) -> BrowserContext:
        # Without motion nothing is looked at halfway between two colours.
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        cookies = {COOKIE: token, "ts_lang": lang}
        context.add_cookies(
            [{"name": name, "value": value, "url": self._place.origin}
             for name, value in cookies.items()]
        )  # fmt: skip
        return context

    def _listen(self) -> None:
        def socket(ws: WebSocket) -> None:
            ws.on("framereceived", lambda data: self._heard.append(_plain(data)))

        def complaint(message: ConsoleMessage) -> None:
            if message.type == "error":
                walk.complaints.append(f"{page.url}: {message.text}")

        page, walk = self.page, self.walk
        page.on("websocket", socket)
        page.on("request", lambda request: self._asked(request.url))
        page.on("pageerror", lambda error: walk.complaints.append(f"{page.url}: {error}"))
        page.on("console", complaint)

    def _asked(self, url: str) -> None:
        ours = (self._place.origin, self._place.origin.replace("http:", "ws:"), "data:", "blob:")
        if not url.startswith(ours):
            self.walk.foreign.append(url)

    def close(self) -> None:
        """Close the tab."""
        self._context.close()

    def all_pages(self, *further: str) -> list[str]:
        """Walk through every page of the workspace, a record of each list, and ``further`` ones."""
        scope, merchant = self._workspace.strip("/").split("/")
        for area, module in pages.modules():
            path = module.ROUTE.replace("[merchant]", merchant)
            if area == scope and "[" not in path:
                self.visit(path)
                for link in self._records():
                    self.visit(link)
        for page in further:
            self.visit(f"{self._workspace}/{page}")
        return list(self.walk.frames)

    def _records(self) -> list[str]:
        """Return where the first row of the page's lists leads, as far as that is new."""
        links = self.page.eval_on_selector_all(
            "main tbody tr:first-child a.cell-link", "all => all.map(a => a.getAttribute('href'))"
        )
        return [link for link in dict.fromkeys(links) if link not in self.walk.frames]

    def visit(self, path: str) -> None:
        """Open a page, wait until it stands, and look at it in both themes."""
        self._heard.clear()
        self.page.emulate_media(color_scheme="light")
        answer = self.page.goto(self._place.origin + path)
        assert answer is not None
        self.walk.policies[path] = answer.headers.get("content-security-policy", "")
        self.page.wait_for_function(_READY, timeout=20_000)
        self._until_quiet()
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme)
            self.page.wait_for_timeout(200)
            self._look_for_barriers(f"{path} ({theme})")
        self.walk.frames[path] = "\n".join(self._heard)

    def _until_quiet(self) -> None:
        """Wait until nothing more arrives: on a busy machine figures come after the page."""
        for _ in range(20):
            before = len(self._heard)
            self.page.wait_for_timeout(250)
            if len(self._heard) == before:
                return

    def _look_for_barriers(self, where: str) -> None:
        self.page.evaluate(AXE)
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document)).violations"
        )
        for fault in found:
            if fault["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] for node in fault["nodes"][:2]]
                self.walk.barriers.append(f"{where}: {fault['id']}: {nodes}")


def _plain(data: str | bytes) -> str:
    """Return a frame with its escapes undone, so that Chinese can be looked for in it."""
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    start = min((text.find(mark) for mark in "[{" if mark in text), default=-1)
    with suppress(ValueError):
        return json.dumps(json.loads(text[start:]), ensure_ascii=False)
    return text
