"""The pool (商品池): suppliers push products in one click, the platform reviews them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.inputs import text_of
from app.services.notices import tell_each
from app.services.shelf import refresh_products


async def push(actor: Actor, product_ids: Sequence[UUID]) -> int:
    """Push products to the pool (一键铺货); returns how many now wait for review.

    Only complete products are pushed: with a picture and an active SKU.
    """
    actor.require("supplier:products:write")
    async with engine_transaction(actor, "pool.change") as session:
        found = await session.execute(
            text(
                "insert into pool_entries (product_id, supplier_id, status, submitted_at)"
                " select p.id, p.supplier_id, 'SUBMITTED', :at from products p"
                " where p.id = any(:ids) and p.supplier_id = :supplier and p.status = 'ACTIVE'"
                " and exists (select 1 from product_images i where i.product_id = p.id)"
                " and exists (select 1 from skus s where s.product_id = p.id and s.is_active)"
                " on conflict (product_id) do update set status = 'SUBMITTED', submitted_at = :at,"
                " review_note = null where pool_entries.status in ('REJECTED', 'WITHDRAWN')"
                " returning product_id"
            ),
            {"ids": list(product_ids), "supplier": actor.merchant, "at": now()},
        )
        pushed = [row.product_id for row in found]
        if pushed:
            await _tell_platform(session, len(pushed))
        return len(pushed)


async def withdraw(actor: Actor, product_ids: Sequence[UUID]) -> int:
    """Take products out of the pool: off every store's shelf at once. Returns how many."""
    actor.require("supplier:products:write")
    async with engine_transaction(actor, "pool.change") as session:
        found = await session.execute(
            text(
                "update pool_entries set status = 'WITHDRAWN' where product_id = any(:ids)"
                " and supplier_id = :supplier and status <> 'WITHDRAWN' returning product_id"
            ),
            {"ids": list(product_ids), "supplier": actor.merchant},
        )
        withdrawn = [row.product_id for row in found]
        await refresh_products(session, withdrawn)
        told = {"ids": withdrawn, "at": now().isoformat()}
        await tell_each(session, "product_withdrawn", _LISTERS, told)
        return len(withdrawn)


async def review(
    actor: Actor, product_ids: Sequence[UUID], *, approve: bool, note: str = ""
) -> int:
    """Approve or reject submitted products; a rejection says why. Returns how many."""
    actor.require("platform:products:write")
    note = text_of("note", note, 500, lines=True)
    if not approve and not note:
        raise Invalid({"note": N_("Enter a reason so that the supplier can correct it.")})
    status = "APPROVED" if approve else "REJECTED"
    async with engine_transaction(actor, "pool.review") as session:
        found = await session.execute(
            text(
                "update pool_entries set status = :status, reviewed_at = :at, reviewed_by = :user,"
                " review_note = :note where product_id = any(:ids) and status = 'SUBMITTED'"
                " returning product_id, supplier_id"
            ),
            {
                "ids": list(product_ids),
                "status": status,
                "at": now(),
                "user": actor.user_id,
                "note": note or None,
            },
        )
        rows = found.all()
        kind = "product_approved" if approve else "product_rejected"
        told = {"ids": [row.product_id for row in rows], "at": now().isoformat(), "note": note}
        await tell_each(session, kind, _REVIEWED, told)
        await refresh_products(session, [row.product_id for row in rows])
        return len(rows)


async def _tell_platform(session: AsyncSession, count: int) -> None:
    await session.execute(
        text(
            "insert into notifications (id, scope, kind, params, path) values (:id, 'platform',"
            " 'products_to_review', jsonb_build_object('count', cast(:count as int)), 'products')"
        ),
        {"id": new_id(), "count": count},
    )


_REVIEWED = (
    "select 'supplier' as scope, p.supplier_id as merchant_id,"
    " 'product:' || p.id || ':' || cast(:at as text) as event, 'products/' || p.id as path,"
    " jsonb_strip_nulls(jsonb_build_object('title', p.title,"
    "  'note', nullif(cast(:note as text), ''))) as params"
    " from products p where p.id = any(:ids)"
)
# A distributor is told once of all that one supplier withdrew at once.
_LISTERS = (
    "select 'distributor' as scope, l.distributor_id as merchant_id,"
    " 'withdrawn:' || min(p.supplier_id::text) || ':' || cast(:at as text) as event,"
    " 'listings?status=OFF_POOL' as path, jsonb_strip_nulls(jsonb_build_object("
    "  'title', min(p.title), 'more', case when count(distinct p.id) > 1"
    "   then '+' || (count(distinct p.id) - 1) end)) as params"
    " from listings l join products p on p.id = l.product_id"
    " where p.id = any(cast(:ids as uuid[])) group by l.distributor_id"
)
