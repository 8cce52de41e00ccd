"""The lines of a basket, and of a purchase without one, as a shopper reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.services.carts import OWNED, owner
from app.services.sku_pictures import SKU_PICTURE


@dataclass(frozen=True)
class CartLine:
    """So many units of a SKU; ``cents`` is the price now, ``seen_cents`` the one seen before."""

    sku_id: UUID
    listing_id: UUID
    quantity: int
    title: str
    title_en: str
    spec_text: str
    image_key: str | None
    cents: int
    seen_cents: int | None

    @property
    def total_cents(self) -> int:
        """The price of all units."""
        return self.cents * self.quantity

    @property
    def has_new_price(self) -> bool:
        """Whether the price is another than the one that the shopper saw."""
        return self.seen_cents not in (None, self.cents)


_COLUMNS = (
    "select x.sku_id, o.listing_id, x.quantity, coalesce(l.title_override, p.title) as title,"
    " coalesce(p.title_en, '') as title_en, k.spec_values, o.retail_cents as cents, x.seen_cents,"
    f" {SKU_PICTURE} as image_key"
)
_JOINS = (
    " join listing_skus o on o.sku_id = x.sku_id and o.store_id = :store"
    " join listings l on l.id = o.listing_id join products p on p.id = l.product_id"
    " join skus k on k.id = x.sku_id"
)
_OF_CART = text(
    f"{_COLUMNS} from carts c join cart_lines x on x.cart_id = c.id{_JOINS}"
    f" where {OWNED} order by x.added_at, x.sku_id"
)
_CHOSEN = text(
    f"{_COLUMNS} from (select u.sku_id, u.quantity, cast(null as bigint) as seen_cents, u.place"
    "  from unnest(cast(:skus as uuid[]), cast(:quantities as int[])) with ordinality"
    f"  as u(sku_id, quantity, place)) x{_JOINS} order by x.place"
)


async def of_cart(actor: Actor, token: str) -> list[CartLine]:
    """Return the lines of the actor's basket, in the order in which they came.

    It is the signed-in customer's, else that of the browser whose secret is ``token``.
    """
    async with database().transaction(actor) as session:
        which = {**owner(actor, token), "store": actor.store_id}
        found = await session.execute(_OF_CART, which)
        return [_line(dict(row)) for row in found.mappings()]


async def chosen(actor: Actor, items: Sequence[tuple[UUID, int]]) -> list[CartLine]:
    """Return lines for SKUs of the actor's store; what the store never offered is left out."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            _CHOSEN,
            {
                "store": actor.store_id,
                "skus": [sku for sku, _ in items],
                "quantities": [quantity for _, quantity in items],
            },
        )
        return [_line(dict(row)) for row in found.mappings()]


def _line(row: dict[str, Any]) -> CartLine:
    spec_text = " / ".join(row.pop("spec_values"))
    return CartLine(spec_text=spec_text, **row)
