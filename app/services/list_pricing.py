"""Pool goods priced for a store: what each SKU would cost there, and who would get what of it.

It reads split rules, which distributors do not, so its callers stand in an engine transaction and
have checked their actor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.i18n import HOME_CURRENCY, N_, Filled, yuan
from app.kit.ids import new_id
from app.services.offers import FREIGHT_COLUMNS, freight_from
from app.services.rulebook import NO_CHARGE, RULES_SQL, remember
from app.services.rules.pricing import (
    Band,
    Infeasible,
    PricingRule,
    infeasible,
    least_price,
    retail_price,
)
from app.services.rules.splits import LineMoney, Rule, Shares, Subject, divide, first_match

SKIP_REASONS = {
    Infeasible.BELOW_COST: N_("This price is below cost (supply price plus platform fees)."),
    Infeasible.FREIGHT_FEE: N_(
        "Orders to far provinces would lose money: the payment fee is also taken on the freight."
    ),
    Infeasible.BELOW_FLOOR: N_("This price is below the enforced minimum."),
    Infeasible.OTHER_CURRENCY: N_("Its supplier has not set a price in yuan yet."),
    Infeasible.ABOVE_CAP: N_("This price is above the enforced maximum."),
}
FROM_PRICE = {
    Infeasible.BELOW_COST: N_(
        "This price is below cost (supply price plus platform fees). It can be sold from %(price)s."
    ),
    Infeasible.FREIGHT_FEE: N_(
        "Orders to far provinces would lose money: the payment fee is also taken on the freight."
        " It can be sold from %(price)s."
    ),
}
NOT_IN_POOL = N_("This product is no longer in the pool.")
LISTED_ALREADY = N_("It is in this store already, and its prices stay as they are.")

NO_STORE = UUID(int=0)
"""Stands for a store that is not opened yet: no rule names it."""


@dataclass(frozen=True)
class Goods:
    """One SKU before it has a new price; amounts in cents.

    ``retail_cents`` is what it costs in the store now, None where it is not listed.
    """

    sku_id: UUID
    spec_text: str
    supply_cents: int
    suggested_cents: int
    retail_cents: int | None = None


@dataclass(frozen=True)
class PricedSku:
    """One SKU at a price, with the division of one unit's money; ``refusal`` may be None."""

    goods: Goods
    retail_cents: int
    shares: Shares
    refusal: Infeasible | None
    least_cents: int | None = None
    """From which price on it would lose nothing, where this one would."""

    @property
    def problem(self) -> str:
        """Why it cannot be sold at this price, and what price would do; empty when it can."""
        if self.refusal is None:
            return ""
        if self.least_cents is not None and self.refusal in FROM_PRICE:
            return Filled(FROM_PRICE[self.refusal], price=yuan(self.least_cents))
        return SKIP_REASONS[self.refusal]


@dataclass
class Candidate:
    """A product that shall be listed, with its priced SKUs."""

    product_id: UUID
    supplier_id: UUID
    title: str
    is_in_pool: bool
    status: str = ""
    """Of its listing in the store; empty where it has none."""
    listing_id: UUID = field(default_factory=new_id)
    title_en: str = ""
    """Empty where the supplier gave none."""
    skus: list[PricedSku] = field(default_factory=list[PricedSku])

    @property
    def problem(self) -> str:
        """Why it cannot be listed, as a gettext message id; empty when it can."""
        if not self.is_in_pool:
            return NOT_IN_POOL
        return next((sku.problem for sku in self.skus if sku.problem), "")


Pricer = Callable[[Goods], int]
"""Makes the retail price of one SKU, in cents."""


def by_rule(pricing: PricingRule) -> Pricer:
    """Return the pricer of a rule."""
    return lambda goods: retail_price(
        pricing, supply_cents=goods.supply_cents, suggested_cents=goods.suggested_cents
    )


_GOODS = text(
    "select p.id as product_id, p.supplier_id, p.title, p.title_en, p.category_id, c.parent_id,"
    " k.id as sku_id, k.spec_values, sp.supply_cents, sp.currency, k.suggested_retail_cents,"
    " k.band_kind, k.floor_cents, k.cap_cents,"
    " l.id as listing_id, l.status as listing_status, o.retail_cents,"
    f" {FREIGHT_COLUMNS},"
    " (e.status = 'APPROVED' and p.status = 'ACTIVE' and m.status = 'ACTIVE') as ok"
    " from products p join categories c on c.id = p.category_id"
    " join merchants m on m.id = p.supplier_id join pool_entries e on e.product_id = p.id"
    " join skus k on k.product_id = p.id and k.is_active"
    " join supply_prices sp on sp.sku_id = k.id"
    " left join listings l on l.store_id = :store and l.product_id = p.id"
    " left join listing_skus o on o.listing_id = l.id and o.sku_id = k.id"
    " left join freight_templates f on f.supplier_id = p.supplier_id and f.is_default"
    " where p.id = any(:products) order by p.id, k.position, k.id"
)


async def candidates(
    session: AsyncSession,
    distributor_id: UUID,
    store_id: UUID,
    product_ids: Sequence[UUID],
    pricer: Pricer,
) -> list[Candidate]:
    """Return products priced for a store, in two statements whatever their number."""
    rows = (
        (await session.execute(_GOODS, {"products": list(product_ids), "store": store_id}))
        .mappings()
        .all()
    )
    found = await session.execute(text(RULES_SQL))
    rules = remember("", [dict(row) for row in found.mappings()])
    moment = (await session.execute(text("select now()"))).scalar_one()
    by_product: dict[UUID, Candidate] = {}
    for row in rows:
        candidate = by_product.get(row["product_id"])
        if candidate is None:
            candidate = by_product[row["product_id"]] = Candidate(
                row["product_id"],
                row["supplier_id"],
                row["title"],
                row["ok"],
                row["listing_status"] or "",
                row["listing_id"] or new_id(),
                row["title_en"] or "",
            )
        where = (distributor_id, store_id, moment)
        candidate.skus.append(_priced(dict(row), pricer, rules, where))
    return list(by_product.values())


def _priced(
    row: dict[str, Any], pricer: Pricer, rules: Sequence[Rule], where: tuple[UUID, UUID, Any]
) -> PricedSku:
    distributor, store, moment = where
    categories = frozenset({row["category_id"], row["parent_id"]} - {None})
    subject = Subject(categories, row["supplier_id"], distributor, row["product_id"], store)
    applied = first_match(rules, subject, moment)
    version = applied.version if applied else NO_CHARGE
    goods = Goods(
        row["sku_id"],
        " · ".join(row["spec_values"]),
        row["supply_cents"],
        row["suggested_retail_cents"],
        row["retail_cents"],
    )
    retail, supply = pricer(goods), row["supply_cents"]
    band = Band(row["band_kind"], row["floor_cents"], row["cap_cents"])
    freight = freight_from(row)
    refusal = infeasible(retail, supply_cents=supply, version=version, band=band, freight=freight)
    if row["currency"] != HOME_CURRENCY:
        # A price of imported history is no price to buy and sell at here.
        refusal = Infeasible.OTHER_CURRENCY
    least = (
        least_price(supply_cents=supply, version=version, freight=freight)
        if refusal in FROM_PRICE
        else None
    )
    shares = divide(version, LineMoney(goods_cents=retail, supply_cents=supply))
    return PricedSku(goods, retail, shares, refusal, least)
