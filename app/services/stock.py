"""What a supplier has on hand, changed only by movements with a reason."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import text

from app.access import Actor
from app.kit.errors import Conflict, Invalid, NotFound
from app.services.engine import engine_transaction
from app.services.shelf import refresh_products
from models.catalog import MovementReason, StockMovement

BY_HAND = (MovementReason.RECEIPT, MovementReason.COUNT, MovementReason.DAMAGE)
"""The reasons that a person may give."""


class Adjustment(BaseModel):
    """A change of ``on_hand`` by ``delta`` units."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    sku_id: UUID
    delta: int
    reason: MovementReason
    note: Annotated[str, StringConstraints(max_length=200)] = ""


async def adjust(actor: Actor, change: Adjustment) -> int:
    """Record a movement; return what is on hand afterwards.

    Raises NotFound, Invalid for a change of nothing or a wrong reason, and Conflict when less
    would be left than is promised to orders.
    """
    actor.require("supplier:stock:write")
    if change.delta == 0:
        raise Invalid({"delta": "Enter how many units came or went."})
    if change.reason not in BY_HAND:
        raise Invalid({"reason": "Choose a reason."})
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
            raise Conflict()
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
