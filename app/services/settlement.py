"""When shares become payable: received + T+N, N being the merchant's own (settle_days)."""

from sqlalchemy import text

from app.access import SYSTEM
from app.kit.clock import now
from app.services.engine import engine_transaction
from app.services.ledger import BALANCES_SQL

_RELEASE = (
    """\
with due as materialized (
  select sp.id, sp.supplier_order_id, sp.order_id, sp.merchant_id, sp.currency, sp.kind,
    sp.amount_cents - sp.reversed_cents as cents,
    case when sp.kind in ('MARGIN', 'FREE_FREIGHT') then 'distributor' else 'supplier' end as role
  from splits sp
  join supplier_orders s on s.id = sp.supplier_order_id
  left join merchants m on m.id = sp.merchant_id
  where sp.state = 'PENDING' and s.status in ('RECEIVED', 'COMPLETED')
    and s.received_at + make_interval(days => coalesce(m.settle_days, 0))
        <= cast(:at as timestamptz)
  order by sp.id limit :limit for no key update of sp),
released as (
  update splits sp set state = 'AVAILABLE', available_at = cast(:at as timestamptz)
  from due where sp.id = due.id),
entry as (
  insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
  select new_uuid(), 'RELEASE', 'split', due.id, due.order_id, cast(:at as timestamptz) from due
  where due.merchant_id is not null and due.cents <> 0
  returning id, source_id),
moved as materialized (
  select new_uuid() as id, entry.id as transaction_id, due.id as split_id,
    due.supplier_order_id, due.merchant_id, abs(due.cents) as amount_cents, due.currency,
    -- A share below zero is a debt, which becomes due like a claim.
    case when due.cents > 0 then f.id else t.id end as from_account_id,
    case when due.cents > 0 then t.id else f.id end as to_account_id
  from entry join due on due.id = entry.source_id
  join ledger_accounts f on f.merchant_id = due.merchant_id and f.role = due.role
    and f.kind = 'PENDING' and f.currency = due.currency
  join ledger_accounts t on t.merchant_id = due.merchant_id and t.role = due.role
    and t.kind = 'AVAILABLE' and t.currency = due.currency),
posted as (
  insert into postings (id, transaction_id, from_account_id, to_account_id, from_merchant_id,
    to_merchant_id, amount_cents, currency, split_id, supplier_order_id, created_at)
  select id, transaction_id, from_account_id, to_account_id, merchant_id, merchant_id,
    amount_cents, currency, split_id, supplier_order_id, cast(:at as timestamptz) from moved),
balanced as ("""
    + BALANCES_SQL.format(postings="moved")
    + """)
select count(*) as released from due"""
)


async def release_due(limit: int = 2_000) -> int:
    """Make due shares available, one ledger transaction for each; return how many."""
    async with engine_transaction(SYSTEM, "settlement.release") as session:
        found = await session.execute(text(_RELEASE), {"at": now(), "limit": limit})
        return found.scalar_one()
