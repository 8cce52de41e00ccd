"""A supplier's money: balances, shares, postings, and its months."""

from typing import ClassVar

import reflex as rx

from app.kit.i18n import yuan
from app.queries.lists.supplier_money import POSTINGS, SPLITS, STATEMENT
from app.queries.supplier_money import balances
from state.gate import acting
from state.listing import ListState

KINDS = ("PENDING", "AVAILABLE", "IN_PAYOUT", "PAID_OUT")


class SharesState(ListState, rx.State):
    """What each order brings, with the balances above it."""

    resource: ClassVar = SPLITS

    balances: dict[str, str] = {}

    async def _beside(self) -> None:
        found = await balances(acting().actor)
        self.balances = {kind: yuan(found.get(kind, 0)) for kind in KINDS}


class PostingsState(ListState, rx.State):
    """Every posting of the supplier's accounts."""

    resource: ClassVar = POSTINGS


class StatementState(ListState, rx.State):
    """The months: opening balance, earned, taken back, paid out, closing balance."""

    resource: ClassVar = STATEMENT
