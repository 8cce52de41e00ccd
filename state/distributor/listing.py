"""One listing: prices by hand with their margin, title, and what happened to it."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx

from app import routes
from app.kit.currencies import decimal_text
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import HOME_CURRENCY, N_, money_text, yuan
from app.kit.money import parse_cents
from app.queries.distributor_goods import ListingDetail, listing_detail
from app.queries.lists.distributor import CHANGE_OUTCOME, COST_POLICY
from app.queries.resource import Row
from app.queries.shown import shown
from app.services.list_pricing import SKIP_REASONS
from app.services.listing_prices import SkuPrice, estimate, set_prices
from app.services.listings import save_texts, set_on_sale
from app.services.rules.pricing import Infeasible
from app.words import LISTING_STATUS
from models.store import CostPolicy
from state.acts import id_of
from state.distributor.pricing import typed_price
from state.distributor.product import read_prices, with_price
from state.gate import OF_SCREEN, acting, needs
from state.merging import MergeState, Stored, form_saved
from state.record import RecordState, id_in_address

_WRITE = "distributor:listings:write"
_PRICES, _TEXTS = "prices", "texts"
"""The two forms of a listing's page."""

HISTORY = (
    ("supply_price", N_("Supply price")),
    ("retail_price", N_("Retail price")),
    ("offered", N_("Offered")),
    ("status", N_("Status")),
    ("title", N_("Title")),
    ("policy", N_("When costs rise")),
    ("position", N_("Place in the store")),
    ("listed", N_("Listed")),
)
YES_NO = (("YES", N_("Yes")), ("NO", N_("No")))
VALUES = (*LISTING_STATUS, *COST_POLICY, *YES_NO)
"""The codes that stand in the history as before and after."""


class ListingState(RecordState, MergeState, rx.State):
    """A listing of an own store."""

    permission: ClassVar[str] = "distributor:listings:read"

    facts: dict[str, str] = {}
    skus: list[dict[str, str]] = []
    history: list[dict[str, str]] = []
    errors: dict[str, str] = {}
    round: int = 0
    """Counts loads; inputs that keep what was typed are made anew with it."""

    async def _read(self) -> None:
        found = await listing_detail(acting().actor, id_in_address())
        self.facts = shown(found.facts)
        self.facts["live"] = routes.store(found.facts["slug"], f"p/{found.facts['id'].hex}")
        self.history = [_told(row) for row in found.history]
        self.errors = {}
        prices = {row["id"]: row["retail_cents"] for row in found.skus}
        priced = await self._priced(prices)
        self.skus = [
            with_price(_sku(row), priced.get(str(row["id"])), retype=True) for row in found.skus
        ]
        for part in (_PRICES, _TEXTS):
            self._loaded_with(part, _stored_part(found, part))
        self.round += 1

    async def _come_back(self) -> None:
        await self._note_change(_PRICES)

    @rx.event
    @needs(OF_SCREEN)
    async def show_stored(self) -> None:
        """Show what is stored instead of what the forms hold."""
        await self._read()

    async def _priced(self, prices: dict[Any, int]) -> dict[str, Any]:
        store, product = id_of(self.facts["store_id"]), id_of(self.facts["product_id"])
        actor = acting().actor
        if not actor.may("distributor:sourcing:read") or self.facts["status"] == "OFF_POOL":
            return {}
        found = await estimate(actor, store, product, prices)
        return {str(sku): priced for sku, priced in found.items()}

    @rx.event
    @needs(OF_SCREEN)
    async def price(self, sku: str, value: str) -> None:
        """Take a price that was typed for one SKU and show its margin."""
        name = f"price-{sku}"
        self.errors = {k: v for k, v in self.errors.items() if k not in (name, "offered")}
        try:
            cents = min(parse_cents(value), 10**11)
        except BadInput as error:
            self.errors = {**self.errors, name: acting().text(error.message)}
            return
        priced = await self._priced({id_of(sku): cents})
        self.skus = [
            with_price(row, priced.get(sku), retype=False) if row["id"] == sku else row
            for row in self.skus
        ]

    @rx.event
    @needs(_WRITE)
    async def save(self, data: dict[str, Any]) -> Any:
        """Set the prices that stand in the form, and which SKUs are offered."""
        who = acting()
        try:
            mine = _prices_typed(data)
            return await self._save_over(_PRICES, data, mine)
        except Invalid as error:
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return rx.toast.error(who.text(error.message))

    @rx.event
    @needs(_WRITE)
    async def save_texts(self, data: dict[str, Any]) -> Any:
        """Give the listing a title of its own, and say what happens when costs rise."""
        policy = str(data.get("policy") or self.facts["cost_policy"])
        mine = {"title": str(data.get("title") or "").strip()[:120], "policy": policy}
        return await self._save_over(_TEXTS, data, mine)

    async def _stored(self, part: str) -> Stored:
        return _stored_part(await listing_detail(acting().actor, id_of(self.facts["id"])), part)

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        who, listing = acting(), id_of(self.facts["id"])
        if part == _PRICES:
            wishes = {
                id_of(sku): SkuPrice(cents, bool(values.get(f"offer-{sku}")))
                for sku, cents in read_prices(values).items()
            }
            await set_prices(who.actor, listing, wishes, version)
            said = N_("Prices saved.")
        else:
            if values["policy"] not in set(CostPolicy):
                raise Invalid({"policy": N_("Please choose one.")})
            policy = CostPolicy(values["policy"])
            await save_texts(who.actor, listing, values["title"], policy, version)
            said = N_("Saved.")
        await self._read()
        return [form_saved(part), rx.toast.success(who.text(said))]

    def _clash_label(self, part: str, name: str) -> str:
        who = acting()
        if part == _TEXTS:
            return who.text(dict(HISTORY)[name])
        kind, _, sku = name.partition("-")
        row = next((row for row in self.skus if row["id"] == sku), {})
        label = who.text(N_("Retail price") if kind == "price" else N_("Offered"))
        return f"{label} · {row.get('spec_values') or row.get('code', '')}"

    def _clash_text(self, part: str, name: str, value: str) -> str:
        who = acting()
        if name == "policy":
            return who.text(dict(COST_POLICY)[value])
        return who.text(N_("Yes")) if name.startswith("offer-") else value

    @rx.event
    @needs(_WRITE)
    async def sell(self, on_sale: bool) -> Any:
        """Pause the listing, or put it back on sale."""
        who = acting()
        changed = await set_on_sale(who.actor, [id_of(self.facts["id"])], on_sale=on_sale)
        await self._read()
        if on_sale and not changed and any(s["currency"] != HOME_CURRENCY for s in self.skus):
            return rx.toast.error(who.text(SKIP_REASONS[Infeasible.OTHER_CURRENCY]))
        return None


