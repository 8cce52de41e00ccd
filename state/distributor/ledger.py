"""What a distributor has earned: balances, shares, postings."""

from typing import ClassVar

import reflex as rx

from app.queries.balances import balance_texts
from app.queries.distributor_stores import balances
from app.queries.due import due_terms
from app.queries.lists.distributor_trade import POSTINGS, SHARES
from app.services.ledger import MERCHANT_ACCOUNTS
from state.gate import acting
from state.listing import ListState


class SharesState(ListState, rx.State):
    """The shares of orders, below the balances."""

    resource: ClassVar = SHARES

    balances: dict[str, list[str]] = {}
    due: dict[str, str] = {}
    """When what is pending becomes due."""

    async def _beside(self) -> None:
        self.balances = balance_texts(await balances(acting().actor), MERCHANT_ACCOUNTS)
        self.due = dict(await due_terms(acting().actor))


class PostingsState(ListState, rx.State):
    """The ledger's postings from and to our accounts."""

    resource: ClassVar = POSTINGS
