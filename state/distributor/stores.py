"""Stores: opening one, and one store's address, look, pricing and featured goods."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import reflex as rx

from app import routes
from app.access import Actor
from app.kit.currencies import decimal_text
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import N_, gettext
from app.kit.money import parse_cents
from app.kit.qr import qr_picture
from app.kit.settings import settings
from app.queries.distributor_stores import store_detail, store_facts, to_feature
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
from state.merging import MergeState, Stored, form_saved
from state.record import RecordState, name_in_address
from state.screens import Action, Field, Values, field_text, read_values

_WRITE = "distributor:store:write"
MOST_FEATURED = 24
_TEXTS, _USUAL = "store", "usual"
"""The two forms of a store's page."""
_LABELS = {"accent": N_("Colour"), "logo_key": N_("Logo"), "is_open": N_("Open to customers")}

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
        "free_shipping_from",
        N_("Free shipping from"),
        "money",
        help=N_(
            "Goods of an order, in yuan; empty for never. You bear it: suppliers get their freight"
            " in full, it is taken from your margin, and an order by which you would lose money is"
            " refused."
        ),
    ),
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


class StoreState(RecordState, MergeState, rx.State):
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
    round: int = 0
    """Counts loads; inputs that keep what was typed are made anew with it."""
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
        self._loaded_with(_TEXTS, Stored(facts["row_version"], self.values))
        self._loaded_with(_USUAL, Stored(facts["row_version"], self.terms))
        self.round += 1

    async def _come_back(self) -> None:
        await self._note_change(_TEXTS)

    @rx.event
    @needs(OF_SCREEN)
    async def show_stored(self) -> None:
        """Show what is stored instead of what the forms hold."""
        await self._read()

    @rx.event
    @needs(_WRITE)
    async def save(self, data: dict[str, Any]) -> Any:
        """Store texts and look; a new address leads to the page under it."""
        who = acting()
        mine = {name: str(data.get(name) or "").strip() for name in self.values}
        mine["is_open"] = "true" if data.get("is_open") else ""
        try:
            return await self._save_over(_TEXTS, data, mine)
        except Invalid as error:
            kept = {k: str(data.get(k) or "")[:400] for k in self.values}
            self.values = kept | {"is_open": "true" if data.get("is_open") else ""}
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return rx.toast.error(who.text(error.message))

    async def _stored(self, part: str) -> Stored:
        actor = acting().actor
        facts = await store_facts(actor, id_of(self.store_id))
        if part == _TEXTS:
            return Stored(facts["row_version"], _typed(facts))
        return Stored(facts["row_version"], terms_shown(await terms_of(actor, facts["id"])))

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        if part == _USUAL:
            return await self._write_usual(values, version)
        who = acting()
        wished = {
            **values,
            "id": self.store_id,
            "is_open": bool(values["is_open"]),
            "free_shipping_from_cents": _free_from(values["free_shipping_from"]),
        }
        await save_store(who.actor, read(StoreDraft, wished), version)
        said = rx.toast.success(who.text(N_("Saved. Customers see it within a minute.")))
        events = [form_saved(_TEXTS), said]
        if values["slug"] != self.slug:
            return [*events, go(routes.console(who.workspace, f"stores/{values['slug']}"))]
        await self._read()
        return events

    def _clash_label(self, part: str, name: str) -> str:
        fields = (*TEXT_FIELDS, *LOOK_FIELDS) if part == _TEXTS else PRICING_FIELDS
        labels = {f.name: f.label for f in fields} | _LABELS
        return acting().text(labels[name])

    def _clash_text(self, part: str, name: str, value: str) -> str:
        who = acting()
        known = {f.name: f for f in (PRICING_FIELDS if part == _USUAL else ())}
        if name in known:
            return field_text(known[name], value, self.choices, who.text, who.locale == "en")
        return who.text(N_("Yes")) if name == "is_open" else value

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
            mine = terms_shown(_usual({**self.terms, **data}))
            return await self._save_over(_USUAL, data, mine)
        except Invalid as error:
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return rx.toast.error(who.text(error.message))

    async def _write_usual(self, values: Mapping[str, str], version: int | None) -> Any:
        actor = acting().actor
        draft = _usual(values)
        await save_terms(actor, id_of(self.store_id), draft, version)
        self.errors, self.terms = {}, terms_shown(draft)
        self._loaded_with(_USUAL, await self._stored(_USUAL))
        return [form_saved(_USUAL), rx.toast.success(acting().text(N_("Saved.")))]

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


def _usual(values: Mapping[str, Any]) -> StoreTermsDraft:
    checked = read_values(PRICING_FIELDS, values)
    return StoreTermsDraft(rule_of(checked), policy_of(checked))


def address_of(facts: Row) -> str:
    """Return the link to a store: its own host name where it has one."""
    if facts["host_name"]:
        return f"{urlsplit(settings().origin).scheme}://{facts['host_name']}"
    return settings().origin + routes.store(facts["slug"])


def _free_from(typed: str) -> int:
    try:
        return parse_cents(typed) if typed else 0
    except BadInput as error:
        message = error.message
        raise Invalid({"free_shipping_from": message}) from error


def _typed(facts: Row) -> dict[str, str]:
    theme = facts["theme"]
    return {
        "name": facts["name"],
        "slug": facts["slug"],
        "tagline": facts["tagline"] or "",
        "announcement": facts["announcement"] or "",
        "contact_phone": facts["contact_phone"] or "",
        "free_shipping_from": decimal_text(facts["free_shipping_from_cents"])
        if facts["free_shipping_from_cents"]
        else "",
        "host_name": facts["host_name"] or "",
        "accent": str(theme.get("accent") or "#9a4f2c"),
        "logo_key": str(theme.get("logo_key") or ""),
        "banner_title": str(theme.get("banner_title") or ""),
        "banner_text": str(theme.get("banner_text") or ""),
        "is_open": "true" if facts["status"] == "OPEN" else "",
    }
