"""The platform's orders: all of them, and one with its parts, its history and its money."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.errors import Conflict
from app.kit.i18n import N_
from app.kit.money import decimal_text
from app.queries.lists.platform import ORDERS
from app.queries.platform_order import OrderPage, order_page, refundable
from app.services import fulfilment, refunds
from state.gate import acting
from state.listing import ListState
from state.record import ActedRecordState, name_in_address
from state.screens import Action, Field, Values

_REASON = Field("reason", N_("Reason"), "area", required=True, help=N_("The buyer may be told."))


class OrdersState(ListState, rx.State):
    """The list of orders."""

    resource: ClassVar = ORDERS


async def _cancel(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    await fulfilment.cancel_part(actor, keys[0], values["reason"])
    return 1


async def _refund_part(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    left = await refundable(actor, keys[0])
    if not any(left.lines.values()) and not left.freight_cents:
        raise Conflict()
    await refunds.refund_lines(actor, left.number, left.lines, left.freight_cents, values["reason"])
    return 1


async def _refund_line(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    left = await refundable(actor, keys[0])
    amounts, freight = {keys[0]: values["amount"]}, values["freight"] or 0
    await refunds.refund_lines(actor, left.number, amounts, freight, values["reason"])
    return 1


async def _refund_freight(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    left = await refundable(actor, keys[0])
    await refunds.refund_lines(actor, left.number, {}, values["freight"], values["reason"])
    return 1


async def _freight_left(actor: Actor, key: UUID) -> dict[str, str]:
    return {"freight": decimal_text((await refundable(actor, key)).freight_cents)}


async def _line_left(actor: Actor, key: UUID) -> dict[str, str]:
    left = await refundable(actor, key)
    return {"amount": decimal_text(left.lines.get(key, 0))}


class OrderState(ActedRecordState, rx.State):
    """One order."""

    permission: ClassVar = "platform:orders:read"
    actions: ClassVar = (
        Action("cancel", N_("Cancel this part"), "platform:orders:write", _cancel, on="row",
               icon="ban", fields=(_REASON,), danger=True,
               question=N_("The supplier has not accepted it yet. Its goods return to stock and"
                           " the buyer gets the money of this part back."),
               done=N_("Cancelled; the refund is on its way.")),
        Action("refund_part", N_("Refund the rest"), "platform:payments:write", _refund_part,
               on="row", icon="undo-2", fields=(_REASON,), danger=True,
               question=N_("Everything of this part that is not refunded yet goes back to the"
                           " buyer, freight included. Each party returns its own share."),
               done=N_("The refund is on its way.")),
        Action("refund_freight", N_("Refund freight"), "platform:payments:write",
               _refund_freight, on="row", icon="truck", prefill=_freight_left, danger=True,
               fields=(Field("freight", N_("Freight"), "money", required=True), _REASON),
               question=N_("The supplier returns this amount of the part's freight."),
               done=N_("The refund is on its way.")),
        Action("refund_line", N_("Refund"), "platform:payments:write", _refund_line, on="row",
               icon="undo-2", prefill=_line_left, danger=True,
               fields=(Field("amount", N_("Amount"), "money", required=True),
                       Field("freight", N_("Freight with it"), "money", placeholder="0.00",
                             help=N_("At most what is left of the part's freight.")),
                       _REASON),
               question=N_("Each party returns its frozen share of this amount."),
               done=N_("The refund is on its way.")),
    )  # fmt: skip

    order: OrderPage = OrderPage()

    async def _read(self) -> None:
        self.order = await order_page(acting().actor, name_in_address())
