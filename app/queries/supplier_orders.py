"""A supplier's part of an order: what to ship, where, what happened, what it earns.

Nothing here tells what the buyer pays or what the store keeps of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.carriers import SHOWN_CARRIER
from app.queries.part_status import told_status
from app.queries.titles import bought_title


@dataclass(frozen=True)
class Line:
    """Goods to ship; ``supply_cents`` is the supplier's own price for all units."""

    id: UUID
    title: str
    """As it was bought, for the slip that goes to the buyer."""
    shown_title: str
    """The same in the language of who reads it."""
    spec_text: str
    sku_code: str
    image_key: str
    quantity: int
    shipped: int
    cancelled: int
    """Units that were refunded before they were shipped."""
    supply_unit_cents: int
    supply_cents: int
    supply_returned_cents: int
    """What of it went back with refunds."""

    @property
    def left(self) -> int:
        """Units that are still to be shipped."""
        return self.quantity - self.shipped - self.cancelled


@dataclass(frozen=True)
class Track:
    """Where a parcel was."""

    state: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Parcel:
    """A shipment with what is in it and where it was, the newest first."""

    carrier_code: str
    tracking_no: str
    shipped_at: datetime
    goods: str
    tracks: Sequence[Track]


@dataclass(frozen=True)
class Happened:
    """A step of the part; ``who`` is the colleague who took it, if one did."""

    kind: str
    note: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Share:
    """What the supplier gets of the payment, in cents; ``due`` is when it becomes available."""

    kind: str
    state: str
    amount_cents: int
    reversed_cents: int
    due: datetime | None


@dataclass(frozen=True)
class Part:
    """A supplier's part of an order. The address is empty until the order is paid."""

    id: UUID
    number: str
    status: str
    store_name: str
    currency: str
    """Of its amounts and its shares'."""
    freight_cents: int
    placed_at: datetime
    paid_at: datetime | None
    recipient: str
    phone: str
    region: str
    street: str
    buyer_note: str
    lines: Sequence[Line]


async def part(actor: Actor, number: str) -> Part:
    """Return the actor's own part. Raises NotFound."""
    found = await parts(actor, [number])
    if not found:
        raise NotFound()
    return found[0]


async def parts(actor: Actor, numbers: Sequence[str]) -> Sequence[Part]:
    """Return the actor's own parts of these numbers, in their order; others are left out."""
    actor.require("supplier:orders:read")
    async with database().transaction(actor) as session:
        found = await session.execute(_PARTS, {"numbers": list(numbers)})
        rows = found.mappings().all()
        lines = await _lines(session, [row["id"] for row in rows], actor)
        by_number = {row["number"]: _part(row, lines.get(row["id"], [])) for row in rows}
    return [by_number[number] for number in dict.fromkeys(numbers) if number in by_number]


_PARTS = text(
    f"select s.id, s.number, {told_status('s')} as status, s.store_name, s.currency,"
    " s.freight_cents,"
    " s.placed_at, s.paid_at, coalesce(s.buyer_note, '') as buyer_note,"
    " coalesce(a.recipient, '') as recipient, coalesce(a.phone, '') as phone,"
    " coalesce(concat_ws(' ', a.province, nullif(a.city, a.province), a.district), '') as region,"
    " coalesce(a.street, '') as street"
    " from supplier_orders s left join order_addresses a on a.order_id = s.order_id"
    " where s.number = any(:numbers) and s.supplier_id = (select app_supplier())"
)

_LINES = text(
    f"select l.supplier_order_id as part_id, l.line_id as id, l.title, {bought_title()}"
    " as shown_title, l.spec_text, l.sku_code, coalesce(l.image_key, '') as image_key,"
    " l.quantity, l.shipped_quantity as shipped, l.cancelled_quantity as cancelled,"
    " l.supply_unit_cents, l.supply_cents, l.supply_returned_cents"
    " from fulfilment_lines l left join products p on p.id = l.product_id"
    " where l.supplier_order_id = any(:parts) order by l.line_id"
)


def _part(row: Mapping[Any, Any], lines: Sequence[Line]) -> Part:
    return Part(**dict(row), lines=lines)


