"""A supplier's money: balances, shares, postings, and its months."""

from typing import ClassVar

import reflex as rx

from app.queries.balances import balance_texts
from app.queries.due import due_terms
from app.queries.lists.supplier_money import POSTINGS, SPLITS, STATEMENT
from app.queries.supplier_money import balances
from app.services.ledger import MERCHANT_ACCOUNTS
from state.gate import acting
from state.listing import ListState


class SharesState(ListState, rx.State):
    """What each order brings, with the balances above it."""

    resource: ClassVar = SPLITS

    balances: dict[str, list[str]] = {}
    due: dict[str, str] = {}
    """When what is pending becomes due."""

    async def _beside(self) -> None:
        self.balances = balance_texts(await balances(acting().actor), MERCHANT_ACCOUNTS)
        self.due = dict(await due_terms(acting().actor))


class PostingsState(ListState, rx.State):
    """Every posting of the supplier's accounts."""

    resource: ClassVar = POSTINGS


class StatementState(ListState, rx.State):
    """The months: opening balance, earned, taken back, paid out, closing balance."""

    resource: ClassVar = STATEMENT
