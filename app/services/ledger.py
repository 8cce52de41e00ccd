"""Accounts and postings of the double-entry ledger.

The balance of an account is what postings brought minus what they took. CLEARING stands for the
provider, outside: its balance is minus the money that we hold there for everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor, Scope
from app.kit.clock import now
from app.kit.ids import new_id
from app.services.engine import engine_transaction

PLATFORM_ACCOUNTS = ("CLEARING", "COMMISSION", "PAYMENT_FEE", "MARKETING", "UNALLOCATED")
MERCHANT_ACCOUNTS = ("PENDING", "AVAILABLE", "IN_PAYOUT", "PAID_OUT")

_OPEN = text(
    "insert into ledger_accounts (id, merchant_id, role, kind)"
    " select new_uuid(), cast(:merchant as uuid), :role, kind"
    " from unnest(cast(:kinds as text[])) kind"
    " on conflict do nothing"
)

_ACCOUNT = text(
    "select id from ledger_accounts where merchant_id is not distinct from cast(:merchant as uuid)"
    " and role = :role and kind = :kind and currency = :currency"
)

_ENTRY = text(
    "insert into ledger_transactions"
    " (id, kind, source_type, source_id, order_id, reverses_id, memo, occurred_at)"
    " values (:id, :kind, :source_type, :source_id, :order_id, :reverses_id, :memo, :at)"
    " on conflict (source_id, kind) do nothing returning id"
)

_POST = text(
    "insert into postings (id, transaction_id, from_account_id, to_account_id, from_merchant_id,"
    " to_merchant_id, amount_cents, currency, split_id, supplier_order_id, created_at)"
    " select new_uuid(), :entry, x.origin, x.target, f.merchant_id, t.merchant_id, x.amount,"
    "  f.currency, x.split, x.part, :at"
    " from unnest(cast(:origins as uuid[]), cast(:targets as uuid[]), cast(:amounts as bigint[]),"
    "  cast(:splits as uuid[]), cast(:parts as uuid[])) as x(origin, target, amount, split, part)"
    " join ledger_accounts f on f.id = x.origin"
    " join ledger_accounts t on t.id = x.target and t.currency = f.currency returning id"
)

BALANCES_SQL = """\
insert into account_balances (account_id, slot, merchant_id, balance_cents)
select moved.account_id, pg_backend_pid() % 16, a.merchant_id, sum(moved.cents)
from (select from_account_id as account_id, -amount_cents as cents from {postings}
      union all select to_account_id, amount_cents from {postings}) as moved
join ledger_accounts a on a.id = moved.account_id
group by moved.account_id, a.merchant_id order by moved.account_id
on conflict (account_id, slot) do update
    set balance_cents = account_balances.balance_cents + excluded.balance_cents"""
"""Adds postings to the balances; rows are taken in the order of accounts, against deadlocks."""


@dataclass(frozen=True)
class Move:
    """One positive amount in cents from one account to another."""

    from_account: UUID
    to_account: UUID
    amount_cents: int
    split_id: UUID | None = None
    supplier_order_id: UUID | None = None


@dataclass(frozen=True)
class Source:
    """The event that a transaction records; (id, kind) makes it once."""

    kind: str
    type: str
    id: UUID
    order_id: UUID | None = None
    reverses_id: UUID | None = None
    memo: str | None = None


async def open_platform_accounts(session: AsyncSession) -> None:
    """Make the platform's own accounts, unless they are there."""
    params = {"merchant": None, "role": Scope.PLATFORM, "kinds": list(PLATFORM_ACCOUNTS)}
    await session.execute(_OPEN, params)


async def open_merchant_accounts(session: AsyncSession, merchant_id: UUID) -> None:
    """Make a merchant's accounts in both roles, unless they are there."""
    for role in (Scope.SUPPLIER, Scope.DISTRIBUTOR):
        params = {"merchant": merchant_id, "role": role, "kinds": list(MERCHANT_ACCOUNTS)}
        await session.execute(_OPEN, params)


async def open_accounts(actor: Actor, merchant_ids: Sequence[UUID]) -> None:
    """Make all accounts that payments to these merchants post to. Idempotent."""
    async with engine_transaction(actor, "ledger.accounts") as session:
        await open_platform_accounts(session)
        for merchant_id in merchant_ids:
            await open_merchant_accounts(session, merchant_id)


async def account(
    session: AsyncSession, merchant_id: UUID | None, role: str, kind: str, currency: str = "CNY"
) -> UUID:
    """Return an account's id. Raises LookupError where it was never opened."""
    found = await session.execute(
        _ACCOUNT, {"merchant": merchant_id, "role": role, "kind": kind, "currency": currency}
    )
    row = found.first()
    if row is None:
        raise LookupError(f"no {kind} account of {merchant_id} as {role}")
    return row.id


async def post(session: AsyncSession, source: Source, moves: Sequence[Move]) -> UUID | None:
    """Record one transaction with its postings and balances; None if it was recorded before.

    Raises ValueError for a move between accounts of two currencies.
    """
    moves = [move for move in moves if move.amount_cents]
    if not moves:
        return None
    entry, at = new_id(), now()
    made = await session.execute(
        _ENTRY,
        {
            "id": entry,
            "kind": source.kind,
            "source_type": source.type,
            "source_id": source.id,
            "order_id": source.order_id,
            "reverses_id": source.reverses_id,
            "memo": source.memo,
            "at": at,
        },
    )
    if made.first() is None:
        return None
    columns = {
        "origins": [move.from_account for move in moves],
        "targets": [move.to_account for move in moves],
        "amounts": [move.amount_cents for move in moves],
        "splits": [move.split_id for move in moves],
        "parts": [move.supplier_order_id for move in moves],
    }
    posted = await session.execute(_POST, {"entry": entry, "at": at, **columns})
    if len(posted.all()) != len(moves):
        raise ValueError("money moves between accounts of one currency only")
    of_entry = "(select * from postings where transaction_id = :entry) as p"
    await session.execute(text(BALANCES_SQL.format(postings=of_entry)), {"entry": entry})
    return entry
