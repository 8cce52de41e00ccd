"""A basket as a page shows it: lines by parcel, amounts, and what is in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.queries.cart_lines import CartLine
from app.services.offers import Wanted
from app.services.quotes import Problem, Quote, quote
from app.storefront.visit import Visit


@dataclass(frozen=True)
class Group:
    """Lines that travel together; ``number`` counts parcels, 0 is what cannot be bought now."""

    number: int
    lines: tuple[CartLine, ...]
    freight_cents: int = 0


@dataclass(frozen=True)
class Basket:
    """What is to be bought and what it costs, in cents."""

    groups: tuple[Group, ...]
    problems: tuple[Problem, ...]
    goods_cents: int
    freight_cents: int
    free_from_cents: int | None = None
    to_free_cents: int | None = None
    """What is missing until the store ships for free; 0 when it does, None if it never does."""

    @property
    def total_cents(self) -> int:
        """Goods and freight."""
        return self.goods_cents + self.freight_cents

    def problem(self, line: CartLine) -> Problem | None:
        """Return what is in the way of a line, if anything."""
        return next((found for found in self.problems if found.sku_id == line.sku_id), None)


EMPTY = Basket((), (), 0, 0)


async def basket_of(
    visit: Visit, lines: Sequence[CartLine], province_code: str | None = None
) -> Basket:
    """Price lines for a province, or without the surcharges of one."""
    if not lines:
        return EMPTY
    wanted = [Wanted(line.sku_id, line.quantity) for line in lines]
    priced = await quote(visit.front.actor(), visit.front.id, wanted, province_code)
    return Basket(
        _groups(lines, priced),
        priced.problems,
        priced.goods_cents,
        priced.freight_cents,
        priced.free_from_cents,
        priced.to_free_shipping_cents,
    )


def _groups(lines: Sequence[CartLine], priced: Quote) -> tuple[Group, ...]:
    """Sort lines into parcels in the order in which the first of each came; suppliers unnamed."""
    by_sku = {line.sku_id: line for line in lines}
    parcels = [
        Group(
            number,
            _lines(by_sku, [offer.sku_id for offer, _ in part.lines]),
            part.paid_freight_cents,
        )
        for number, part in enumerate(priced.parts, start=1)
    ]
    rest = _lines(by_sku, [problem.sku_id for problem in priced.problems])
    return (*parcels, *([Group(0, rest)] if rest else []))


def _lines(by_sku: dict[UUID, CartLine], skus: Sequence[UUID]) -> tuple[CartLine, ...]:
    return tuple(by_sku[sku] for sku in skus if sku in by_sku)
