"""What lies too long or runs out: told once a day to the supplier whose it is."""

from datetime import timedelta

from app.access import SYSTEM
from app.kit.clock import business_day, now
from app.services.engine import engine_transaction
from app.services.notices import tell_each

ACCEPT_HOURS = 24
"""A paid order that its supplier has not accepted for so long is overdue."""

SHIP_HOURS = 48
"""An order that is not wholly shipped so long after its payment is overdue."""

_OVERDUE = (
    "select 'supplier' as scope, s.supplier_id as merchant_id, cast(:day as text) as event,"
    " 'orders?sort=placed_at' as path, jsonb_build_object('count', count(*)) as params"
    " from supplier_orders s where s.imported_at is null"
    " and (s.status = 'PAID' and s.paid_at <= cast(:accept_by as timestamptz)"
    "  or s.status in ('ACCEPTED', 'PARTLY_SHIPPED')"
    "  and s.paid_at <= cast(:ship_by as timestamptz)) group by s.supplier_id"
)
_LOW = (
    "select 'supplier' as scope, t.supplier_id as merchant_id, cast(:day as text) as event,"
    " 'stock' as path, jsonb_build_object('count', count(*)) as params"
    " from stock t join skus k on k.id = t.sku_id and k.is_active"
    " join products p on p.id = t.product_id and p.status = 'ACTIVE'"
    " join pool_entries e on e.product_id = p.id and e.status = 'APPROVED'"
    " where t.on_hand - t.reserved <= t.low_at group by t.supplier_id"
)


async def watch() -> None:
    """Tell suppliers of orders that are overdue and of goods that run out, once a business day."""
    moment = now()
    day = business_day()
    due = {
        "day": day,
        "accept_by": moment - timedelta(hours=ACCEPT_HOURS),
        "ship_by": moment - timedelta(hours=SHIP_HOURS),
    }
    async with engine_transaction(SYSTEM, "notices.watch") as session:
        await tell_each(session, "orders_overdue", _OVERDUE, due)
        await tell_each(session, "stock_low", _LOW, {"day": day})
