"""The ledger: its accounts, its transactions, and one transaction with its postings."""

from typing import ClassVar
from uuid import UUID

import reflex as rx

from app.kit.errors import NotFound
from app.queries.lists.platform_money import ACCOUNTS, TRANSACTIONS
from app.queries.platform_ledger import (
    AccountHead,
    LedgerFigures,
    TransactionPage,
    account_head,
    ledger_figures,
    transaction_page,
)
from state.gate import acting
from state.listing import ListState
from state.record import ActedRecordState, id_in_address


class AccountsState(ListState, rx.State):
    """The accounts with their balances, under the sums of all of them."""

    resource: ClassVar = ACCOUNTS

    figures: LedgerFigures = LedgerFigures()

    async def _beside(self) -> None:
        self.figures = await ledger_figures(acting().actor)


class TransactionsState(ListState, rx.State):
    """The transactions, of one account where the address names it."""

    resource: ClassVar = TRANSACTIONS

    account: AccountHead = AccountHead()

    async def _beside(self) -> None:
        try:
            self.account = await account_head(acting().actor, UUID(self.chosen.get("account", "")))
        except (ValueError, NotFound):
            self.account = AccountHead()


class TransactionState(ActedRecordState, rx.State):
    """One transaction."""

    permission: ClassVar = "platform:ledger:read"

    entry: TransactionPage = TransactionPage()

    async def _read(self) -> None:
        self.entry = await transaction_page(acting().actor, id_in_address())
