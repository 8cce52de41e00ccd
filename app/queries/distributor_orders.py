"""One order of an own store, and one customer, as their distributor reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.access import Actor
from app.adapters.couriers import carrier_of
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.carriers import SHOWN_CARRIER
from app.queries.part_status import told_status
from app.queries.resource import Row
from app.queries.shown import one, rows
from app.queries.titles import bought_title

_ORDER = (
    "select o.id, o.number, o.status, o.currency, o.goods_cents,"
    " nullif(o.discount_cents, 0) as discount_cents, o.freight_cents, o.total_cents, o.paid_cents,"
    " nullif(o.refunded_cents, 0) as refunded_cents, o.buyer_kind, o.buyer_note, o.placed_at,"
    " o.paid_at, o.expires_at, o.consumer_id, s.name as store, s.slug, a.recipient, a.phone,"
    " a.province, a.city, a.district, a.street,"
    " sum(t.supply_cents) as supply_cents, sum(t.commission_cents) as commission_cents,"
    " sum(t.payment_fee_cents) as payment_fee_cents, sum(t.margin_cents) as margin_cents,"
    " (select sum(sp.amount_cents - sp.reversed_cents) from splits sp"
    "  where sp.order_id = o.id and sp.kind in ('MARGIN', 'FREE_FREIGHT')) as kept_cents"
    " from orders o join stores s on s.id = o.store_id"
    " left join order_addresses a on a.order_id = o.id"
    " left join order_line_terms t on t.order_id = o.id"
    " where o.number = :number group by o.id, s.id, a.order_id"
)
_PARTS = (
    f"select p.id, p.number, {told_status('p')} as status, p.currency, p.freight_cents,"
    " m.name as supplier, p.accepted_at,"
    " p.shipped_at, p.received_at, (select e.note from order_events e"
    "  where e.supplier_order_id = p.id and e.note is not null"
    "  order by e.created_at desc limit 1) as note"
    " from supplier_orders p left join merchants m on m.id = p.supplier_id"
    " where p.order_id = :id order by p.number"
)
_LINES = (
    f"select l.id, l.supplier_order_id as part, l.listing_id, {bought_title()} as title,"
    " l.spec_text, l.image_key,"
    " l.quantity, l.retail_cents, l.goods_cents, l.discount_cents,"
    " nullif(l.refunded_cents, 0) as refunded_cents, t.supply_cents, t.commission_cents,"
    " t.payment_fee_cents, t.margin_cents, t.commission_bps, t.rule_name, t.rule_version,"
    " case when l.refunded_cents <> 0 then t.margin_cents - t.margin_returned_cents end"
    "  as kept_cents, nullif(f.cancelled_quantity, 0) as cancelled"
    " from order_lines l left join products p on p.id = l.product_id"
    " left join order_line_terms t on t.line_id = l.id"
    " left join fulfilment_lines f on f.line_id = l.id"
    " where l.order_id = :id order by l.supplier_order_id, l.id"
)
_PARCELS = (
    f"select h.id, h.supplier_order_id as part, {SHOWN_CARRIER}, h.tracking_no, h.shipped_at,"
    " h.delivered_at, (select e.text from tracking_events e where e.shipment_id = h.id"
    "  order by e.occurred_at desc limit 1) as latest"
    " from shipments h where h.order_id = :id order by h.shipped_at"
)
_MONEY = (
    "select 'payment' as what, number, status, provider as about, amount_cents, currency,"
    " coalesce(paid_at, created_at) as at from payments where order_id = :id"
    " union all select 'refund', number, status, reason, amount_cents, currency,"
    " coalesce(succeeded_at, created_at) from refunds where order_id = :id order by at"
)
_EVENTS = (
    "select e.kind, e.note, e.created_at as at, p.number as part, e.actor_scope"
    " from order_events e left join supplier_orders p on p.id = e.supplier_order_id"
    " where e.order_id = :id order by e.created_at desc, e.id desc"
)


@dataclass(frozen=True)
class OrderDetail:
    """An order with everything that a distributor may know of it."""

    facts: Row
    parts: list[Row]
    lines: list[Row]
    parcels: list[Row]
    money: list[Row]
    events: list[Row]


async def order_detail(actor: Actor, number: str) -> OrderDetail:
    """Return an order of an own store. Raises NotFound for any other."""
    actor.require("distributor:orders:read")
    async with database().transaction(actor) as session:
        facts = await one(session, _ORDER, number=number[:20])
        if facts is None:
            raise NotFound()
        order = facts["id"]
        return OrderDetail(
            facts,
            parts=await rows(session, _PARTS, id=order),
            lines=await rows(session, _LINES, id=order, english=actor.locale == "en"),
            parcels=[_parcel(row) for row in await rows(session, _PARCELS, id=order)],
            money=await rows(session, _MONEY, id=order),
            events=await rows(session, _EVENTS, id=order),
        )


def _parcel(row: Row) -> Row:
    carrier = carrier_of(row["carrier_code"])
    return {**row, "carrier_zh": carrier.name_zh, "carrier_en": carrier.name_en}


_CUSTOMER = (
    "select c.id, c.name, c.created_at, s.name as store,"
    " coalesce(left(c.phone, greatest(length(c.phone) - 8, 0)) || '****'"
    " || right(c.phone, 4), '') as phone,"
    " count(o.id) filter (where o.paid_cents > 0) as orders, max(o.placed_at) as last_at"
    " from consumers c join stores s on s.id = c.store_id"
    " left join orders o on o.consumer_id = c.id where c.id = :id group by c.id, s.id"
)
_SPENT = (
    "select currency, sum(paid_cents - refunded_cents)::bigint as spent,"
    " (sum(paid_cents) / count(*))::bigint as average"
    " from orders where consumer_id = :id and paid_cents > 0 group by currency"
)
_THEIR_ORDERS = (
    "select o.number, o.status, o.currency, o.total_cents,"
    " nullif(o.refunded_cents, 0) as refunded_cents, o.placed_at,"
    f" (select string_agg({bought_title()}, ', ' order by l.id) from order_lines l"
    "  left join products p on p.id = l.product_id where l.order_id = o.id) as goods"
    " from orders o where o.consumer_id = :id order by o.placed_at desc limit 50"
)


@dataclass(frozen=True)
class CustomerDetail:
    """A customer of an own store, with the latest fifty orders; amounts in cents by currency."""

    facts: Row
    spent: Mapping[str, int]
    average: Mapping[str, int]
    orders: list[Row]


async def customer_detail(actor: Actor, customer_id: UUID) -> CustomerDetail:
    """Return a customer of an own store. Raises NotFound for any other."""
    actor.require("distributor:customers:read")
    async with database().transaction(actor) as session:
        facts = await one(session, _CUSTOMER, id=customer_id)
        if facts is None:
            raise NotFound()
        sums = await rows(session, _SPENT, id=customer_id)
        return CustomerDetail(
            facts,
            spent={row["currency"]: row["spent"] for row in sums},
            average={row["currency"]: row["average"] for row in sums},
            orders=await rows(session, _THEIR_ORDERS, id=customer_id, english=actor.locale == "en"),
        )
