"""Stores: opening one, and one store's address, look, pricing and featured goods."""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import reflex as rx

from app import routes
from app.access import Actor
from app.kit.errors import Invalid
from app.kit.i18n import N_, gettext
from app.kit.qr import qr_picture
from app.kit.settings import settings
from app.queries.distributor_stores import store_detail, to_feature
from app.queries.lists.distributor_trade import STORES
from app.queries.resource import Row
from app.queries.shown import all_shown
from app.services.inputs import read
from app.services.listings import feature
from app.services.stores import (
    StoreDraft,
    StoreTermsDraft,
    save_store,
    save_terms,
    set_open,
    terms_of,
)
from state.acts import id_of
from state.distributor.pricing import PRICING_FIELDS, policy_of, rule_of, terms_shown
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.listing import ListState
from state.record import RecordState, name_in_address
from state.screens import Action, Field, Values, read_values

_WRITE = "distributor:store:write"
MOST_FEATURED = 24

NAME = Field("name", N_("Name"), required=True)
SLUG = Field("slug", N_("Link"), required=True,
             help=N_("Lower-case letters, digits and hyphens; the last part of the store's "
                     "link."))  # fmt: skip
TAGLINE = Field(
    "tagline", N_("Tagline"), help=N_("One line below the name, also for search engines.")
)
PHONE = Field(
    "contact_phone", N_("Contact phone"), help=N_("Customers see it at the foot of the store.")
)
TEXT_FIELDS = (
    NAME,
    SLUG,
    TAGLINE,
    Field("announcement", N_("Announcement"), help=N_("A line above everything, on every page.")),
    PHONE,
    Field(
        "host_name",
        N_("Host name of its own"),
        placeholder="tea.example.com",
        help=N_("Its DNS record (CNAME) must point to this platform. Leave empty for none."),
    ),
)
LOOK_FIELDS = (
    Field(
        "banner_title",
        N_("Banner title"),
        help=N_("Shown large on the home page; the store's name if empty."),
    ),
    Field(
        "banner_text",
        N_("Banner text"),
        "area",
        help=N_("Shown below the title; the tagline if empty."),
    ),
)


async def _open_store(actor: Actor, keys: Sequence[UUID], values: Values) -> str:
    del keys
    await save_store(actor, read(StoreDraft, values))
    return gettext(actor.locale, N_("%(name)s is open."), name=values["name"])


