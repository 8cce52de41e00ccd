"""What a distributor has earned: balances, shares, postings."""

from typing import ClassVar

import reflex as rx

from app.kit.i18n import yuan
from app.queries.distributor_stores import balances
from app.queries.lists.distributor_trade import POSTINGS, SHARES
from state.gate import acting
from state.listing import ListState


class SharesState(ListState, rx.State):
    """The shares of orders, below the balances."""

    resource: ClassVar = SHARES

    balances: dict[str, str] = {}

    async def _beside(self) -> None:
        found = await balances(acting().actor)
        kinds = ("PENDING", "AVAILABLE", "IN_PAYOUT", "PAID_OUT")
        self.balances = {kind: yuan(found.get(kind, 0)) for kind in kinds}


class PostingsState(ListState, rx.State):
    """The ledger's postings from and to our accounts."""

    resource: ClassVar = POSTINGS
