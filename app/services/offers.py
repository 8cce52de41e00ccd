"""What a store offers: price, terms and availability of the SKUs in a basket, read in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from app.services.rulebook import NO_CHARGE, REVISION_SQL, RULES_SQL, known_rules, remember
from app.services.rules.freight import Freight
from app.services.rules.splits import (
    Applied,
    LineMoney,
    Rule,
    RuleVersion,
    Shares,
    Subject,
    divide,
    first_match,
    spread,
)
from app.services.sku_pictures import SKU_PICTURE


@dataclass(frozen=True)
class Offer:
    """One SKU as one store offers it now. Supply price and terms are for services alone."""

    sku_id: UUID
    listing_id: UUID
    product_id: UUID
    supplier_id: UUID
    sku_code: str
    title: str
    spec_text: str
    image_key: str | None
    retail_cents: int
    supply_cents: int
    available: int
    on_sale: bool
    subject: Subject
    price_band: Mapping[str, object]
    cost_version: int | None


@dataclass(frozen=True)
class Shop:
    """A store and its distributor as an order freezes them."""

    store_id: UUID
    distributor_id: UUID
    name: str
    is_open: bool
    free_shipping_from_cents: int | None = None


@dataclass(frozen=True)
class Basket:
    """Everything that pricing a basket needs."""

    shop: Shop
    offers: Mapping[UUID, Offer]
    freight: Mapping[UUID, Freight]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Wanted:
    """So many units of a SKU."""

    sku_id: UUID
    quantity: int


@dataclass(frozen=True)
class PricedLine:
    """A line with its share of the freight and the division of its money."""

    offer: Offer
    quantity: int
    goods_cents: int
    freight_cents: int
    applied: Applied | None
    shares: Shares

    @property
    def version(self) -> RuleVersion:
        """The rule version that decides the line."""
        return self.applied.version if self.applied else NO_CHARGE


SHOP_SQL = """\
select s.id as store_id, s.distributor_id, s.name, s.free_shipping_from_cents,
       s.status = 'OPEN' and m.status = 'ACTIVE' and m.is_distributor as is_open
from stores s join merchants m on m.id = s.distributor_id where s.id = %s"""

FREIGHT_COLUMNS = (
    "f.first_cents, f.additional_cents, f.free_from_cents, f.region_surcharges, f.refused_regions"
)

OFFERS_SQL = f"""\
select ls.sku_id, ls.listing_id, l.product_id, l.supplier_id, k.code as sku_code,
       coalesce(l.title_override, p.title) as title, k.spec_values,
       {SKU_PICTURE} as image_key,
       ls.retail_cents, sp.supply_cents, st.on_hand - st.reserved as available,
       (ls.is_offered and not ls.needs_price and k.is_active
        and l.status in ('ON_SALE', 'NEEDS_REPRICE') and p.status = 'ACTIVE'
        and e.status = 'APPROVED' and m.status = 'ACTIVE' and m.is_supplier
        and sp.currency = 'CNY') as on_sale,
       p.category_id, c.parent_id, k.band_kind, k.floor_cents, k.cap_cents,
       sc.version as cost_version,
       {FREIGHT_COLUMNS}
from listing_skus ls
join listings l on l.id = ls.listing_id
join skus k on k.id = ls.sku_id
join products p on p.id = l.product_id
join categories c on c.id = p.category_id
join pool_entries e on e.product_id = p.id
join merchants m on m.id = l.supplier_id
join supply_prices sp on sp.sku_id = ls.sku_id
join stock st on st.sku_id = ls.sku_id
left join sku_costs sc on sc.sku_id = ls.sku_id
left join freight_templates f on f.supplier_id = l.supplier_id and f.is_default
where ls.store_id = %s and ls.sku_id = any(%s)"""


async def load_basket(
    connection: AsyncConnection[DictRow], store_id: UUID, skus: Sequence[UUID]
) -> Basket | None:
    """Read shop, offers and rules in one round trip; None for a store that is not there."""
    shop = await connection.execute(SHOP_SQL, [store_id])
    offers = await connection.execute(OFFERS_SQL, [store_id, list(skus)])
    revision = await connection.execute(REVISION_SQL)
    shop_row = await shop.fetchone()
    if shop_row is None:
        return None
    rows = await offers.fetchall()
    now_at = str((await revision.fetchone() or {}).get("revision", ""))
    rules = known_rules(now_at)
    if rules is None:
        rules = remember(now_at, await (await connection.execute(RULES_SQL)).fetchall())
    return _basket(Shop(**shop_row), rows, rules)


def _basket(shop: Shop, rows: Sequence[dict[str, Any]], rules: tuple[Rule, ...]) -> Basket:
    offers = [_offer(row, shop) for row in rows]
    return Basket(
        shop=shop,
        offers={offer.sku_id: offer for offer in offers},
        freight={row["supplier_id"]: freight_from(row) for row in rows},
        rules=rules,
    )


def _offer(row: dict[str, Any], shop: Shop) -> Offer:
    categories = frozenset({row["category_id"], row["parent_id"]} - {None})
    return Offer(
        sku_id=row["sku_id"],
        listing_id=row["listing_id"],
        product_id=row["product_id"],
        supplier_id=row["supplier_id"],
        sku_code=row["sku_code"],
        title=row["title"],
        spec_text=" / ".join(row["spec_values"]),
        image_key=row["image_key"],
        retail_cents=row["retail_cents"],
        supply_cents=row["supply_cents"],
        available=row["available"],
        on_sale=row["on_sale"],
        subject=Subject(
            categories, row["supplier_id"], shop.distributor_id, row["product_id"], shop.store_id
        ),
        price_band={
            "kind": row["band_kind"],
            "floor_cents": row["floor_cents"],
            "cap_cents": row["cap_cents"],
        },
        cost_version=row["cost_version"],
    )


def freight_from(row: Mapping[str, Any]) -> Freight:
    """Return the freight template of a row with ``FREIGHT_COLUMNS``; none costs nothing."""
    if row["first_cents"] is None:
        return Freight()
    return Freight(
        first_cents=row["first_cents"],
        additional_cents=row["additional_cents"],
        free_from_cents=row["free_from_cents"],
        region_surcharges=row["region_surcharges"],
        refused_regions=frozenset(row["refused_regions"]),
    )


def price_part(
    basket: Basket, lines: Sequence[Wanted], freight_cents: int, at: datetime
) -> list[PricedLine]:
    """Divide the money of one supplier's lines; the freight is spread over them for the fees."""
    offers = [basket.offers[line.sku_id] for line in lines]
    goods = [o.retail_cents * line.quantity for o, line in zip(offers, lines, strict=True)]
    freights = spread(freight_cents, goods)
    return [
        _price_line(basket, offer, line.quantity, amount, freight, at)
        for offer, line, amount, freight in zip(offers, lines, goods, freights, strict=True)
    ]


def _price_line(
    basket: Basket, offer: Offer, quantity: int, goods: int, freight: int, at: datetime
) -> PricedLine:
    applied = first_match(basket.rules, offer.subject, at)
    money = LineMoney(goods, offer.supply_cents * quantity, freight_cents=freight)
    shares = divide(applied.version if applied else NO_CHARGE, money)
    return PricedLine(offer, quantity, goods, freight, applied, shares)