def _opened(is_open: bool) -> Any:
    async def run(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
        del values
        return await set_open(actor, keys, is_open=is_open)

    return run


class StoresState(ListState, rx.State):
    """The list of stores."""

    resource: ClassVar = STORES
    actions: ClassVar = (
        Action("create", N_("Open a store"), _WRITE, _open_store, on="list", icon="plus",
               fields=(NAME, SLUG, TAGLINE, PHONE)),
        Action("open", N_("Open again"), _WRITE, _opened(True), on="row", icon="door-open",
               when=("status", ("CLOSED",)), done=N_("Open again: %(count)s."),
               did=N_("Open again"), undo="close"),
        Action("close", N_("Close"), _WRITE, _opened(False), on="row", icon="door-closed",
               when=("status", ("OPEN",)), danger=True, done=N_("Closed: %(count)s."),
               did=N_("Closed"), undo="open",
               question=N_("Nobody can buy there until you open it again."
                           " Customers still reach their orders.")),
    )  # fmt: skip


class StoreState(RecordState, rx.State):
    """One store."""

    permission: ClassVar[str] = "distributor:store:read"

    store_id: str = ""
    slug: str = ""
    address: str = ""
    qr: str = ""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    choices: dict[str, list[list[str]]] = {}
    terms: dict[str, str] = {}
    featured: list[dict[str, str]] = []
    found: list[dict[str, str]] = []

    async def _read(self) -> None:
        actor = acting().actor
        detail = await store_detail(actor, name_in_address())
        facts = detail.facts
        address = address_of(facts)
        if self.address != address or not self.qr:
            self.address, self.qr = address, qr_picture(address)
        self.store_id, self.slug = str(facts["id"]), facts["slug"]
        self.values = _typed(facts)
        self.terms = terms_shown(await terms_of(actor, facts["id"]))
        self.featured, self.found, self.errors = all_shown(detail.featured), [], {}

    @rx.event
    @needs(_WRITE)
    async def save(self, data: dict[str, Any]) -> Any:
        """Store texts and look; a new address leads to the page under it."""
        who = acting()
        wished = {**data, "id": self.store_id, "is_open": bool(data.get("is_open"))}
        try:
            await save_store(who.actor, read(StoreDraft, wished))
        except Invalid as error:
            kept = {k: str(data.get(k) or "")[:400] for k in self.values}
            self.values = kept | {"is_open": "true" if data.get("is_open") else ""}
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return rx.toast.error(who.text(error.message))
        slug = str(data["slug"]).strip()
        said = rx.toast.success(who.text(N_("Saved. Customers see it within a minute.")))
        if slug != self.slug:
            return [said, go(routes.console(who.workspace, f"stores/{slug}"))]
        await self._read()
        return said

    @rx.event
    @needs(OF_SCREEN)
    async def weigh(self, name: str, value: str) -> None:
        """Take one input of the usual pricing, so that the form shows what belongs to it."""
        if name in self.terms:
            self.terms = {**self.terms, name: value[:40]}

    @rx.event
    @needs(_WRITE)
    async def save_usual(self, data: dict[str, Any]) -> Any:
        """Keep how this store usually prices."""
        who = acting()
        try:
            values = read_values(PRICING_FIELDS, {**self.terms, **data})
            draft = StoreTermsDraft(rule_of(values), policy_of(values))
            await save_terms(who.actor, id_of(self.store_id), draft)
        except Invalid as error:
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return rx.toast.error(who.text(error.message))
        self.errors, self.terms = {}, terms_shown(draft)
        return rx.toast.success(who.text(N_("Saved.")))

    @rx.event(supersedes=True)
    @needs(OF_SCREEN)
    async def look_up(self, typed: str) -> None:
        """Find goods of this store that are not featured yet."""
        found = await to_feature(acting().actor, self.slug, typed) if typed.strip() else []
        self.found = all_shown(found)

    @rx.event
    @needs(_WRITE)
    async def add(self, listing: str) -> None:
        """Feature one more listing, as the last."""
        await self._feature([*self._order(), listing][:MOST_FEATURED])

    @rx.event
    @needs(_WRITE)
    async def drop(self, listing: str) -> None:
        """Feature a listing no longer."""
        await self._feature([key for key in self._order() if key != listing])

    @rx.event
    @needs(_WRITE)
    async def raise_up(self, listing: str) -> None:
        """Move a featured listing one place to the front."""
        order = self._order()
        place = order.index(listing) if listing in order else 0
        if place > 0:
            order[place - 1], order[place] = order[place], order[place - 1]
            await self._feature(order)

    def _order(self) -> list[str]:
        return [row["id"] for row in self.featured]

    async def _feature(self, order: list[str]) -> None:
        actor = acting().actor
        await feature(actor, id_of(self.store_id), [id_of(key) for key in order])
        detail = await store_detail(actor, self.slug)
        self.featured, self.found = all_shown(detail.featured), []


def address_of(facts: Row) -> str:
    """Return the link to a store: its own host name where it has one."""
    if facts["host_name"]:
        return f"{urlsplit(settings().origin).scheme}://{facts['host_name']}"
    return settings().origin + routes.store(facts["slug"])


def _typed(facts: Row) -> dict[str, str]:
    theme = facts["theme"]
    return {
        "name": facts["name"],
        "slug": facts["slug"],
        "tagline": facts["tagline"] or "",
        "announcement": facts["announcement"] or "",
        "contact_phone": facts["contact_phone"] or "",
        "host_name": facts["host_name"] or "",
        "accent": str(theme.get("accent") or "#9a4f2c"),
        "logo_key": str(theme.get("logo_key") or ""),
        "banner_title": str(theme.get("banner_title") or ""),
        "banner_text": str(theme.get("banner_text") or ""),
        "is_open": "true" if facts["status"] == "OPEN" else "",
    }
