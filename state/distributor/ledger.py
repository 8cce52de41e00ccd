"""What a distributor has earned: balances, shares, postings."""

from typing import ClassVar

import reflex as rx

from app.queries.balances import balance_texts
from app.queries.distributor_stores import balances
from app.queries.lists.distributor_trade import POSTINGS, SHARES
from app.services.ledger import MERCHANT_ACCOUNTS
from state.gate import acting
from state.listing import ListState


class SharesState(ListState, rx.State):
    """The shares of orders, below the balances."""

    resource: ClassVar = SHARES

    balances: dict[str, list[str]] = {}

    async def _beside(self) -> None:
        self.balances = balance_texts(await balances(acting().actor), MERCHANT_ACCOUNTS)


class PostingsState(ListState, rx.State):
    """The ledger's postings from and to our accounts."""

    resource: ClassVar = POSTINGS
