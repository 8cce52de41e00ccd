"""An order as its buyer reads it: without suppliers, supply prices or shares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.adapters.couriers import tracking_link
from app.kit.clock import now
from app.kit.db import database
from app.queries.carriers import SHOWN_CARRIER
from app.queries.part_status import told_status

MOST_LISTED = 50


@dataclass(frozen=True)
class BoughtLine:
    """What was bought, in cents."""

    listing_id: UUID
    sku_id: UUID
    title: str
    spec_text: str
    image_key: str | None
    quantity: int
    retail_cents: int
    goods_cents: int
    refunded_cents: int


@dataclass(frozen=True)
class Track:
    """One report of a courier."""

    state: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Parcel:
    """A parcel on its way, the latest report first."""

    carrier_code: str
    tracking_no: str
    link: str
    """Where the carrier tells of it; '' where nobody knows."""
    shipped_at: datetime
    delivered_at: datetime | None
    tracks: tuple[Track, ...]


@dataclass(frozen=True)
class Part:
    """What comes together from one place; the place stays unnamed."""

    number: str
    status: str
    told: str
    """The status in the words for people, which tell a withdrawal from a refusal."""
    freight_cents: int
    note: str
    accepted_at: datetime | None
    shipped_at: datetime | None
    received_at: datetime | None
    lines: tuple[BoughtLine, ...]
    parcels: tuple[Parcel, ...]

    @property
    def can_receive(self) -> bool:
        """Whether all of it was shipped and its receipt is not confirmed."""
        return self.status == "SHIPPED"

    @property
    def delivered_at(self) -> datetime | None:
        """When the last parcel arrived; None while one is on its way or none was sent."""
        moments = [parcel.delivered_at for parcel in self.parcels]
        return _last(moments) if self.shipped_at else None


@dataclass(frozen=True)
class Returned:
    """Money on its way back or back already."""

    amount_cents: int
    status: str
    reason: str
    created_at: datetime
    succeeded_at: datetime | None


@dataclass(frozen=True)
class Step:
    """A step of the order's life, done if it has a moment; ``done`` of ``parts`` have taken it."""

    kind: str
    at: datetime | None
    done: int = 0
    parts: int = 0

    @property
    def is_partly_done(self) -> bool:
        """Whether some parts have taken it and others have not."""
        return self.at is None and self.done > 0


@dataclass(frozen=True)
class OrderView:
    """A buyer's order; amounts in cents, ``phone`` E.164, ``last_event`` as the events name it."""

    id: UUID
    number: str
    status: str
    currency: str
    goods_cents: int
    discount_cents: int
    freight_cents: int
    total_cents: int
    paid_cents: int
    refunded_cents: int
    buyer_note: str
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    closed_at: datetime | None
    recipient: str
    phone: str
    place: str
    last_event: str
    payment_status: str
    refunds: tuple[Returned, ...]
    parts: tuple[Part, ...]

    @property
    def can_pay(self) -> bool:
        """Whether the order still waits for its money."""
        return self.status == "PENDING_PAYMENT" and self.expires_at > now()

    @property
    def is_paid_back(self) -> bool:
        """Whether the provider has paid all that was promised back."""
        return all(refund.status == "SUCCEEDED" for refund in self.refunds)

    @property
    def is_being_paid(self) -> bool:
        """Whether a payment is under way whose outcome is not known yet."""
        return self.can_pay and self.payment_status == "PENDING"

    @property
    def is_expired(self) -> bool:
        """Whether its time to pay is over, closed already or about to be."""
        waits = self.status == "PENDING_PAYMENT" and not self.can_pay
        return waits or (self.status == "CLOSED" and self.last_event == "EXPIRED")

    @property
    def can_cancel_paid(self) -> bool:
        """Whether it was paid and nobody has begun to work on it."""
        return {part.status for part in self.parts} == {"PAID"}

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of a life that goes well; a step is done when it is for all live parts.

        Parts that were refunded before shipping take no steps and hold none up.
        """
        live = [part for part in self.parts if part.status != "REJECTED"]
        return (
            Step("placed", self.placed_at),
            Step("paid", self.paid_at),
            _step("accepted", [part.accepted_at for part in live]),
            _step("shipped", [part.shipped_at for part in live]),
            _step("delivered", [part.delivered_at or part.received_at for part in live]),
            _step("received", [part.received_at for part in live]),
        )


@dataclass(frozen=True)
class OrderRow:
    """An order in a customer's list."""

    number: str
    status: str
    currency: str
    total_cents: int
    placed_at: datetime
    units: int
    image_keys: tuple[str, ...]
    titles: tuple[str, ...]


