"""One SKU's stock with its movements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.titles import title

MOST_MOVEMENTS = 100


@dataclass(frozen=True)
class Movement:
    """A change of what is on hand; ``balance`` is what was there after it."""

    at: datetime
    delta: int
    balance: int
    reason: str
    reference: str
    note: str
    who: str


@dataclass(frozen=True)
class SkuStock:
    """What the supplier holds of one SKU."""

    product_id: UUID
    product: str
    code: str
    specs: str
    on_hand: int
    reserved: int
    low_at: int
    movements: Sequence[Movement]


async def sku_stock(actor: Actor, sku_id: UUID) -> SkuStock:
    """Return the stock of the actor's own SKU with its newest movements. Raises NotFound."""
    actor.require("supplier:stock:read")
    async with database().transaction(actor) as session:
        found = await session.execute(_STOCK, {"sku": sku_id, "english": actor.locale == "en"})
        row = found.mappings().first()
        if row is None:
            raise NotFound()
        moves = await session.execute(_MOVES, {"sku": sku_id, "limit": MOST_MOVEMENTS})
        return SkuStock(**dict(row), movements=[Movement(*move) for move in moves])


_STOCK = text(
    f"select p.id as product_id, {title()} as product, k.code, coalesce((select"
    " string_agg(v, ' / ') from jsonb_array_elements_text(k.spec_values) v), '') as specs,"
    " t.on_hand, t.reserved, t.low_at from stock t join skus k on k.id = t.sku_id"
    " join products p on p.id = t.product_id"
    " where t.sku_id = :sku and t.supplier_id = (select app_supplier())"
)

_MOVES = text(
    "select m.created_at, m.delta, m.balance, m.reason, m.reference, m.note,"
    " coalesce(u.name, '') as who from (select id, created_at, delta, reason, user_id,"
    "  coalesce(reference, '') as reference, coalesce(note, '') as note,"
    "  sum(delta) over (order by created_at, id) as balance from stock_movements"
    "  where sku_id = :sku) m left join users u on u.id = m.user_id"
    " order by m.created_at desc, m.id desc limit :limit"
)
