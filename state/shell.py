"""The frame around every page: who and where one is, the palette, the inbox."""

from typing import Any

import reflex as rx

from app import routes
from app.access import PERMISSIONS
from app.kit.i18n import in_both, locale_of
from app.queries.find import Found, find
from app.services import inbox, platform_settings
from app.services.sessions import COOKIE, remember_workspace, signed_in
from state.acts import id_of
from state.base import ConsoleState
from state.gate import SIGNED_IN, acting, cookie, needs, speak
from state.going import go
from state.nav import NAV

RECENT = 6


class ShellState(ConsoleState, rx.State):
    """What the frame shows. Loaded when a workspace is entered, then only counts notices."""

    ready: bool = False
    path: str = ""
    """The start of every address in this workspace."""
    workspace_name: str = ""
    user_id: str = ""
    user_name: str = ""
    user_email: str = ""
    suspended: bool = False
    may: list[str] = []
    workspaces: list[dict[str, str]] = []
    unread: int = 0
    notices: list[dict[str, str]] = []
    inbox_open: bool = False
    palette_open: bool = False
    found: list[dict[str, str]] = []
    _answered: str = ""
    """What was typed when ``found`` was looked for."""
    _recent: list[dict[str, str]] = []

    @rx.event
    @needs(SIGNED_IN)
    async def load(self) -> None:
        """Fill the frame of the workspace that the address names."""
        who = acting()
        if self.path != who.workspace.path:
            await self._enter()
        self.unread = await inbox.unread(who.actor)
        self.inbox_open = self.palette_open = False
        self.ready = True

    async def _enter(self) -> None:
        """Fill what stays as it is in a workspace.

        A further navigation, or a connection that ends, cancels this while it waits: nothing is
        said before all is known, or a half-filled frame would pass for a whole one.
        """
        who = acting()
        mall = (await platform_settings.current()).name
        user = await signed_in(cookie(self.router, COOKIE))
        await remember_workspace(who.user.user_id, who.workspace)
        self.path = who.workspace.path
        self.workspace_name = who.user.merchant_name or mall
        self.user_id = str(who.user.user_id)
        self.user_name, self.user_email = who.user.name, who.user.email
        self.suspended = who.user.is_suspended
        self.may = sorted(p for p in PERMISSIONS if who.actor.may(p))
        self.workspaces = [
            {
                "scope": entry.scope,
                "name": entry.merchant_name or mall,
                "href": routes.console(entry.workspace),
                "here": "1" if entry.workspace == who.workspace else "",
            }
            for entry in user.workspaces
            if entry.is_open
        ]

    @rx.event
    @needs(SIGNED_IN)
    async def speak(self, language: str) -> None:
        """Answer in the language that the browser is in, or has been switched to."""
        speak(self, locale_of(language))

    @rx.event
    @needs(SIGNED_IN)
    async def toggle_inbox(self) -> None:
        """Open or close the notices."""
        self.inbox_open = not self.inbox_open
        if self.inbox_open:
            self.notices = await inbox.notices(acting().actor)

    @rx.event
    @needs(SIGNED_IN)
    async def read_notice(self, notice_id: str, page: str) -> Any:
        """Mark a notice as read and go where it leads."""
        who = acting()
        await inbox.mark_read(who.actor, id_of(notice_id))
        self.inbox_open = False
        return go(routes.console(who.workspace, page))

    @rx.event
    @needs(SIGNED_IN)
    async def read_all(self) -> None:
        """Mark every notice as read."""
        who = acting()
        await inbox.mark_read(who.actor)
        self.notices = await inbox.notices(who.actor)
        self.unread = 0

    @rx.event
    @needs(SIGNED_IN)
    async def open_palette(self) -> None:
        """Open the palette with what was visited last, then all pages."""
        self.palette_open = True
        self.found = [*self._recent, *self._pages("")]
        self._answered = ""

    @rx.event
    @needs(SIGNED_IN)
    async def close_palette(self) -> None:
        """Close the palette."""
        self.palette_open = False

    @rx.event(supersedes=True)
    @needs(SIGNED_IN)
    async def look_up(self, typed: str) -> None:
        """Show the pages, workspaces and records that match what was typed."""
        if self.palette_open:
            await self._answer(typed)

    async def _answer(self, typed: str) -> None:
        who = acting()
        records = [
            {"kind": f.kind, "zh": f.label, "en": f.label, "hint": _hint(who.workspace.scope, f),
             "href": routes.console(who.workspace, f.page)}
            for f in await find(who.actor, typed)
        ]  # fmt: skip
        hits = [*self._pages(typed), *records, *self._places(typed)]
        # What is called exactly so goes before what merely holds the words.
        self.found = sorted(hits, key=lambda hit: typed.strip() not in (hit["zh"], hit["en"]))
        self._answered = typed

    @rx.event
    @needs(SIGNED_IN)
    async def visit(self, href: str) -> Any:
        """Go to what was chosen in the palette, and remember it."""
        self.palette_open = False
        if routes.workspace_of(href) is None:
            return None
        chosen = next((f for f in self.found if f["href"] == href), None)
        if chosen is not None:
            rest = [f for f in self._recent if f["href"] != href]
            self._recent = [chosen, *rest][:RECENT]
        return go(href)

    @rx.event
    @needs(SIGNED_IN)
    async def visit_first(self, data: dict[str, Any]) -> Any:
        """Go to the first match of what stands in the palette, as Enter does.

        Enter may come before the answer to what was typed last, so it is asked for here; an answer
        to fewer letters leads nowhere.
        """
        if not self.palette_open:
            return None
        typed = str(data.get("typed") or "")
        if typed != self._answered:
            await self._answer(typed)
        return await self.visit(self.found[0]["href"]) if self.found else None

    def _pages(self, typed: str) -> list[dict[str, str]]:
        who = acting()
        wanted = typed.strip().lower()
        return [
            {"kind": "page", "zh": in_both(item.label)[0], "en": in_both(item.label)[1],
             "hint": f"G {item.key.upper()}" if item.key else "",
             "href": routes.console(who.workspace, item.page)}
            for item in NAV.get(who.workspace.scope, ())
            if who.actor.may(item.permission)
            and any(wanted in text.lower() for text in in_both(item.label))
        ]  # fmt: skip

    def _places(self, typed: str) -> list[dict[str, str]]:
        wanted = typed.strip().lower()
        return [
            {"kind": place["scope"], "zh": place["name"] or "通商 · 平台", "en": place["name"]
             or "Tongshang · Platform", "hint": "", "href": place["href"]}
            for place in self.workspaces
            if wanted and wanted in (place["name"].lower() or "通商 平台 tongshang platform")
            and not place["here"]
        ]  # fmt: skip


def _hint(scope: str, found: Found) -> str:
    """Return a status with what it is the status of, so that it can be said in words."""
    if not found.hint or found.kind not in ("order", "product"):
        return found.hint
    kind = "part" if scope == "supplier" and found.kind == "order" else found.kind
    return f"{kind}.{found.hint}"
