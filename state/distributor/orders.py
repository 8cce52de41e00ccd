"""Orders of own stores, and one order with its parts, money and steps."""

from typing import Any, ClassVar

import reflex as rx

from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.queries.distributor_orders import order_detail
from app.queries.lists.distributor_trade import ORDERS
from app.queries.shown import all_shown, shown
from app.services.closing import cancel_for_store
from app.services.fulfilment import withdraw
from app.words import (
    ORDER_STATUS,
    PART_STATUS,
    PAYMENT_STATUS,
    REFUND_REASON,
    REFUND_STATUS,
)
from state.gate import OF_SCREEN, acting, needs
from state.listing import ListState
from state.merging import form_saved
from state.record import RecordState, name_in_address

_WRITE = "distributor:orders:write"

EVENTS = (
    ("PLACED", N_("Order placed")),
    ("PAID", N_("Paid")),
    ("ACCEPTED", N_("Accepted by the supplier")),
    ("SHIPPED", N_("Shipped")),
    ("RECEIVED", N_("Receipt confirmed by the buyer")),
    ("RECEIVED_BY_TIME", N_("Receipt confirmed automatically")),
    ("COMPLETED", N_("Completed")),
    ("CANCELLED", N_("Cancelled")),
    ("EXPIRED", N_("Payment time expired")),
    ("REJECTED", N_("Declined by the supplier")),
    ("WITHDRAWN", N_("Taken back before shipping")),
    ("REST_CANCELLED", N_("The rest was refunded and is not shipped")),
    ("REOPENED", N_("Reopened by a late payment")),
    ("IMPORTED", N_("Imported from another marketplace")),
)
REASONS = REFUND_REASON
BUYERS = (
    ("GUEST", N_("Guest")),
    ("CONSUMER", N_("Registered customer")),
    ("MERCHANT", N_("Company")),
)
__all__ = [
    "BUYERS",
    "EVENTS",
    "ORDER_STATUS",
    "PART_STATUS",
    "PAYMENT_STATUS",
    "REASONS",
    "REFUND_STATUS",
    "OrderState",
    "OrdersState",
]


class OrdersState(ListState, rx.State):
    """The list of orders."""

    resource: ClassVar = ORDERS


class OrderState(RecordState, rx.State):
    """One order."""

    permission: ClassVar[str] = "distributor:orders:read"

    facts: dict[str, str] = {}
    parts: list[dict[str, str]] = []
    lines: list[dict[str, str]] = []
    parcels: list[dict[str, str]] = []
    money: list[dict[str, str]] = []
    events: list[dict[str, str]] = []
    can_withdraw: bool = False
    is_refunding: bool = False
    """Whether a refund has no answer of its provider yet."""
    asking: bool = False
    errors: dict[str, str] = {}

    async def _read(self) -> None:
        found = await order_detail(acting().actor, name_in_address())
        self.facts = shown(found.facts)
        self.parts = all_shown(found.parts)
        self.lines = all_shown(found.lines, found.facts["currency"])
        self.parcels = all_shown(found.parcels)
        self.money = all_shown(found.money)
        self.events = all_shown(found.events)
        self.can_withdraw = any(part["status"] == "PAID" for part in self.parts)
        self.is_refunding = any(
            row["what"] == "refund" and row["status"] in ("PENDING", "PROCESSING")
            for row in self.money
        )
        self.asking, self.errors = self.asking and acting().is_reconnected, {}

    @rx.event
    @needs(OF_SCREEN)
    async def look(self) -> None:
        """Read anew how far the refunds are, unless something is being typed."""
        if not self.asking:
            await self._show()

    @rx.event
    @needs(OF_SCREEN)
    async def ask(self) -> None:
        """Open the question before taking parts back, or close it."""
        self.asking, self.errors = not self.asking, {}

    @rx.event
    @needs(_WRITE)
    async def take_back(self, data: dict[str, Any]) -> Any:
        """Take back what no supplier has accepted; the buyer gets that money back."""
        who = acting()
        try:
            count = await withdraw(who.actor, self.facts["number"], str(data.get("reason") or ""))
        except Invalid as error:
            self.errors = {k: who.text(message) for k, message in error.fields.items()}
            return None
        await self._read()
        told = N_("Taken back: %(count)s. The refund is on its way.")
        return [form_saved(), rx.toast.success(who.text(told, count=count))]

    @rx.event
    @needs(_WRITE)
    async def cancel(self) -> Any:
        """Close the order while it is not paid."""
        who = acting()
        await cancel_for_store(who.actor, self.facts["number"])
        await self._read()
        return rx.toast.success(who.text(N_("The order is closed.")))
