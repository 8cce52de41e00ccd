"""Payments and refunds, and one payment with every message of its provider."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_
from app.queries.lists.platform_money import PAYMENTS, REFUNDS
from app.queries.platform_payment import PaymentPage, payment_page
from app.services import refunds
from state.gate import acting
from state.listing import ListState
from state.record import ActedRecordState, name_in_address
from state.screens import Action, Values


async def _again(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await refunds.ask_again(actor, keys)


class PaymentsState(ListState, rx.State):
    """The list of payments."""

    resource: ClassVar = PAYMENTS


class RefundsState(ListState, rx.State):
    """The list of refunds."""

    resource: ClassVar = REFUNDS
    actions: ClassVar = (
        Action("again", N_("Ask the provider again"), "platform:payments:write", _again,
               icon="refresh-cw", when=("status", ("FAILED",)),
               done=N_("Asked again: %(count)s.")),
    )  # fmt: skip


class PaymentState(ActedRecordState, rx.State):
    """One payment."""

    permission: ClassVar = "platform:payments:read"

    payment: PaymentPage = PaymentPage()

    async def _read(self) -> None:
        self.payment = await payment_page(acting().actor, name_in_address())