def _prices_typed(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what the prices' form holds, as it is compared. Raises Invalid for a bad amount."""
    prices = read_prices(data)
    typed = {f"price-{sku}": decimal_text(cents) for sku, cents in prices.items()}
    return typed | {f"offer-{sku}": "1" for sku in prices if data.get(f"offer-{sku}")}


def _stored_part(found: ListingDetail, part: str) -> Stored:
    """Return what one of the two forms shows of a stored listing."""
    facts, values = found.facts, dict[str, str]()
    if part == _TEXTS:
        values = {"title": facts["title_override"] or "", "policy": facts["cost_policy"] or ""}
        return Stored(facts["row_version"], values)
    for row in found.skus:
        values[f"price-{row['id']}"] = decimal_text(row["retail_cents"])
        if row["is_offered"]:
            values[f"offer-{row['id']}"] = "1"
    return Stored(facts["row_version"], values)


def _sku(row: Row) -> dict[str, str]:
    blank = ("problem", "retail", "commission", "fee", "margin", "margin_rate", "loss")
    typed = typed_price(row, "retail_cents")
    changed = row["basis_cents"] is not None and row["basis_cents"] != row["supply_cents"]
    return shown(row) | {
        "typed": typed,
        "key": f"{row['id']}-{typed}",
        "was_cents": money_text(row["basis_cents"], row["currency"]) if changed else "",
        **dict.fromkeys(blank, ""),
    }


_MONEY = ("supply_price", "retail_price")


def _told(row: Row) -> dict[str, str]:
    """Return one entry of the history as the page shows it; codes stay codes."""
    before, after = row["before"], row["after"]
    if row["kind"] in _MONEY:
        before, after = (yuan(int(v)) if v is not None else "" for v in (before, after))
    if row["kind"] == "offered":
        before, after = ("YES" if v else "NO" for v in (before, after))
    return shown({**row, "before": before, "after": after, "spec_values": None, "note": ""})


__all__ = ["CHANGE_OUTCOME", "COST_POLICY", "HISTORY", "LISTING_STATUS", "VALUES", "ListingState"]
