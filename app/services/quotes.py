"""A basket priced now: one part for each supplier, with its freight, and what is in the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.access import Actor
from app.kit.errors import NotFound
from app.services.engine import engine_pipeline
from app.services.offers import Basket, Offer, Wanted, load_basket
from app.services.rules.freight import Freight, RegionRefused, freight_of


@dataclass(frozen=True)
class Problem:
    """Why a line of a basket cannot be bought: ``sold_out``, ``not_for_sale``, ``region``."""

    sku_id: UUID
    kind: str
    available: int = 0


@dataclass(frozen=True)
class QuotedPart:
    """What one supplier's parcel holds and costs, in cents; the supplier stays unnamed."""

    supplier_id: UUID
    lines: tuple[tuple[Offer, int], ...]
    goods_cents: int
    freight_cents: int
    store_freight_cents: int = 0
    """What of the freight the store bears."""

    @property
    def paid_freight_cents(self) -> int:
        """The freight that the buyer pays."""
        return self.freight_cents - self.store_freight_cents


@dataclass(frozen=True)
class Quote:
    """A basket priced now, in cents; the store ships for free from ``free_from_cents`` on."""

    parts: tuple[QuotedPart, ...]
    problems: tuple[Problem, ...]
    free_from_cents: int | None = None

    @property
    def goods_cents(self) -> int:
        """The goods of all parts."""
        return sum(part.goods_cents for part in self.parts)

    @property
    def freight_cents(self) -> int:
        """The freight that the buyer pays for all parts."""
        return sum(part.paid_freight_cents for part in self.parts)

    @property
    def to_free_shipping_cents(self) -> int | None:
        """What is missing until the store ships for free: 0 when it does, None if it never does."""
        if self.free_from_cents is None:
            return None
        return max(0, self.free_from_cents - self.goods_cents)

    @property
    def total_cents(self) -> int:
        """What the buyer pays."""
        return self.goods_cents + self.freight_cents


async def quote(
    actor: Actor, store_id: UUID, items: Sequence[Wanted], province_code: str | None
) -> Quote:
    """Price a basket for a province (None: not known yet, freight without surcharges).

    Raises NotFound for an unknown store. Lines with a problem are left out of the amounts.
    """
    async with engine_pipeline(actor, "orders.quote") as connection:
        basket = await load_basket(connection, store_id, [item.sku_id for item in items])
    if basket is None:
        raise NotFound()
    return price_basket(basket, items, province_code or "")


def price_basket(basket: Basket, items: Sequence[Wanted], province_code: str) -> Quote:
    """Price what was read of a store; '' is a province that is not known yet. Pure."""
    problems: list[Problem] = []
    parts: list[QuotedPart] = []
    for supplier_id, lines in _by_supplier(basket, items, problems).items():
        goods = sum(offer.retail_cents * quantity for offer, quantity in lines)
        try:
            freight = _freight(basket, supplier_id, lines, goods, province_code)
        except RegionRefused:
            problems += [Problem(offer.sku_id, "region") for offer, _ in lines]
            continue
        parts.append(QuotedPart(supplier_id, tuple(lines), goods, freight))
    priced = Quote(tuple(parts), tuple(problems), basket.shop.free_shipping_from_cents)
    if priced.to_free_shipping_cents == 0:
        # The suppliers get their freight all the same; the store bears it.
        parts = [replace(part, store_freight_cents=part.freight_cents) for part in parts]
    return replace(priced, parts=tuple(parts))


def _by_supplier(
    basket: Basket, items: Sequence[Wanted], problems: list[Problem]
) -> dict[UUID, list[tuple[Offer, int]]]:
    parts: dict[UUID, list[tuple[Offer, int]]] = {}
    for item in items:
        offer = basket.offers.get(item.sku_id)
        if offer is None or not offer.on_sale:
            problems.append(Problem(item.sku_id, "not_for_sale"))
        elif offer.available < item.quantity:
            problems.append(Problem(item.sku_id, "sold_out", max(0, offer.available)))
        else:
            parts.setdefault(offer.supplier_id, []).append((offer, item.quantity))
    return parts


def _freight(
    basket: Basket,
    supplier_id: UUID,
    lines: Sequence[tuple[Offer, int]],
    goods_cents: int,
    province_code: str,
) -> int:
    return freight_of(
        basket.freight.get(supplier_id, Freight()),
        pieces=sum(quantity for _, quantity in lines),
        goods_cents=goods_cents,
        province_code=province_code,
    )