def _step(kind: str, moments: Sequence[datetime | None]) -> Step:
    done = sum(moment is not None for moment in moments)
    return Step(kind, _last(moments), done, len(moments))


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    known = list(moments)
    done = [moment for moment in known if moment is not None]
    return max(done) if done and len(done) == len(known) else None


async def of_customer(actor: Actor) -> list[OrderRow]:
    """Return the signed-in customer's latest orders in the actor's store."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            _LIST,
            {
                "store": actor.store_id,
                "consumer": actor.consumer_id,
                "limit": MOST_LISTED,
            },
        )
        return [_row(dict(row)) for row in found.mappings()]


def _row(row: dict[str, Any]) -> OrderRow:
    pictures, titles = row.pop("image_keys") or (), row.pop("titles") or ()
    return OrderRow(**row, image_keys=tuple(pictures), titles=tuple(titles))


async def waiting_of_customer(actor: Actor) -> str | None:
    """Return the number of the customer's latest order that waits for its payment."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select number from orders where consumer_id = :consumer and store_id = :store"
                " and status = 'PENDING_PAYMENT' and expires_at > :now"
                " order by placed_at desc limit 1"
            ),
            {"consumer": actor.consumer_id, "store": actor.store_id, "now": now()},
        )
        return found.scalar_one_or_none()


async def payment_state(session: AsyncSession, order_id: UUID) -> tuple[str, str]:
    """Return the order's status and that of its latest payment, '' without one."""
    found = await session.execute(
        text(
            "select o.status, coalesce((select p.status from payments p where p.order_id = o.id"
            " order by p.created_at desc limit 1), '') as payment from orders o where o.id = :id"
        ),
        {"id": order_id},
    )
    row = found.one()
    return row.status, row.payment


async def read_order(session: AsyncSession, order_id: UUID) -> OrderView:
    """Read an order in a session that may (see ``app.services.order_links``)."""
    which = {"id": order_id}
    order = dict((await session.execute(_ORDER, which)).mappings().one())
    lines = [dict(row) for row in (await session.execute(_LINES, which)).mappings()]
    parcels = [dict(row) for row in (await session.execute(_PARCELS, which)).mappings()]
    refunds = tuple(_returned(one) for one in order.pop("refunds"))
    return OrderView(**order, refunds=refunds, parts=_parts(lines, parcels))


def _returned(one: dict[str, Any]) -> Returned:
    done = one["succeeded_at"]
    return Returned(
        one["amount_cents"],
        one["status"],
        one["reason"],
        datetime.fromisoformat(one["created_at"]),
        datetime.fromisoformat(done) if done else None,
    )


def _parts(lines: Sequence[dict[str, Any]], parcels: Sequence[dict[str, Any]]) -> tuple[Part, ...]:
    by_part: dict[UUID, list[dict[str, Any]]] = {}
    for line in lines:
        by_part.setdefault(line["part_id"], []).append(line)
    return tuple(
        _part(rows, [parcel for parcel in parcels if parcel["part_id"] == part_id])
        for part_id, rows in by_part.items()
    )


