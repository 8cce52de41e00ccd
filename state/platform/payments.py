"""Payments and refunds, and one payment with every message of its provider."""

from typing import ClassVar

import reflex as rx

from app.queries.lists.platform_money import PAYMENTS, REFUNDS
from app.queries.platform_payment import PaymentPage, payment_page
from state.gate import acting
from state.listing import ListState
from state.record import ActedRecordState, name_in_address


class PaymentsState(ListState, rx.State):
    """The list of payments."""

    resource: ClassVar = PAYMENTS


class RefundsState(ListState, rx.State):
    """The list of refunds."""

    resource: ClassVar = REFUNDS


class PaymentState(ActedRecordState, rx.State):
    """One payment."""

    permission: ClassVar = "platform:payments:read"

    payment: PaymentPage = PaymentPage()

    async def _read(self) -> None:
        self.payment = await payment_page(acting().actor, name_in_address())
