"""What holds for imported history instead of the rules of live orders."""

from collections.abc import Sequence

from app.kit.i18n import N_
from app.services.invariants import Check

_EARNED = "case when p.status in ('RECEIVED', 'COMPLETED') then {cents} else 0 end"

HISTORY_CHECKS: Sequence[Check] = (
    Check(
        "imported_orders_equal_their_payments",
        N_("an imported order was paid what all its payments brought"),
        "select o.number, o.paid_cents, coalesce(p.cents, 0) as payments from orders o left join"
        " (select order_id, sum(amount_cents) as cents from payments"
        "  where provider = 'imported' group by 1) p on p.order_id = o.id"
        " where coalesce(p.cents, 0) <> case when o.imported_at is null then 0"
        " else o.paid_cents end",
    ),
    Check(
        "imported_money_is_posted",
        N_("what an imported order was paid left the account of history, once"),
        "select o.number, o.paid_cents, coalesce(x.cents, 0) as posted from orders o left join"
        " (select e.source_id, sum(case when f.kind = 'HISTORY' then p.amount_cents"
        "   else -p.amount_cents end) as cents from ledger_transactions e"
        "  join postings p on p.transaction_id = e.id"
        "  join ledger_accounts f on f.id = p.from_account_id"
        "  where e.kind = 'HISTORY' group by 1) x on x.source_id = o.id"
        " where coalesce(x.cents, 0) <> case when o.imported_at is null then 0"
        " else o.paid_cents end",
    ),
    Check(
        "imported_parts_are_posted",
        N_("supplier, platform and distributor were paid for each imported part that arrived"),
        "select p.number, p.status, coalesce(x.cents, 0) as posted from supplier_orders p"
        " left join (select supplier_order_id, sum(goods_cents) as cents from order_lines"
        "  group by 1) l on l.supplier_order_id = p.id"
        " left join (select o.supplier_order_id, sum(o.amount_cents) as cents from postings o"
        "  join ledger_transactions e on e.id = o.transaction_id where e.kind = 'HISTORY'"
        "  group by 1) x on x.supplier_order_id = p.id"
        " where p.imported_at is not null and coalesce(x.cents, 0) <> "
        + _EARNED.format(cents="l.cents + p.freight_cents"),
    ),
    Check(
        "imported_orders_have_only_their_lines",
        N_("an imported order without lines has neither goods nor freight"),
        "select o.number from orders o where o.imported_at is not null and o.total_cents > 0"
        " and not exists (select 1 from order_lines l where l.order_id = o.id)",
    ),
    Check(
        "history_holds_nothing",
        N_("imported orders hold no stock, have no shares to release and no refunds to send"),
        "select o.number from orders o where o.imported_at is not null and (exists"
        "  (select 1 from splits s where s.order_id = o.id) or exists"
        "  (select 1 from refunds r where r.order_id = o.id) or exists"
        "  (select 1 from stock_reservations r where r.order_id = o.id))",
    ),
)
"""Further invariants of ``app.services.verification``."""
