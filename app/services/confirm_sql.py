"""The one statement that confirms a payment: order, stock, splits, ledger, notices, callback.

It applies only when the payment is known with this amount and currency and its order still waits;
in every other case it writes nothing and returns no row (see ``app.services.late_payments``).
"""

from typing import Any

from psycopg.types.json import Jsonb

from app.adapters.gateway import PaymentEvent
from app.kit.clock import now
from app.services.ledger import BALANCES_SQL

CONFIRM_SQL = (
    """\
with e as materialized (
  select %(provider)s::text as provider, %(event_id)s::text as event_id, %(kind)s::text as kind,
    %(number)s::text as number, %(amount)s::bigint as amount, %(currency)s::text as currency,
    %(reference)s::text as reference, %(body)s::jsonb as body, %(at)s::timestamptz as at),
pay as materialized (
  -- Everybody locks the order before its payments and parts, against deadlocks.
  select p.id, p.order_id, p.amount_cents
  from e, orders w join payments p on p.order_id = w.id
  where p.number = e.number and p.provider = e.provider and p.status <> 'PAID'
    and p.amount_cents = e.amount and p.currency = e.currency
    and w.status = 'PENDING_PAYMENT'
  for no key update of w, p),
o as (
  update orders set status = 'PAID', paid_cents = orders.total_cents, paid_at = e.at
  from pay, e
  where orders.id = pay.order_id and orders.status = 'PENDING_PAYMENT'
    and orders.total_cents = pay.amount_cents
  returning orders.id, orders.number, orders.distributor_id, orders.total_cents, pay.id as pay_id),
settled as (
  update payments p set status = 'PAID', settled_by_order = true, provider_ref = e.reference,
    paid_at = e.at
  from o, e where p.id = o.pay_id),
part as (
  update supplier_orders s set status = 'PAID', paid_at = e.at from o, e
  where s.order_id = o.id and s.status = 'PENDING_PAYMENT'
  returning s.id, s.order_id, s.number, s.supplier_id, s.distributor_id, s.freight_cents,
    s.store_freight_cents),
committed as (
  update stock_reservations r set state = 'COMMITTED' from o
  where r.order_id = o.id and r.state = 'HELD'),
happened as (
  insert into order_events (id, order_id, supplier_order_id, supplier_id, distributor_id, kind,
    from_status, to_status, actor_scope, created_at)
  select new_uuid(), part.order_id, part.id, part.supplier_id, part.distributor_id, 'PAID',
    'PENDING_PAYMENT', 'PAID', 'system', e.at from part, e),
terms as materialized (
  select t.supplier_order_id, sum(t.supply_cents) as supply, sum(t.commission_cents) as commission,
    sum(t.payment_fee_cents) as fee, sum(t.margin_cents) as margin,
    -- Lines that cancel each other still have shares, which refunds return one by one.
    bool_or(t.commission_cents <> 0) as has_commission
  from order_line_terms t, o where t.order_id = o.id group by t.supplier_order_id),
share as materialized (
  select new_uuid() as id, part.order_id, part.id as part_id, x.*
  from part join terms on terms.supplier_order_id = part.id
  cross join lateral (values
    ('SUPPLY', terms.supply, part.supplier_id, 'supplier', 'PENDING'),
    ('FREIGHT', part.freight_cents, part.supplier_id, 'supplier', 'PENDING'),
    ('COMMISSION', terms.commission, null, 'platform', 'COMMISSION'),
    ('PAYMENT_FEE', terms.fee, null, 'platform', 'PAYMENT_FEE'),
    ('MARGIN', terms.margin, part.distributor_id, 'distributor', 'PENDING'),
    ('FREE_FREIGHT', -part.store_freight_cents, part.distributor_id, 'distributor', 'PENDING')
  ) as x(kind, amount, merchant_id, role, account_kind)
  where x.amount <> 0 or (x.kind = 'COMMISSION' and terms.has_commission)),
shared as (
  insert into splits (id, order_id, supplier_order_id, payment_id, merchant_id, kind,
    amount_cents, currency, state, created_at)
  select share.id, share.order_id, share.part_id, o.pay_id, share.merchant_id, share.kind,
    share.amount, e.currency, 'PENDING', e.at from share, o, e),
entry as (
  insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
  select new_uuid(), 'PAYMENT', 'payment', o.pay_id, o.id, e.at from o, e returning id),
clearing as materialized (
  select a.id from ledger_accounts a, e where a.merchant_id is null and a.role = 'platform'
    and a.kind = 'CLEARING' and a.currency = e.currency),
owed as materialized (
  select share.*, case when share.merchant_id is null
    then (select a.id from ledger_accounts a where a.merchant_id is null and a.role = share.role
          and a.kind = share.account_kind and a.currency = e.currency)
    else (select a.id from ledger_accounts a where a.merchant_id = share.merchant_id
          and a.role = share.role and a.kind = share.account_kind and a.currency = e.currency)
    end as account_id
  from share, e),
moved as materialized (
  select new_uuid() as id, abs(owed.amount) as amount_cents, owed.id as split_id, owed.part_id,
    case when owed.amount > 0 then clearing.id else owed.account_id end as from_account_id,
    case when owed.amount > 0 then owed.account_id else clearing.id end as to_account_id,
    case when owed.amount < 0 then owed.merchant_id end as from_merchant_id,
    case when owed.amount > 0 then owed.merchant_id end as to_merchant_id
  from owed left join clearing on true where owed.amount <> 0),
posted as (
  insert into postings (id, transaction_id, from_account_id, to_account_id, from_merchant_id,
    to_merchant_id, amount_cents, currency, split_id, supplier_order_id, created_at)
  select moved.id, entry.id, from_account_id, to_account_id, from_merchant_id, to_merchant_id,
    amount_cents, e.currency, split_id, part_id, e.at from moved, entry, e),
balanced as ("""
    + BALANCES_SQL.format(postings="moved").replace("%", "%%")
    + """),
told as (
  insert into notifications (id, scope, merchant_id, kind, params, path, created_at)
  select new_uuid(), 'supplier', part.supplier_id, 'order_to_ship',
    jsonb_build_object('number', part.number), 'orders/' || part.number, e.at from part, e
  union all
  select new_uuid(), 'distributor', o.distributor_id, 'order_paid',
    jsonb_build_object('number', o.number, 'cents', o.total_cents, 'currency', e.currency),
    'orders/' || o.number, e.at
  from o, e),
kept as (
  insert into payment_callbacks
    (id, provider, event_id, kind, number, outcome, body, received_at)
  select new_uuid(), e.provider, e.event_id, e.kind, e.number, 'applied', e.body, e.at from o, e
  on conflict (provider, event_id) do nothing)
select o.id, o.number from o"""
)


def confirm_params(event: PaymentEvent) -> dict[str, Any]:
    """Return the parameters of ``CONFIRM_SQL`` for an event."""
    return {
        "provider": event.provider,
        "event_id": event.event_id,
        "kind": event.kind,
        "number": event.number,
        "amount": event.amount_cents,
        "currency": event.currency,
        "reference": event.reference,
        "body": Jsonb(dict(event.body)),
        "at": now(),
    }
