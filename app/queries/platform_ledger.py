"""The ledger as the platform reads it: its key figures, an account, one transaction."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.i18n import moment_text, yuan
from app.queries.money_trail import ENTRY_COLUMNS, ENTRY_JOINS, Entry, entry_of


@dataclass(frozen=True)
class LedgerFigures:
    """Where all the money stands. ``balanced`` is false if the accounts do not sum to zero."""

    held: str = ""
    pending: str = ""
    available: str = ""
    earned: str = ""
    unallocated: str = ""
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
    "select a.kind, coalesce(sum(b.balance_cents), 0) as cents from ledger_accounts a"
    " join account_balances b on b.account_id = a.id group by a.kind"
)
_ACCOUNT = text(
    "select coalesce(m.name, '') as party, a.role, a.kind, (select coalesce(sum(balance_cents), 0)"
    " from account_balances where account_id = a.id) as cents from ledger_accounts a"
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
        sums = {row.kind: int(row.cents) for row in await session.execute(_FIGURES)}
    earned = sums.get("COMMISSION", 0) + sums.get("PAYMENT_FEE", 0) + sums.get("MARKETING", 0)
    return LedgerFigures(
        held=yuan(-sums.get("CLEARING", 0)),
        pending=yuan(sums.get("PENDING", 0)),
        available=yuan(sums.get("AVAILABLE", 0)),
        earned=yuan(earned),
        unallocated=yuan(sums.get("UNALLOCATED", 0)),
        balanced=sum(sums.values()) == 0,
    )


async def account_head(actor: Actor, account_id: UUID) -> AccountHead:
    """Return whose account it is. Raises Forbidden, NotFound."""
    actor.require("platform:ledger:read")
    async with database().transaction(actor) as session:
        row = (await session.execute(_ACCOUNT, {"id": account_id})).first()
    if row is None:
        raise NotFound()
    return AccountHead(row.party, row.role, row.kind, yuan(int(row.cents)))


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
        total=yuan(sum(entry["amount_cents"] for entry in found)),
        postings=[entry_of(entry) for entry in found],
    )