async def _lines(
    session: AsyncSession, part_ids: Sequence[UUID], actor: Actor
) -> Mapping[UUID, list[Line]]:
    english = actor.locale == "en"
    found = await session.execute(_LINES, {"parts": list(part_ids), "english": english})
    lines: dict[UUID, list[Line]] = {}
    for row in found.mappings():
        values = dict(row)
        lines.setdefault(values.pop("part_id"), []).append(Line(**values))
    return lines


async def parcels(actor: Actor, part_id: UUID) -> Sequence[Parcel]:
    """Return the parcels of the actor's own part, the newest first."""
    async with database().transaction(actor) as session:
        found = await session.execute(_PARCELS, {"part": part_id})
        rows = found.all()
        tracks = await session.execute(_TRACKS, {"shipments": [row.id for row in rows]})
        by_parcel: dict[UUID, list[Track]] = {}
        for track in tracks:
            seen = Track(track.state, track.text, track.occurred_at)
            by_parcel.setdefault(track.shipment_id, []).append(seen)
    return [
        Parcel(r.carrier_code, r.tracking_no, r.shipped_at, r.goods, by_parcel.get(r.id, []))
        for r in rows
    ]


_PARCELS = text(
    f"select h.id, {SHOWN_CARRIER}, h.tracking_no, h.shipped_at, coalesce((select"
    " string_agg(f.sku_code || ' ×' || l.quantity, '，' order by f.sku_code) from shipment_lines l"
    " join fulfilment_lines f on f.line_id = l.line_id where l.shipment_id = h.id), '') as goods"
    " from shipments h where h.supplier_order_id = :part"
    " and h.supplier_id = (select app_supplier()) order by h.shipped_at desc"
)

_TRACKS = text(
    "select shipment_id, state, text, occurred_at from tracking_events"
    " where shipment_id = any(:shipments) order by occurred_at desc"
)


async def happenings(actor: Actor, part_id: UUID) -> Sequence[Happened]:
    """Return the steps of the actor's own part, the newest first.

    Only colleagues are named: users of other companies are not readable here.
    """
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select e.kind, coalesce(e.note, '') as note, coalesce(u.name, '') as who,"
                " e.created_at from order_events e left join users u on u.id = e.actor_user_id"
                " and e.actor_scope = 'supplier' where e.supplier_order_id = :part"
                " and e.supplier_id = (select app_supplier()) order by e.created_at desc, e.id desc"
            ),
            {"part": part_id},
        )
        return [Happened(*row) for row in found]


async def shares(actor: Actor, part_id: UUID) -> Sequence[Share]:
    """Return the supplier's own shares; those that it earns as a distributor are not among them."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select sp.kind, sp.state, sp.amount_cents, sp.reversed_cents,"
                " coalesce(sp.available_at, s.received_at + make_interval(days => m.settle_days))"
                " from splits sp join supplier_orders s on s.id = sp.supplier_order_id"
                " join merchants m on m.id = sp.merchant_id where sp.supplier_order_id = :part"
                " and sp.merchant_id = (select app_merchant())"
                " and sp.kind in ('SUPPLY', 'FREIGHT') order by sp.kind desc"
            ),
            {"part": part_id},
        )
        return [Share(*row) for row in found]


async def numbers_of(actor: Actor, part_ids: Sequence[UUID]) -> list[str]:
    """Return the numbers of the actor's own parts, the oldest first."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select number from supplier_orders where id = any(:ids)"
                " and supplier_id = (select app_supplier()) order by placed_at, number"
            ),
            {"ids": list(part_ids)},
        )
        return [row.number for row in found]


async def numbers_by_id(actor: Actor, part_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the numbers of the actor's own parts by their keys."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select id, number from supplier_orders where id = any(:ids)"
                " and supplier_id = (select app_supplier())"
            ),
            {"ids": list(part_ids)},
        )
        return {row.id: row.number for row in found}


async def counts_by_status(actor: Actor) -> Mapping[str, int]:
    """Return how many of the actor's parts stand in each status."""
    actor.require("supplier:orders:read")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select status, count(*) from supplier_orders"
                " where supplier_id = (select app_supplier()) group by 1"
            )
        )
        return {row[0]: row[1] for row in found}


async def last_carrier(actor: Actor) -> str:
    """Return the carrier of the supplier's last parcel, or nothing."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select carrier_code from shipments where supplier_id = (select app_supplier())"
                " order by shipped_at desc limit 1"
            )
        )
        return str(found.scalar_one_or_none() or "")
