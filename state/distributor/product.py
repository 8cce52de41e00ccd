"""One product of the pool: what it costs, what it would bring, and listing it."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx

from app import routes
from app.kit.currencies import decimal_text
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import N_
from app.kit.money import parse_cents
from app.queries.distributor_goods import pool_product
from app.queries.distributor_stores import stores
from app.queries.resource import Row
from app.queries.shown import all_shown, shown
from app.services.list_pricing import PricedSku
from app.services.listing_prices import estimate, list_at, preview
from app.services.rules.pricing import Infeasible
from app.services.stores import NoStore, StoreTermsDraft, terms_of
from state.acts import id_of
from state.distributor.pricing import (
    PRICING_FIELDS,
    STORE_FIELD,
    policy_of,
    rule_of,
    shares_shown,
    terms_shown,
    typed_price,
)
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.merging import form_saved
from state.record import RecordState, id_in_address
from state.screens import read_values

_PRICE = "price-"


class ProductState(RecordState, rx.State):
    """A pool product; prices are typed per SKU or made by a rule."""

    permission: ClassVar[str] = "distributor:sourcing:read"

    facts: dict[str, str] = {}
    description: str = ""
    pictures: list[dict[str, str]] = []
    chosen: str = ""
    """The picture that stands large."""
    skus: list[dict[str, str]] = []
    listings: list[dict[str, str]] = []
    choices: dict[str, list[list[str]]] = {}
    terms: dict[str, str] = {}
    errors: dict[str, str] = {}

    async def _come_back(self) -> None:
        """Leave the prices that are being typed."""

    async def _read(self) -> None:
        actor = acting().actor
        found = await pool_product(actor, id_in_address())
        own = await stores(actor)
        self.facts = shown({k: v for k, v in found.facts.items() if k != "description_html"})
        self.description = found.facts["description_html"]
        self.pictures, self.listings = all_shown(found.pictures), all_shown(found.listings)
        self.chosen = self.pictures[0]["blob_key"] if self.pictures else ""
        self.choices = {"stores": [[str(s["id"]), s["name"]] for s in own]}
        self.terms = {"store": str(own[0]["id"]) if own else "", **terms_shown(StoreTermsDraft())}
        self.errors = {}
        self.skus = [_sku(row) for row in found.skus]
        if own:
            self.terms |= terms_shown(await terms_of(actor, own[0]["id"]))
        await self._by_rule()

    @rx.event
    @needs(OF_SCREEN)
    async def look(self, key: str) -> None:
        """Show another picture large."""
        if any(picture["blob_key"] == key for picture in self.pictures):
            self.chosen = key

    @rx.event
    @needs(OF_SCREEN)
    async def weigh(self, name: str, value: str) -> None:
        """Take one input of the rule and price every SKU by it."""
        if name not in self.terms:
            return
        self.terms = {**self.terms, name: value[:40]}
        if name == "store" and value:
            usual = await terms_of(acting().actor, id_of(value))
            self.terms = {**self.terms, **terms_shown(usual)}
        await self._by_rule()

    @rx.event
    @needs(OF_SCREEN)
    async def price(self, sku: str, value: str) -> None:
        """Take a price that was typed for one SKU and show how it would be divided."""
        self.errors = {k: v for k, v in self.errors.items() if k != _PRICE + sku}
        try:
            cents = parse_cents(value)
        except BadInput as error:
            self.errors = {**self.errors, _PRICE + sku: acting().text(error.message)}
            return
        await self._estimate({sku: min(cents, 10**11)}, retype=False)

    @rx.event
    @needs("distributor:listings:write")
    async def list_it(self, data: dict[str, Any]) -> Any:
        """List the product at the prices that stand in the form."""
        who = acting()
        try:
            values = read_values((STORE_FIELD, *PRICING_FIELDS), self.terms)
            prices = {id_of(sku): cents for sku, cents in read_prices(data).items()}
            if not self.choices.get("stores"):
                raise NoStore()
            how = (rule_of(values), policy_of(values))
            store, product = id_of(values["store"]), id_of(self.facts["id"])
            listing = await list_at(who.actor, store, product, how, prices)
        except Invalid as error:
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return rx.toast.error(who.text(error.message))
        return [
            form_saved(),
            rx.toast.success(who.text(N_("Listed. It is on sale now."))),
            go(routes.console(who.workspace, f"listings/{listing}")),
        ]

    async def _by_rule(self) -> None:
        who = acting()
        try:
            rule = rule_of(read_values(PRICING_FIELDS, self.terms))
        except Invalid as error:
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return
        self.errors = {}
        store = self.terms["store"]
        found = await preview(
            who.actor, id_of(store) if store else None, [id_of(self.facts["id"])], rule
        )
        priced = {str(sku.goods.sku_id): sku for c in found for sku in c.skus}
        self.skus = [with_price(row, priced.get(row["id"]), retype=True) for row in self.skus]

    async def _estimate(self, prices: dict[str, int], *, retype: bool) -> None:
        store = self.terms["store"]
        found = await estimate(
            acting().actor,
            id_of(store) if store else None,
            id_of(self.facts["id"]),
            {id_of(sku): cents for sku, cents in prices.items()},
        )
        priced = {str(sku): p for sku, p in found.items()}
        self.skus = [
            with_price(row, priced.get(row["id"]), retype=retype) if row["id"] in prices else row
            for row in self.skus
        ]


def _sku(row: Row) -> dict[str, str]:
    return shown(row) | {
        "typed": typed_price(row, "suggested_retail_cents"),
        "key": "",
        "problem": "",
        **dict.fromkeys(("retail", "commission", "fee", "margin", "margin_rate", "loss"), ""),
    }


def with_price(row: dict[str, str], priced: PricedSku | None, *, retype: bool) -> dict[str, str]:
    """Return a SKU's row with its price's division; ``retype`` writes the price into the input."""
    if priced is None:
        return row
    problem = acting().text(priced.problem) if priced.problem else ""
    if priced.refusal is Infeasible.OTHER_CURRENCY:
        return {**row, "problem": problem}
    told = {
        **row,
        **shares_shown(priced.retail_cents, priced.shares),
        "problem": problem,
    }
    if retype:
        typed = decimal_text(priced.retail_cents)
        # A new key lets the browser forget what was typed before.
        told |= {"typed": typed, "key": f"{row['id']}-{typed}"}
    return told


def read_prices(data: Mapping[str, Any]) -> dict[str, int]:
    """Return SKU → cents of a form's ``price-<sku>`` inputs. Raises Invalid for a bad amount."""
    prices: dict[str, int] = {}
    faults: dict[str, str] = {}
    for name, typed in data.items():
        if not name.startswith(_PRICE):
            continue
        try:
            prices[name.removeprefix(_PRICE)] = min(parse_cents(str(typed)), 10**11)
        except BadInput as error:
            faults[name] = error.message
    if faults:
        raise Invalid(faults)
    return prices
