"""What of a part can still be refunded, by line, and what a refund of it would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.services.refunds import LINE_STATES, freight_state, line_states
from app.services.rules.refunds import LineState, LineWish, PartState, RefundPlan, plan_refund


@dataclass(frozen=True)
class Refundable:
    """A part as a refund finds it, in cents of its currency."""

    number: str
    currency: str
    state: PartState

    def line(self, line_id: UUID) -> LineState:
        """Return one line. Raises NotFound."""
        for line in self.state.lines:
            if line.id == line_id:
                return line
        raise NotFound()

    def plan(self, wishes: Mapping[UUID, LineWish] | None, freight_cents: int | None) -> RefundPlan:
        """Return what a refund would do, as the refund itself decides it. Raises Invalid."""
        return plan_refund(self.state, wishes, freight_cents)


_PART = text(
    "select s.id, s.number, s.currency, (select coalesce(jsonb_agg(jsonb_build_object("
    "  'kind', f.kind, 'amount_cents', f.amount_cents, 'reversed_cents', f.reversed_cents)), '[]')"
    "  from splits f where f.supplier_order_id = s.id"
    "  and f.kind in ('FREIGHT', 'FREE_FREIGHT')) as freight"
    " from supplier_orders s where s.id = :key"
    " or s.id = (select supplier_order_id from order_lines where id = :key)"
)


async def refundable(actor: Actor, key: UUID) -> Refundable:
    """Return a part, given its id or that of one of its lines. Raises Forbidden, NotFound."""
    actor.require("platform:payments:read")
    async with database().transaction(actor) as session:
        part = (await session.execute(_PART, {"key": key})).first()
        if part is None:
            raise NotFound()
        found = await session.execute(text(LINE_STATES), {"part": part.id})
        lines = line_states([dict(row) for row in found.mappings()])
    return Refundable(part.number, part.currency, PartState(lines, *freight_state(part.freight)))
