"""One listing: prices by hand with their margin, title, and what happened to it."""

from typing import Any, ClassVar

import reflex as rx

from app import routes
from app.kit.errors import Invalid
from app.kit.i18n import HOME_CURRENCY, N_, money_text, yuan
from app.kit.money import parse_cents
from app.queries.distributor_goods import listing_detail
from app.queries.lists.distributor import CHANGE_OUTCOME, COST_POLICY
from app.queries.resource import Row
from app.queries.shown import shown
from app.services.list_pricing import SKIP_REASONS
from app.services.listing_prices import SkuPrice, estimate, set_prices
from app.services.listings import override_title, set_on_sale, set_policy
from app.services.rules.pricing import Infeasible
from app.words import LISTING_STATUS
from models.store import CostPolicy
from state.acts import id_of
from state.distributor.pricing import typed_price
from state.distributor.product import read_prices, with_price
from state.gate import OF_SCREEN, acting, needs
from state.record import RecordState, id_in_address

_WRITE = "distributor:listings:write"

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


class ListingState(RecordState, rx.State):
    """A listing of an own store."""

    permission: ClassVar[str] = "distributor:listings:read"

    facts: dict[str, str] = {}
    skus: list[dict[str, str]] = []
    history: list[dict[str, str]] = []
    errors: dict[str, str] = {}

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
        except ValueError:
            message = acting().text(N_("Please enter an amount such as 12.50."))
            self.errors = {**self.errors, name: message}
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
            wishes = {
                id_of(sku): SkuPrice(cents, bool(data.get(f"offer-{sku}")))
                for sku, cents in read_prices(data).items()
            }
            await set_prices(who.actor, id_of(self.facts["id"]), wishes)
        except Invalid as error:
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return rx.toast.error(who.text(error.message))
        await self._read()
        return rx.toast.success(who.text(N_("Prices saved.")))

    @rx.event
    @needs(_WRITE)
    async def save_texts(self, data: dict[str, Any]) -> Any:
        """Give the listing a title of its own, and say what happens when costs rise."""
        who = acting()
        listing = id_of(self.facts["id"])
        policy = str(data.get("policy") or self.facts["cost_policy"])
        if policy not in set(CostPolicy):
            raise Invalid({"policy": N_("Please choose one.")})
        await override_title(who.actor, listing, str(data.get("title") or ""))
        await set_policy(who.actor, [listing], CostPolicy(policy))
        await self._read()
        return rx.toast.success(who.text(N_("Saved.")))

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