def _part(rows: Sequence[dict[str, Any]], parcels: Sequence[dict[str, Any]]) -> Part:
    head = rows[0]
    return Part(
        number=head["number"],
        status=head["status"],
        told=head["told"],
        freight_cents=head["freight_cents"],
        note=head["note"] or "",
        accepted_at=head["accepted_at"],
        shipped_at=head["shipped_at"],
        received_at=head["received_at"],
        lines=tuple(
            BoughtLine(**{name: row[name] for name in BoughtLine.__dataclass_fields__})
            for row in rows
        ),
        parcels=tuple(_parcel(parcel) for parcel in parcels),
    )


def _parcel(row: dict[str, Any]) -> Parcel:
    tracks = (
        Track(one["state"], one["text"], datetime.fromisoformat(one["at"])) for one in row["tracks"]
    )
    return Parcel(
        row["carrier_code"],
        row["tracking_no"],
        tracking_link(row["of_carrier"], row["tracking_no"], row["carrier_site"]),
        row["shipped_at"],
        row["delivered_at"],
        tuple(tracks),
    )


_ORDER = text(
    "select o.id, o.number, o.status, o.currency, o.goods_cents, o.discount_cents,"
    " o.freight_cents, o.total_cents, o.paid_cents, o.refunded_cents,"
    " coalesce(o.buyer_note, '') as buyer_note, o.placed_at, o.expires_at,"
    " o.paid_at, o.closed_at, a.recipient, a.phone,"
    " concat_ws(' ', a.province, nullif(a.city, a.province), nullif(a.district, ''), a.street)"
    "  as place,"
    " coalesce((select e.kind from order_events e where e.order_id = o.id"
    "  order by e.created_at desc, e.id desc limit 1), '') as last_event,"
    " coalesce((select p.status from payments p where p.order_id = o.id"
    "  order by p.created_at desc limit 1), '') as payment_status,"
    " (select coalesce(jsonb_agg(jsonb_build_object('amount_cents', r.amount_cents,"
    "   'status', r.status, 'reason', r.reason, 'created_at', r.created_at,"
    "   'succeeded_at', r.succeeded_at) order by r.created_at), '[]')"
    "  from refunds r where r.order_id = o.id) as refunds"
    " from orders o join order_addresses a on a.order_id = o.id where o.id = :id"
)
_LINES = text(
    f"select s.id as part_id, s.number, s.status, {told_status('s')} as told,"
    " s.freight_cents - s.store_freight_cents as freight_cents,"
    " s.accepted_at, s.shipped_at, s.received_at,"
    " (select e.note from order_events e where e.supplier_order_id = s.id"
    "  and e.to_status = 'REJECTED'"
    "  order by e.created_at desc limit 1) as note,"
    " l.listing_id, l.sku_id, l.title, l.spec_text, l.image_key, l.quantity, l.retail_cents,"
    " l.goods_cents, l.refunded_cents"
    " from supplier_orders s join order_lines l on l.supplier_order_id = s.id"
    " where s.order_id = :id order by s.number, l.id"
)
_PARCELS = text(
    f"select h.supplier_order_id as part_id, {SHOWN_CARRIER}, h.tracking_no, h.shipped_at,"
    " h.carrier_code as of_carrier, h.carrier_site,"
    " h.delivered_at, (select coalesce(jsonb_agg(jsonb_build_object('state', t.state,"
    "   'text', t.text, 'at', t.occurred_at) order by t.occurred_at desc, t.created_at desc), '[]')"
    "  from tracking_events t where t.shipment_id = h.id) as tracks"
    " from shipments h where h.order_id = :id order by h.shipped_at, h.id"
)
_LIST = text(
    "select o.number, o.status, o.currency, o.total_cents, o.placed_at, x.units, x.image_keys,"
    " x.titles from orders o cross join lateral (select coalesce(sum(l.quantity), 0) as units,"
    "  array_agg(l.image_key) filter (where l.image_key is not null) as image_keys,"
    "  array_agg(l.title order by l.id) as titles from order_lines l where l.order_id = o.id) x"
    " where o.store_id = :store and o.consumer_id = :consumer"
    " order by o.placed_at desc limit :limit"
)
