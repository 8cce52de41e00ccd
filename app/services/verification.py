"""``tongshang verify``: every invariant rebuilt from its sources and compared, set-based."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.kit.i18n import N_
from app.services.imports.invariants import HISTORY_CHECKS
from app.services.invariants import Check
from app.services.rules.orders import ORDER_STATUS_SQL

MOST_ROWS = 20
"""So many offending rows are shown for each invariant."""


CHECKS: Sequence[Check] = (
    Check(
        "ledger_sums_to_zero",
        N_("the balances of all accounts of a currency sum to zero"),
        "select a.currency, sum(b.balance_cents) as cents from account_balances b"
        " join ledger_accounts a on a.id = b.account_id group by a.currency"
        " having sum(b.balance_cents) <> 0",
    ),
    Check(
        "balances_equal_postings",
        N_("each account's balance is the sum of its postings"),
        "select coalesce(b.account_id, p.account_id) as account_id, b.cents as balance,"
        " p.cents as posted from"
        " (select account_id, sum(balance_cents) as cents from account_balances group by 1) b"
        " full join (select account_id, sum(cents) as cents from"
        "  (select from_account_id as account_id, -sum(amount_cents) as cents from postings"
        "    group by 1 union all"
        "   select to_account_id, sum(amount_cents) from postings group by 1) x group by 1) p"
        " on p.account_id = b.account_id where coalesce(b.cents, 0) <> coalesce(p.cents, 0)",
    ),
    Check(
        "postings_keep_currency",
        N_("both ends of a posting have its currency"),
        "select p.id from postings p join ledger_accounts f on f.id = p.from_account_id"
        " join ledger_accounts t on t.id = p.to_account_id"
        " where (f.currency, t.currency) is distinct from (p.currency, p.currency)",
    ),
    Check(
        "transactions_keep_currency",
        N_("all postings of a transaction are of one currency"),
        "select transaction_id from postings group by 1 having min(currency) <> max(currency)",
    ),
    Check(
        "money_keeps_its_orders_currency",
        N_("parts, payments, refunds and shares have the currency of their order"),
        "select o.number, o.currency, x.what, x.currency as other from orders o join"
        " (select order_id, currency, 'part' as what from supplier_orders"
        "  union all select order_id, currency, 'payment' from payments"
        "  union all select order_id, currency, 'refund' from refunds"
        "  union all select order_id, currency, 'share' from splits) x on x.order_id = o.id"
        " where x.currency <> o.currency",
    ),
    Check(
        "splits_equal_payments",
        N_("the shares of a payment sum to it, unless it is imported history"),
        "select p.number, p.amount_cents, coalesce(s.cents, 0) as shared from payments p left join"
        " (select payment_id, sum(amount_cents) as cents from splits group by 1) s"
        " on s.payment_id = p.id where p.settled_by_order and p.status = 'PAID'"
        " and p.provider <> 'imported' and p.amount_cents <> coalesce(s.cents, 0)",
    ),
    Check(
        "splits_equal_terms",
        N_("each share is what was frozen when the order was placed"),
        "select s.supplier_order_id, s.kind, s.amount_cents, x.cents as frozen from splits s"
        " join (select supplier_order_id, 'SUPPLY' as kind, sum(supply_cents) as cents"
        "   from order_line_terms group by 1"
        "  union all select supplier_order_id, 'COMMISSION', sum(commission_cents)"
        "   from order_line_terms group by 1"
        "  union all select supplier_order_id, 'PAYMENT_FEE', sum(payment_fee_cents)"
        "   from order_line_terms group by 1"
        "  union all select supplier_order_id, 'MARGIN', sum(margin_cents)"
        "   from order_line_terms group by 1"
        "  union all select id, 'FREIGHT', freight_cents from supplier_orders"
        "  union all select id, 'FREE_FREIGHT', -store_freight_cents from supplier_orders) x"
        " on x.supplier_order_id = s.supplier_order_id and x.kind = s.kind"
        " where s.amount_cents <> x.cents",
    ),
    Check(
        "splits_are_posted",
        N_("each share was posted to its party, and its reversals back"),
        "select s.id, s.kind, s.amount_cents, s.reversed_cents, p.paid, p.returned from splits s"
        " left join (select p.split_id,"
        "   sum(case when f.kind = 'CLEARING' then p.amount_cents"
        "            when t.kind = 'CLEARING' and e.kind = 'PAYMENT' then -p.amount_cents"
        "            else 0 end) as paid,"
        "   sum(case when e.kind <> 'REFUND' then 0 when t.kind = 'UNALLOCATED' then p.amount_cents"
        "            else -p.amount_cents end) as returned"
        "  from postings p join ledger_transactions e on e.id = p.transaction_id"
        "  join ledger_accounts f on f.id = p.from_account_id"
        "  join ledger_accounts t on t.id = p.to_account_id"
        "  where p.split_id is not null group by 1) p on p.split_id = s.id"
        " where s.amount_cents <> coalesce(p.paid, 0)"
        " or s.reversed_cents <> coalesce(p.returned, 0)",
    ),
    Check(
        "stock_equals_movements",
        N_("stock on hand is the sum of its movements"),
        "select s.sku_id, s.on_hand, coalesce(m.units, 0) as moved from stock s left join"
        " (select sku_id, sum(delta) as units from stock_movements group by 1) m"
        " on m.sku_id = s.sku_id where s.on_hand <> coalesce(m.units, 0)",
    ),
    Check(
        "stock_reserved_equals_reservations",
        N_("reserved stock is the sum of the open reservations"),
        "select s.sku_id, s.reserved, coalesce(r.units, 0) as held from stock s left join"
        " (select sku_id, sum(quantity - shipped_quantity - released_quantity) as units"
        "  from stock_reservations"
        "  where state in ('HELD', 'COMMITTED') group by 1) r on r.sku_id = s.sku_id"
        " where s.reserved <> coalesce(r.units, 0)",
    ),
    Check(
        "reservations_follow_orders",
        N_("a reservation's state matches that of its part"),
        "select r.line_id, r.state, s.status from stock_reservations r"
        " join order_lines l on l.id = r.line_id"
        " join supplier_orders s on s.id = l.supplier_order_id"
        " where r.state <> case when s.status = 'PENDING_PAYMENT' then 'HELD'"
        "  when s.status in ('CLOSED', 'REJECTED') then 'RELEASED'"
        "  when r.shipped_quantity + r.released_quantity < r.quantity then 'COMMITTED'"
        "  when r.shipped_quantity > 0 then 'SHIPPED' else 'RELEASED' end",
    ),
    Check(
        "reserved_is_what_is_to_be_shipped",
        N_("what is reserved of a paid line is what is neither shipped nor refunded of it"),
        "select f.line_id, f.quantity, f.shipped_quantity, f.cancelled_quantity,"
        " r.shipped_quantity as reservation_shipped, r.released_quantity"
        " from stock_reservations r join fulfilment_lines f on f.line_id = r.line_id"
        " where (f.quantity, f.shipped_quantity, f.cancelled_quantity)"
        " is distinct from (r.quantity, r.shipped_quantity, r.released_quantity)",
    ),
    Check(
        "refunded_is_not_shipped",
        N_("of a line that was wholly refunded nothing waits to be shipped"),
        "select f.line_id, s.number, s.status, f.quantity, f.shipped_quantity, f.cancelled_quantity"
        " from fulfilment_lines f join order_lines l on l.id = f.line_id"
        " join supplier_orders s on s.id = f.supplier_order_id where s.imported_at is null"
        " and f.quantity > f.shipped_quantity + f.cancelled_quantity"
        " and (s.status = 'REJECTED' or l.goods_cents > l.discount_cents"
        "  and l.refunded_cents = l.goods_cents - l.discount_cents)",
    ),
    Check(
        "parts_without_units_have_ended",
        N_("a part of which nothing is left to ship has ended or was shipped"),
        "select s.number, s.status from supplier_orders s"
        " join fulfilment_lines f on f.supplier_order_id = s.id where s.imported_at is null"
        " and s.status in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED') group by s.id"
        " having bool_and(f.quantity = f.shipped_quantity + f.cancelled_quantity)",
    ),
    Check(
        "shipped_equals_parcels",
        N_("the shipped quantity of a line is what its parcels contain"),
        "select f.line_id, f.shipped_quantity, coalesce(p.units, 0) as in_parcels"
        " from fulfilment_lines f left join (select line_id, sum(quantity) as units"
        "  from shipment_lines group by 1) p on p.line_id = f.line_id"
        " where f.shipped_quantity <> coalesce(p.units, 0)",
    ),
    Check(
        "statuses_equal_events",
        N_("a part's status is that of its last event"),
        "select s.number, s.status, e.to_status, s.withdrawn_by"
        " from supplier_orders s left join lateral (select to_status,"
        "   to_status = 'REJECTED' and kind in ('CANCELLED', 'WITHDRAWN') as is_withdrawal"
        "  from order_events e where e.order_id = s.order_id"
        "  and e.supplier_order_id = s.id order by e.created_at desc, e.id desc limit 1) e on true"
        " where s.status is distinct from e.to_status"
        " or (s.withdrawn_by is not null) is distinct from e.is_withdrawal",
    ),
    Check(
        "events_are_chained",
        N_("each event starts where the one before ended"),
        "select order_id, supplier_order_id, kind, from_status, was from (select e.*,"
        "  lag(to_status) over (partition by supplier_order_id order by created_at, id) as was"
        "  from order_events e where supplier_order_id is not null) x"
        " where from_status is distinct from was",
    ),
    Check(
        "orders_follow_their_parts",
        N_("an order's status is derived from its parts"),
        "select o.number, o.status, d.status as derived from orders o join"
        f" (select order_id, {ORDER_STATUS_SQL} as status from supplier_orders group by 1) d"
        " on d.order_id = o.id where o.status <> d.status",
    ),
    Check(
        "orders_equal_their_lines",
        N_("goods and freight of an order are those of its lines and parts"),
        "select o.number from orders o join (select order_id, sum(goods_cents) as goods,"
        "  sum(discount_cents) as discount, sum(refunded_cents) as refunded"
        "  from order_lines group by 1) l on l.order_id = o.id"
        " join (select order_id, sum(freight_cents - store_freight_cents) as freight"
        "  from supplier_orders group by 1) s"
        " on s.order_id = o.id where (o.goods_cents, o.discount_cents, o.freight_cents)"
        " is distinct from (l.goods, l.discount, s.freight)"
        " or l.refunded > o.refunded_cents",
    ),
    Check(
        "terms_equal_lines",
        N_("the frozen shares of a line sum to what is paid for it"),
        "select t.line_id from order_line_terms t join order_lines l on l.id = t.line_id"
        " where t.supply_cents + t.commission_cents + t.payment_fee_cents + t.margin_cents"
        " <> l.goods_cents - l.discount_cents",
    ),
    Check(
        "lines_returned_what_was_refunded",
        N_("what the parties returned for a line equals its refund"),
        "select t.line_id, l.refunded_cents, t.supply_returned_cents + t.commission_returned_cents"
        "  + t.payment_fee_returned_cents + t.margin_returned_cents as returned"
        " from order_line_terms t join order_lines l on l.id = t.line_id where l.refunded_cents"
        "  <> t.supply_returned_cents + t.commission_returned_cents"
        "  + t.payment_fee_returned_cents + t.margin_returned_cents",
    ),
    Check(
        "suppliers_see_what_they_returned",
        N_("what a supplier returned for a line follows the line's terms"),
        "select f.line_id, f.supply_returned_cents, t.supply_returned_cents as in_terms"
        " from fulfilment_lines f join order_line_terms t on t.line_id = f.line_id"
        " where f.supply_returned_cents <> t.supply_returned_cents",
    ),
    Check(
        "reversals_equal_line_returns",
        N_("the reversed part of a share is what its lines returned"),
        "select s.supplier_order_id, s.kind, s.reversed_cents, case s.kind when 'SUPPLY'"
        "  then x.supply when 'COMMISSION' then x.commission when 'PAYMENT_FEE' then x.fee"
        "  else x.margin end as returned from splits s join (select supplier_order_id,"
        "   sum(supply_returned_cents) as supply, sum(commission_returned_cents) as commission,"
        "   sum(payment_fee_returned_cents) as fee, sum(margin_returned_cents) as margin"
        "   from order_line_terms group by 1) x on x.supplier_order_id = s.supplier_order_id"
        " where s.kind not in ('FREIGHT', 'FREE_FREIGHT')"
        " and s.reversed_cents <> case s.kind when 'SUPPLY'"
        "  then x.supply when 'COMMISSION' then x.commission when 'PAYMENT_FEE' then x.fee"
        "  else x.margin end",
    ),
    Check(
        "payments_are_posted",
        N_("the whole amount of a payment left the provider's account exactly once"),
        "select p.number, p.status, p.amount_cents, x.cents as posted from payments p left join"
        " (select e.source_id, sum(case when f.kind = 'CLEARING' then o.amount_cents"
        "   else -o.amount_cents end) as cents from ledger_transactions e"
        "  join postings o on o.transaction_id = e.id"
        "  join ledger_accounts f on f.id = o.from_account_id"
        "  where e.kind in ('PAYMENT', 'UNALLOCATED') group by 1) x on x.source_id = p.id"
        " where p.provider <> 'imported' and coalesce(x.cents, 0)"
        "  <> case p.status when 'PAID' then p.amount_cents else 0 end",
    ),
    Check(
        "refunds_are_posted",
        N_("a refund that succeeded went back to the provider's account, once, and no other did"),
        "select r.number, r.status, r.amount_cents, x.cents as posted from refunds r left join"
        " (select e.source_id, sum(o.amount_cents) as cents from ledger_transactions e"
        "  join postings o on o.transaction_id = e.id where e.kind = 'REFUND_PAID' group by 1) x"
        " on x.source_id = r.id where coalesce(x.cents, 0)"
        "  <> case r.status when 'SUCCEEDED' then r.amount_cents else 0 end",
    ),
    Check(
        "payments_equal_their_refunds",
        N_("what a payment returned is the sum of its refunds, never more than its amount"),
        "select p.number, p.amount_cents, p.refunded_cents, coalesce(r.cents, 0) as refunds"
        " from payments p left join (select payment_id, sum(amount_cents) as cents from refunds"
        "  group by 1) r on r.payment_id = p.id where p.refunded_cents <> coalesce(r.cents, 0)"
        " or p.refunded_cents > p.amount_cents",
    ),
    Check(
        "refunds_equal_reversals",
        N_("an order's refunds equal what its parties returned"),
        "select o.number, o.refunded_cents, coalesce(s.back, 0) as returned,"
        " coalesce(r.cents, 0) as refunds from orders o left join"
        " (select order_id, sum(reversed_cents) as back from splits group by 1) s"
        " on s.order_id = o.id left join (select order_id, sum(amount_cents) as cents from refunds"
        "  where supplier_order_id is not null group by 1) r on r.order_id = o.id"
        " where o.refunded_cents <> coalesce(s.back, 0)"
        " or o.refunded_cents <> coalesce(r.cents, 0)",
    ),
    Check(
        "paid_orders_have_one_payment",
        N_("a paid order has exactly one payment, an unpaid one has none"),
        "select o.number, o.status, o.paid_cents, coalesce(p.n, 0) as payments from orders o"
        " left join (select order_id, count(*) as n, sum(amount_cents) as cents from payments"
        "  where settled_by_order and status = 'PAID' group by 1) p on p.order_id = o.id"
        " where o.imported_at is null and (coalesce(p.n, 0) <> (o.paid_cents > 0)::int"
        " or coalesce(p.cents, 0) <> o.paid_cents or (o.paid_cents = 0 and o.total_cents > 0"
        "  and o.status not in ('PENDING_PAYMENT', 'CLOSED')))",
    ),
    *HISTORY_CHECKS,
)


def verify(owner_url: str) -> dict[str, Any]:
    """Run every check as the owner (row-level security does not bind it) and return a report."""
    with psycopg.Connection[dict[str, Any]].connect(owner_url, row_factory=dict_row) as connection:
        # One snapshot, so that trade going on meanwhile cannot look like a fault.
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local role tongshang_engine")
        results = [_run(connection, check) for check in CHECKS]
    return {"ok": all(result["ok"] for result in results), "checks": results}


def with_check(report: dict[str, Any], check: dict[str, Any] | None) -> dict[str, Any]:
    """Return a report with the result of one more check, if there is one."""
    if check is None:
        return report
    return {"ok": report["ok"] and check["ok"], "checks": [*report["checks"], check]}


def _run(connection: psycopg.Connection[dict[str, Any]], check: Check) -> dict[str, Any]:
    rows = connection.execute(f"{check.sql} limit {MOST_ROWS}".encode()).fetchall()
    return {"name": check.name, "ok": not rows, "meaning": check.meaning, "rows": rows}
