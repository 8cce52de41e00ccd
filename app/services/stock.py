"""What a supplier has on hand, changed only by movements with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from app.access import Actor
from app.kit.clock import now
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.i18n import N_, plural
from app.kit.text import Text
from app.services.engine import engine_transaction
from app.services.shelf import refresh_products
from models.catalog import MovementReason, StockMovement

BY_HAND = (MovementReason.RECEIPT, MovementReason.COUNT, MovementReason.DAMAGE)
"""The reasons that a person may give."""


MOST_ON_HAND = 10**7


class PromisedStock(Conflict):
    """Less would be left than is promised to orders."""

    code = "promised_stock"
    message = plural(
        "Only %(free)s unit can be removed; the rest is reserved for orders.",
        "Only %(free)s units can be removed; the rest is reserved for orders.",
    )


class Adjustment(BaseModel):
    """A change of ``on_hand`` by ``delta`` units."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    sku_id: UUID
    delta: Annotated[int, Field(ge=-MOST_ON_HAND, le=MOST_ON_HAND)]
    reason: MovementReason
    note: Annotated[str, Text(200)] = ""


async def adjust(actor: Actor, change: Adjustment) -> int:
    """Record a movement; return what is on hand afterwards.

    Raises NotFound, Invalid for a change of nothing or a wrong reason, and PromisedStock
    when less would be left than is promised to orders.
    """
    actor.require("supplier:stock:write")
    if change.delta == 0:
        raise Invalid({"delta": N_("Enter the number of units added or removed.")})
    if change.reason not in BY_HAND:
        raise Invalid({"reason": N_("Choose a reason.")})
    async with engine_transaction(actor, "stock.adjust") as session:
        found = await session.execute(
            text(
                "select product_id, on_hand, reserved from stock"
                " where sku_id = :sku and supplier_id = :supplier for no key update"
            ),
            {"sku": change.sku_id, "supplier": actor.merchant},
        )
        row = found.first()
        if row is None:
            raise NotFound()
        if row.on_hand + change.delta < row.reserved:
            raise PromisedStock(free=row.on_hand - row.reserved)
        if row.on_hand + change.delta > MOST_ON_HAND:
            raise Invalid({"delta": N_("This is too large.")})
        session.add(
            StockMovement(
                sku_id=change.sku_id,
                supplier_id=actor.merchant,
                delta=change.delta,
                reason=change.reason,
                user_id=actor.user_id,
                note=change.note or None,
            )
        )
        await session.execute(
            text("update stock set on_hand = on_hand + :delta where sku_id = :sku"),
            {"delta": change.delta, "sku": change.sku_id},
        )
        await session.flush()
        await refresh_products(session, [row.product_id])
        return row.on_hand + change.delta


@dataclass(frozen=True)
class Count:
    """How many units of a SKU somebody counted."""

    code: str
    units: int


@dataclass(frozen=True)
class Counted:
    """What became of one counted SKU; ``problem`` is a gettext message id, or empty."""

    code: str
    delta: int = 0
    problem: str = ""


async def count(actor: Actor, counts: Sequence[Count]) -> list[Counted]:
    """Set what is on hand to what was counted, set-based; each count gets its outcome.

    A SKU that is unknown, counted twice, or of which more is promised than was counted stays as
    it is, and its outcome says so.
    """
    actor.require("supplier:stock:write")
    codes = [one.code for one in counts]
    async with engine_transaction(actor, "stock.adjust") as session:
        found = await session.execute(_BY_CODE, {"supplier": actor.merchant, "codes": codes})
        rows = {str(row["code"]): dict(row) for row in found.mappings()}
        outcomes = [_outcome(one, rows.get(one.code), codes) for one in counts]
        moved = [one for one in outcomes if one.delta and not one.problem]
        if moved:
            params = {
                "skus": [rows[one.code]["sku_id"] for one in moved],
                "deltas": [one.delta for one in moved],
                "user": actor.user_id,
                "at": now(),
            }
            await session.execute(_COUNT, params)
            await refresh_products(session, list({rows[one.code]["product_id"] for one in moved}))
    return outcomes


def _outcome(one: Count, row: dict[str, Any] | None, codes: Sequence[str]) -> Counted:
    if row is None:
        return Counted(one.code, problem=N_("No SKU has this code."))
    if codes.count(one.code) > 1:
        return Counted(one.code, problem=N_("This code appears twice."))
    if not 0 <= one.units <= MOST_ON_HAND:
        return Counted(one.code, problem=N_("This is not valid."))
    if one.units < row["reserved"]:
        return Counted(one.code, problem=N_("More units than this are reserved for orders."))
    return Counted(one.code, one.units - int(row["on_hand"]))


_BY_CODE = text(
    "select k.code, t.sku_id, t.product_id, t.on_hand, t.reserved from stock t"
    " join skus k on k.id = t.sku_id where k.supplier_id = :supplier and k.code = any(:codes)"
    " order by t.sku_id for no key update of t"
)

_COUNT = text(
    "with x as materialized"
    " (select * from unnest(cast(:skus as uuid[]), cast(:deltas as int[])) as x(sku, delta)),"
    " moved as (insert into stock_movements (id, sku_id, supplier_id, delta, reason, user_id,"
    "  created_at) select new_uuid(), t.sku_id, t.supplier_id, x.delta, 'COUNT', :user, :at"
    "  from x join stock t on t.sku_id = x.sku)"
    " update stock t set on_hand = on_hand + x.delta from x where t.sku_id = x.sku"
)
