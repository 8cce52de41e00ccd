"""The platform's orders: all of them, and one with its parts, its history and its money."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.currencies import decimal_text
from app.kit.i18n import N_, money_text
from app.queries.lists.platform import ORDERS
from app.queries.platform_order import OrderPage, order_page
from app.queries.refundable import Refundable, refundable
from app.services import fulfilment, refunds
from app.services.rules.refunds import LineWish, RefundPlan
from state.gate import OF_SCREEN, acting, needs
from state.listing import ListState
from state.record import ActedRecordState, name_in_address
from state.screens import Action, Field, Sentence, Values

_REASON = Field("reason", N_("Reason"), "area", required=True, help=N_("The buyer may be told."))


class OrdersState(ListState, rx.State):
    """The list of orders."""

    resource: ClassVar = ORDERS


async def _cancel(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    await fulfilment.cancel_part(actor, keys[0], values["reason"])
    return 1


async def _refund_part(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    part = await refundable(actor, keys[0])
    await refunds.refund_rest(actor, part.number, values["reason"])
    return 1


def _line_wish(values: Values) -> LineWish:
    return LineWish(values["amount"], values["units"] or 0)


async def _refund_line(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    part = await refundable(actor, keys[0])
    wishes, freight = {keys[0]: _line_wish(values)}, values["freight"] or 0
    await refunds.refund_lines(actor, part.number, wishes, freight, values["reason"])
    return 1


async def _refund_freight(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    part = await refundable(actor, keys[0])
    await refunds.refund_lines(actor, part.number, {}, values["freight"], values["reason"])
    return 1


async def _freight_left(actor: Actor, key: UUID) -> dict[str, str]:
    return {"freight": decimal_text((await refundable(actor, key)).state.freight_left_cents)}


async def _line_left(actor: Actor, key: UUID) -> dict[str, str]:
    line = (await refundable(actor, key)).line(key)
    if line.open_units:
        return {"units": str(line.open_units)}
    return {"amount": decimal_text(line.left_cents)}


def _at_most(cents: int, currency: str) -> Sentence | None:
    if not cents:
        return None
    return N_("At most %(amount)s is left."), {"amount": money_text(cents, currency)}


async def _line_limits(actor: Actor, key: UUID) -> dict[str, Sentence | None]:
    part = await refundable(actor, key)
    line = part.line(key)
    left = {"amount": money_text(line.left_cents, part.currency)}
    stopped = N_("%(left)s of %(units)s are not shipped yet. What is refunded here is not shipped.")
    units = {"left": str(line.open_units), "units": str(line.quantity)}
    paid = N_("Left empty: what the units cost. At most %(amount)s is left of this line.")
    return {
        "units": (stopped, units) if line.open_units else None,
        "amount": (paid, left) if line.open_units else _at_most(line.left_cents, part.currency),
        "freight": _at_most(part.state.freight_left_cents, part.currency),
    }


async def _freight_limits(actor: Actor, key: UUID) -> dict[str, Sentence | None]:
    part = await refundable(actor, key)
    return {"freight": _at_most(part.state.freight_left_cents, part.currency)}


PARTIES = (
    ("supplier", N_("Supplier gives back")),
    ("distributor", N_("Distributor gives back")),
    ("platform", N_("Platform gives back of its commission")),
    ("provider", N_("Payment fee that is given back")),
)


def _told(part: Refundable, plan: RefundPlan) -> list[tuple[str, str]]:
    """Say what a refund does: what the buyer gets, from whom, and what is not shipped."""
    parties = plan.by_party
    rows = [(N_("The buyer gets"), money_text(plan.total_cents, part.currency))]
    rows += [
        (label, money_text(parties[party], part.currency))
        for party, label in PARTIES
        if parties[party]
    ]
    if plan.freight_cents:
        rows.append((N_("Freight within it"), money_text(plan.freight_cents, part.currency)))
    if plan.units:
        rows.append((N_("Units that are not shipped"), str(sum(plan.units.values()))))
    if plan.ends:
        rows.append((N_("Nothing is left to ship: the part ends, its freight comes back."), ""))
    return rows


async def _foresee_line(actor: Actor, key: UUID, values: Values) -> list[tuple[str, str]]:
    part = await refundable(actor, key)
    return _told(part, part.plan({key: _line_wish(values)}, values["freight"] or 0))


async def _foresee_freight(actor: Actor, key: UUID, values: Values) -> list[tuple[str, str]]:
    part = await refundable(actor, key)
    return _told(part, part.plan({}, values["freight"] or 0))


async def _foresee_rest(actor: Actor, key: UUID, values: Values) -> list[tuple[str, str]]:
    del values
    part = await refundable(actor, key)
    return _told(part, part.plan(None, None))


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
               on="row", icon="undo-2", fields=(_REASON,), danger=True, preview=_foresee_rest,
               question=N_("Everything of this part that is not refunded yet goes back to the"
                           " buyer, freight included. Each party returns its own share."),
               done=N_("The refund is on its way.")),
        Action("refund_freight", N_("Refund freight"), "platform:payments:write",
               _refund_freight, on="row", icon="truck", prefill=_freight_left, danger=True,
               limits=_freight_limits, preview=_foresee_freight,
               fields=(Field("freight", N_("Freight"), "money", required=True), _REASON),
               question=N_("The supplier returns this amount of the part's freight."),
               done=N_("The refund is on its way.")),
        Action("refund_line", N_("Refund"), "platform:payments:write", _refund_line, on="row",
               icon="undo-2", prefill=_line_left, danger=True,
               limits=_line_limits, preview=_foresee_line,
               fields=(Field("units", N_("Units not to be shipped"), "number"),
                       Field("amount", N_("Amount"), "money"),
                       Field("freight", N_("Freight with it"), "money", placeholder="0.00"),
                       _REASON),
               question=N_("Each party returns its frozen share of this amount."),
               done=N_("The refund is on its way.")),
    )  # fmt: skip

    order: OrderPage = OrderPage()

    async def _read(self) -> None:
        self.order = await order_page(acting().actor, name_in_address())

    @rx.event
    @needs(OF_SCREEN)
    async def look(self) -> None:
        """Read anew how far the refunds are, unless something is being typed."""
        if not self.asking:
            await self._show()
