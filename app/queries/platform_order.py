"""One order as the platform sees it: who bought what, from whom, where it is, what happened.

Every part is read as the actor, so row-level security leaves out what the actor may not see:
without ``payments`` there are no payments, without ``ledger`` no postings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.adapters.couriers import carrier_of
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.i18n import moment_text, money_text
from app.queries.money_trail import LineMoney, PartMoney, money_of
from app.queries.part_status import told_status
from app.queries.titles import bought_title

Rows = list[Mapping[str, Any]]


@dataclass(frozen=True)
class Track:
    """Where a parcel was."""

    at: str
    state: str
    text: str


@dataclass(frozen=True)
class Parcel:
    """A parcel with what its courier told, newest first."""

    carrier_zh: str
    carrier_en: str
    number: str
    shipped_at: str
    delivered_at: str
    tracks: list[Track] = field(default_factory=list[Track])


@dataclass(frozen=True)
class Line:
    """What was bought, and how its money was divided."""

    id: str
    title: str
    spec: str
    picture: str
    sku: str
    quantity: int
    shipped: int
    cancelled: int
    retail: str
    total: str
    discount: str
    refunded: str
    left_cents: int
    money: LineMoney


@dataclass(frozen=True)
class Part:
    """What one supplier fulfils."""

    id: str
    number: str
    supplier: str
    supplier_code: str
    status: str
    freight: str
    freight_left_cents: int
    refundable: bool
    lines: list[Line]
    parcels: list[Parcel]
    money: PartMoney


@dataclass(frozen=True)
class OrderPage:
    """All that the page of an order shows, as text."""

    number: str = ""
    status: str = ""
    store: str = ""
    store_slug: str = ""
    distributor: str = ""
    distributor_code: str = ""
    buyer_kind: str = ""
    buyer: str = ""
    buyer_note: str = ""
    placed_at: str = ""
    paid_at: str = ""
    goods: str = ""
    discount: str = ""
    freight: str = ""
    total: str = ""
    paid: str = ""
    refunded: str = ""
    recipient: str = ""
    phone: str = ""
    address: str = ""
    parts: list[Part] = field(default_factory=list[Part])
    payments: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    refunds: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    events: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    is_refunding: bool = False
    """Whether a refund has no answer of its provider yet."""


async def order_page(actor: Actor, number: str) -> OrderPage:
    """Return an order by its number. Raises Forbidden, NotFound."""
    actor.require("platform:orders:read")
    async with database().transaction(actor) as session:
        found = (await session.execute(_ORDER, {"number": number})).mappings().first()
        if found is None:
            raise NotFound()
        key = {"order": found["id"], "english": actor.locale == "en"}
        refunds = await rows(session, _REFUNDS, key)
        return OrderPage(
            **_head(dict(found)),
            parts=await _parts(session, key),
            payments=[_payment(row) for row in await rows(session, _PAYMENTS, key)],
            refunds=[_refund(row) for row in refunds],
            is_refunding=any(row["status"] in ("PENDING", "PROCESSING") for row in refunds),
            events=[_event(row) for row in await rows(session, _EVENTS, key)],
        )


async def rows(session: AsyncSession, statement: Any, params: Mapping[str, Any]) -> Rows:
    """Return the rows of a statement by column."""
    return [dict(row) for row in (await session.execute(statement, params)).mappings()]


_ORDER = text(
    "select o.*, s.name as store, s.slug, d.name as distributor, d.code as distributor_code,"
    " coalesce(c.name, b.name, '') as buyer, a.recipient, a.phone,"
    " concat_ws(' ', a.province, a.city, nullif(a.district, ''), a.street) as address"
    " from orders o left join stores s on s.id = o.store_id"
    " left join merchants d on d.id = o.distributor_id"
    " left join merchants b on b.id = o.buyer_merchant_id"
    " left join consumers c on c.id = o.consumer_id"
    " left join order_addresses a on a.order_id = o.id where o.number = :number"
)

_PARTS = text(
    f"select s.*, {told_status('s')} as told, m.name as supplier, m.code from supplier_orders s"
    " left join merchants m on m.id = s.supplier_id where s.order_id = :order order by s.number"
)

_LINES = text(
    f"select l.*, {bought_title()} as shown_title, o.currency, f.sku_code, f.shipped_quantity,"
    " f.cancelled_quantity from order_lines l"
    " join orders o on o.id = l.order_id"
    " left join products p on p.id = l.product_id"
    " left join fulfilment_lines f on f.line_id = l.id where l.order_id = :order order by l.id"
)

_PARCELS = text(
    "select *, coalesce(nullif(carrier_name, ''), carrier_code) as carrier from shipments"
    " where order_id = :order order by shipped_at, id",
)

_TRACKS = text(
    "select shipment_id, state, text, occurred_at from tracking_events where order_id = :order"
    " order by occurred_at desc, id desc"
)

_PAYMENTS = text("select * from payments where order_id = :order order by created_at desc, id desc")

_REFUNDS = text(
    "select r.*, s.number as part from refunds r"
    " left join supplier_orders s on s.id = r.supplier_order_id"
    " where r.order_id = :order order by r.created_at desc, r.id desc"
)

_EVENTS = text(
    # What happened to several parts at once is told once.
    "select kind, at, scope, who, note, string_agg(part, ' · ' order by part) as parts from ("
    "  select e.kind, e.created_at as at, e.actor_scope as scope, coalesce(u.name, '') as who,"
    "   coalesce(e.note, '') as note, s.number as part"
    "  from order_events e left join supplier_orders s on s.id = e.supplier_order_id"
    "  left join users u on u.id = e.actor_user_id where e.order_id = :order"
    "  union all select 'REFUND_PROMISED', r.created_at, coalesce(r.actor_scope, 'system'),"
    "   coalesce(u.name, ''), r.number, s.number"
    "  from refunds r left join supplier_orders s on s.id = r.supplier_order_id"
    "  left join users u on u.id = r.actor_user_id where r.order_id = :order"
    "  union all select 'REFUNDED', r.succeeded_at, 'system', '', r.number, s.number"
    "  from refunds r left join supplier_orders s on s.id = r.supplier_order_id"
    "  where r.order_id = :order and r.succeeded_at is not null"
    "  union all select distinct 'RELEASED', t.available_at, 'system', '', '', s.number"
    "  from splits t join supplier_orders s on s.id = t.supplier_order_id"
    "  where t.order_id = :order and t.available_at is not null) x"
    " group by kind, at, scope, who, note order by at desc, kind"
)


_SUMS = ("goods", "freight", "total", "paid")
_TAKEN = ("discount", "refunded")
"""Amounts that are shown as taken away, and not at all where nothing was."""


def _head(order: Mapping[str, Any]) -> dict[str, str]:
    currency = order["currency"]
    return {
        "number": order["number"],
        "status": order["status"],
        "store": order["store"] or "",
        "store_slug": order["slug"] or "",
        "distributor": order["distributor"] or "",
        "distributor_code": order["distributor_code"] or "",
        "buyer_kind": order["buyer_kind"],
        "buyer": order["buyer"],
        "buyer_note": order["buyer_note"] or "",
        "placed_at": moment_text(order["placed_at"]),
        "paid_at": moment_text(order["paid_at"]),
        **{name: money_text(order[f"{name}_cents"], currency) for name in _SUMS},
        **{name: money_text(-order[f"{name}_cents"] or None, currency) for name in _TAKEN},
        "recipient": order["recipient"] or "",
        "phone": order["phone"] or "",
        "address": order["address"] or "",
    }


async def _parts(session: AsyncSession, key: Mapping[str, Any]) -> list[Part]:
    lines = await rows(session, _LINES, key)
    parcels = await _parcels(session, key)
    trail = await money_of(session, key["order"])
    parts: list[Part] = []
    for part in await rows(session, _PARTS, key):
        money = trail.of_part(part["id"])
        own = [_line(row, trail.of_line(row["id"])) for row in lines
               if row["supplier_order_id"] == part["id"]]  # fmt: skip
        parts.append(
            Part(
                id=str(part["id"]),
                number=part["number"],
                supplier=part["supplier"] or "",
                supplier_code=part["code"] or "",
                status=part["told"],
                freight=money_text(part["freight_cents"], part["currency"]),
                freight_left_cents=money.freight_left_cents,
                # The money of imported history was never here.
                refundable=part["imported_at"] is None
                and part["status"] not in ("PENDING_PAYMENT", "CLOSED")
                and (any(line.left_cents for line in own) or money.freight_left_cents > 0),
                lines=own,
                parcels=parcels.get(part["id"], []),
                money=money,
            )
        )
    return parts


def _line(row: Mapping[str, Any], money: LineMoney) -> Line:
    paid, currency = row["goods_cents"] - row["discount_cents"], row["currency"]
    return Line(
        id=str(row["id"]),
        title=row["shown_title"],
        spec=row["spec_text"],
        picture=row["image_key"] or "",
        sku=row["sku_code"] or "",
        quantity=row["quantity"],
        shipped=row["shipped_quantity"] or 0,
        cancelled=row["cancelled_quantity"] or 0,
        retail=money_text(row["retail_cents"], currency),
        total=money_text(paid, currency),
        discount=money_text(-row["discount_cents"] or None, currency),
        refunded=money_text(-row["refunded_cents"] or None, currency),
        left_cents=paid - row["refunded_cents"],
        money=money,
    )


async def _parcels(session: AsyncSession, key: Mapping[str, Any]) -> dict[Any, list[Parcel]]:
    tracks = await rows(session, _TRACKS, key)
    found: dict[Any, list[Parcel]] = {}
    for row in await rows(session, _PARCELS, key):
        carrier = carrier_of(row["carrier"])
        parcel = Parcel(
            carrier_zh=carrier.name_zh,
            carrier_en=carrier.name_en,
            number=row["tracking_no"],
            shipped_at=moment_text(row["shipped_at"]),
            delivered_at=moment_text(row["delivered_at"]),
            tracks=[
                Track(moment_text(t["occurred_at"]), t["state"], t["text"])
                for t in tracks
                if t["shipment_id"] == row["id"]
            ],
        )
        found.setdefault(row["supplier_order_id"], []).append(parcel)
    return found


def _payment(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": row["number"],
        "provider": row["provider"],
        "status": row["status"],
        "amount": money_text(row["amount_cents"], row["currency"]),
        "at": moment_text(row["paid_at"] or row["created_at"]),
        "unwanted": "1" if row["status"] == "PAID" and not row["settled_by_order"] else "",
    }


def _refund(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": row["number"],
        "part": row["part"] or "",
        "status": row["status"],
        "amount": money_text(row["amount_cents"], row["currency"]),
        "reason": row["reason"],
        "at": moment_text(row["succeeded_at"] or row["created_at"]),
    }


def _event(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "kind": row["kind"],
        "at": moment_text(row["at"]),
        "scope": row["scope"],
        "who": row["who"],
        "note": row["note"],
        "parts": row["parts"] or "",
    }
