"""Telling those concerned what costs them money: in the inbox at once, by mail soon, once each.

A kind is declared here as data; what it says stands in ``app.words.NOTICE``. ``event`` names what
happened, so that the same happening is told once in each workspace and mailed once to each person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from json import dumps
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.defer import defer


@dataclass(frozen=True)
class NoticeKind:
    """Who of a workspace is written to (``<scope>:<permission>``), and whether mail goes out."""

    permission: str
    mails: bool = True


KINDS: Mapping[str, NoticeKind] = {
    "merchant_approved": NoticeKind("settings:read"),
    "merchant_refused": NoticeKind("settings:read"),
    "merchant_suspended": NoticeKind("settings:read"),
    "merchant_reinstated": NoticeKind("settings:read"),
    "product_approved": NoticeKind("products:read"),
    "product_rejected": NoticeKind("products:read"),
    "product_withdrawn": NoticeKind("listings:read"),
    "supplier_suspended": NoticeKind("listings:read"),
    "listing_needs_reprice": NoticeKind("listings:read"),
    "part_refused": NoticeKind("orders:read"),
    "part_shipped": NoticeKind("orders:read", mails=False),
    "part_withdrawn": NoticeKind("orders:read"),
    "order_refunded": NoticeKind("orders:read"),
    "part_refunded": NoticeKind("orders:read"),
    "refund_failed": NoticeKind("payments:read"),
    "stock_low": NoticeKind("stock:read"),
    "orders_overdue": NoticeKind("orders:read"),
}
"""Kinds told by ``tell`` and ``tell_each``; others (an order to ship) go to the inbox alone."""


@dataclass(frozen=True)
class Notice:
    """One happening for one workspace; ``path`` leads below it."""

    kind: str
    scope: str
    merchant_id: UUID | None
    event: str
    path: str = ""
    params: Mapping[str, object] = field(default_factory=dict[str, object])


_INSERT = (
    "insert into notifications (id, scope, merchant_id, kind, event, params, path, to_mail)"
    " select new_uuid(), x.scope, x.merchant_id, x.kind, left(x.event, 120), x.params,"
    " nullif(x.path, ''), x.kind = any(:mailed) from ({rows}) x on conflict do nothing"
)
_LISTED = (
    "select * from jsonb_to_recordset(cast(:notices as jsonb))"
    " as n(kind text, scope text, merchant_id uuid, event text, path text, params jsonb)"
)
_MAILED = sorted(kind for kind, how in KINDS.items() if how.mails)


async def tell(session: AsyncSession, notices: Sequence[Notice]) -> None:
    """Put notices into inboxes, inside the caller's transaction (as the engine role)."""
    if notices:
        rows = [asdict(notice) | {"params": dict(notice.params)} for notice in notices]
        await _insert(session, _LISTED, {"notices": dumps(rows, default=str)})


async def tell_each(
    session: AsyncSession, kind: str, rows: str, params: Mapping[str, object]
) -> None:
    """Put a notice into many inboxes by one statement.

    ``rows`` is a query that gives scope, merchant_id, event, path and params of each.
    """
    listed = f"select cast(:kind as text) as kind, r.* from ({rows}) r"
    await _insert(session, listed, {**params, "kind": kind})


async def _insert(session: AsyncSession, rows: str, params: Mapping[str, object]) -> None:
    found = await session.execute(
        text(_INSERT.format(rows=rows) + " returning to_mail"), {**params, "mailed": _MAILED}
    )
    if any(row.to_mail for row in found):
        await defer(session, "tongshang:mail_notices", once="mail_notices")
