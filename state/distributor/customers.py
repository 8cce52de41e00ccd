"""Customers with an account in an own store, and what one of them bought."""

from typing import ClassVar

import reflex as rx

from app.queries.balances import amount_texts
from app.queries.distributor_orders import customer_detail
from app.queries.lists.distributor_trade import CUSTOMERS
from app.queries.shown import all_shown, shown
from app.words import ORDER_STATUS
from state.gate import acting
from state.listing import ListState
from state.record import RecordState, id_in_address


class CustomersState(ListState, rx.State):
    """The list of customers."""

    resource: ClassVar = CUSTOMERS


class CustomerState(RecordState, rx.State):
    """One customer."""

    permission: ClassVar[str] = "distributor:customers:read"

    facts: dict[str, str] = {}
    spent: list[str] = []
    average: list[str] = []
    orders: list[dict[str, str]] = []

    async def _read(self) -> None:
        found = await customer_detail(acting().actor, id_in_address())
        self.facts, self.orders = shown(found.facts), all_shown(found.orders)
        self.spent, self.average = amount_texts(found.spent), amount_texts(found.average)


__all__ = ["ORDER_STATUS", "CustomerState", "CustomersState"]
