"""The ledger as the platform reads it: its key figures, an account, one transaction."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.i18n import moment_text, money_text
from app.queries.balances import balance_texts, balances_of
from app.queries.money_trail import ENTRY_COLUMNS, ENTRY_JOINS, Entry, entry_of


@dataclass(frozen=True)
class LedgerFigures:
    """Where all the money stands, each as a text for each currency.

    ``balanced`` is false if the accounts of a currency do not sum to zero.
    """

    held: list[str] = field(default_factory=list[str])
    pending: list[str] = field(default_factory=list[str])
    available: list[str] = field(default_factory=list[str])
    earned: list[str] = field(default_factory=list[str])
    fees: list[str] = field(default_factory=list[str])
    unallocated: list[str] = field(default_factory=list[str])
    balanced: bool = True


@dataclass(frozen=True)
class AccountHead:
    """The account by which a list is narrowed."""

    party: str = ""
    role: str = ""
    kind: str = ""
    balance: str = ""


@dataclass(frozen=True)
class TransactionPage:
    """One transaction with its postings."""

    id: str = ""
    kind: str = ""
    at: str = ""
    order: str = ""
    source: str = ""
    source_number: str = ""
    payment: str = ""
    memo: str = ""
    total: str = ""
    postings: list[Entry] = field(default_factory=list[Entry])


_FIGURES = text(
    "select a.kind, a.currency, coalesce(sum(b.balance_cents), 0) as cents from ledger_accounts a"
    " join account_balances b on b.account_id = a.id group by a.kind, a.currency"
)
_SIGNS = {
    # What the provider owes us stands below zero.
    "CLEARING": ("held", -1),
    "PENDING": ("pending", 1),
    "AVAILABLE": ("available", 1),
    "COMMISSION": ("earned", 1),
    # The provider keeps it: it is a cost of the payment, not the platform's income.
    "PAYMENT_FEE": ("fees", 1),
    "MARKETING": ("earned", 1),
    "UNALLOCATED": ("unallocated", 1),
}
"""Kind of account → the figure that it counts in, and as what."""
_NAMES = tuple(dict.fromkeys(name for name, _ in _SIGNS.values()))
_ACCOUNT = text(
    "select coalesce(m.name, '') as party, a.role, a.kind, a.currency,"
    " (select coalesce(sum(balance_cents), 0) from account_balances where account_id = a.id)"
    "  as cents from ledger_accounts a"
    " left join merchants m on m.id = a.merchant_id where a.id = :id"
)
_TRANSACTION = text(
    "select t.*, o.number as order_number, coalesce(r.number, p.number, s.number) as source_number,"
    " coalesce(p.number, rp.number) as payment from ledger_transactions t"
    " left join orders o on o.id = t.order_id"
    " left join refunds r on r.id = t.source_id and t.source_type = 'refund'"
    " left join payments rp on rp.id = r.payment_id"
    " left join payments p on p.id = t.source_id and t.source_type = 'payment'"
    " left join splits x on x.id = t.source_id and t.source_type = 'split'"
    " left join supplier_orders s on s.id = x.supplier_order_id where t.id = :id"
)
_ENTRIES = text(
    f"select {ENTRY_COLUMNS} from ledger_transactions t join postings p on p.transaction_id = t.id"
    f" {ENTRY_JOINS} where t.id = :id order by p.amount_cents desc, p.id"
)


async def ledger_figures(actor: Actor) -> LedgerFigures:
    """Return the sums over all accounts. Raises Forbidden."""
    actor.require("platform:ledger:read")
    async with database().transaction(actor) as session:
        found = [dict(row) for row in (await session.execute(_FIGURES)).mappings()]
    figures = balance_texts(balances_of(_counted(found)), _NAMES)
    whole = balances_of({**row, "kind": "all"} for row in found).get("all", {})
    return LedgerFigures(**figures, balanced=not any(whole.values()))


def _counted(found: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for row in found:
        if row["kind"] in _SIGNS:
            name, sign = _SIGNS[row["kind"]]
            yield {**row, "kind": name, "cents": sign * row["cents"]}


async def account_head(actor: Actor, account_id: UUID) -> AccountHead:
    """Return whose account it is. Raises Forbidden, NotFound."""
    actor.require("platform:ledger:read")
    async with database().transaction(actor) as session:
        row = (await session.execute(_ACCOUNT, {"id": account_id})).first()
    if row is None:
        raise NotFound()
    return AccountHead(row.party, row.role, row.kind, money_text(int(row.cents), row.currency))


async def transaction_page(actor: Actor, transaction_id: UUID) -> TransactionPage:
    """Return one transaction. Raises Forbidden, NotFound."""
    actor.require("platform:ledger:read")
    key = {"id": transaction_id}
    async with database().transaction(actor) as session:
        row = (await session.execute(_TRANSACTION, key)).mappings().first()
        if row is None:
            raise NotFound()
        found = [dict(entry) for entry in (await session.execute(_ENTRIES, key)).mappings()]
    return TransactionPage(
        id=str(row["id"]),
        kind=row["kind"],
        at=moment_text(row["occurred_at"]),
        order=row["order_number"] or "",
        source=row["source_type"],
        source_number=row["source_number"] or "",
        payment=row["payment"] or "",
        memo=row["memo"] or "",
        # All postings of a transaction are of one currency.
        total=money_text(
            sum(entry["amount_cents"] for entry in found), found[0]["currency"] if found else None
        ),
        postings=[entry_of(entry) for entry in found],
    )
