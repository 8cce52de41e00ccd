"""What pgbench writes for the floor: the rows of one paid order of two lines, or one stock row.

Ids, prices and the next order number come with the statement that sets the actor, so that they
cost no statement of their own. ``<<…>>`` holds a row that is written for both suppliers' halves:
``#`` becomes 1 and 2, ``@`` becomes a and b.
"""

import re
from string import Template
from uuid import UUID

_ACTOR = """\
set_config('app.scope', 'system', true) as c1, set_config('app.merchant', '', true) as c2,
set_config('app.user', '', true) as c3, set_config('app.consumer', '', true) as c4,
set_config('app.store', '', true) as c5, set_config('app.permissions', '', true) as c6,
set_config('role', 'tongshang_engine', true) as c7"""

_IDS = ", ".join(
    f"new_uuid() as {name}"
    for name in ("o", "p1", "p2", "l1", "l2", "pay", "tx", *(f"s{i}" for i in range(1, 11)))
)

_BOTH = (("1", "a"), ("2", "b"))


def _rows(template: str) -> str:
    """Return the same VALUES row for both suppliers' halves of an order."""
    return ",\n".join(template.replace("#", n).replace("@", side) for n, side in _BOTH)


_SHARES = ",\n".join(
    f"(:s{i + 5 * place}::uuid, :p{n}::uuid, {merchant}::uuid, '{kind}', {amount}::bigint,"
    f" {account}::uuid)"
    for place, (n, side) in enumerate(_BOTH)
    for i, (kind, amount, merchant, account) in enumerate(
        (
            ("SUPPLY", f":{side}_supply", f":{side}_supplier_id", f":{side}_account"),
            ("FREIGHT", f":{side}_freight", f":{side}_supplier_id", f":{side}_account"),
            ("COMMISSION", f":{side}_commission", "null", ":commission_account"),
            ("PAYMENT_FEE", f":{side}_fee", "null", ":fee_account"),
            ("MARGIN", f":{side}_margin", ":distributor_id", ":seller_account"),
        ),
        start=1,
    )
)

_PER_LINE = ":l#::uuid, :o::uuid, :p#::uuid, :distributor_id::uuid"

_CHECKOUT = """\
\\set n random(0, ${last})
begin;
select ${actor},
  ${ids}, nextval('order_numbers') as seq, p.*,
  p.a_retail - p.a_supply - p.a_commission - p.a_fee as a_margin,
  p.b_retail - p.b_supply - p.b_commission - p.b_fee as b_margin,
  p.a_retail + p.b_retail as goods, p.a_freight + p.b_freight as freight,
  p.a_retail + p.b_retail + p.a_freight + p.b_freight as total
from bench_pairs p where p.n = :n \\gset
update stock set reserved = reserved + 1
where sku_id = any(array[:a_sku_id, :b_sku_id]::uuid[]) and on_hand - reserved >= 1;
insert into orders (id, number, store_id, distributor_id, buyer_kind, status, goods_cents,
  freight_cents, total_cents, paid_cents, idempotency_key, request_hash, access_hash, locale,
  placed_at, expires_at, paid_at)
values (:o::uuid, 'F' || :seq, :store_id::uuid, :distributor_id::uuid, 'GUEST', 'PAID', :goods,
  :freight, :total, :total, replace(:o::text, '-', ''), md5(:o::text) || md5(:o::text),
  md5(:o::text) || md5(:o::text), 'zh_CN', now(), now() + interval '30 min', now());
insert into order_addresses
  (order_id, recipient, phone, province_code, province, city, district, street)
values (:o::uuid, '陈一', '+8613811112222', '33', '浙江省', '杭州市', '西湖区', '龙井路 1 号');
insert into supplier_orders (id, order_id, number, supplier_id, distributor_id, store_id,
  store_name, status, freight_cents, placed_at, paid_at)
values <<
  (:p#::uuid, :o::uuid, 'F' || :seq || '-#', :@_supplier_id::uuid, :distributor_id::uuid,
     :store_id::uuid, :store_name, 'PAID', :@_freight::bigint, now(), now())>>;
insert into order_lines (id, order_id, supplier_order_id, distributor_id, store_id, listing_id,
  product_id, sku_id, title, spec_text, quantity, retail_cents, goods_cents)
values <<
  (${per_line_#}, :store_id::uuid, :@_listing_id::uuid, :@_product_id::uuid, :@_sku_id::uuid,
     :@_title, :@_spec, 1, :@_retail::bigint, :@_retail::bigint)>>;
insert into fulfilment_lines (line_id, supplier_order_id, supplier_id, distributor_id, product_id,
  sku_id, sku_code, title, spec_text, quantity, shipped_quantity, supply_unit_cents, supply_cents)
values <<
  (:l#::uuid, :p#::uuid, :@_supplier_id::uuid, :distributor_id::uuid, :@_product_id::uuid,
     :@_sku_id::uuid, :@_code, :@_title, :@_spec, 1, 0, :@_supply::bigint, :@_supply::bigint)>>;
insert into order_line_terms (line_id, order_id, supplier_order_id, distributor_id,
  split_rule_version_id, rule_name, rule_version, commission_bps, keeps_commission_on_refund,
  price_band, supply_cents, commission_cents, payment_fee_cents, margin_cents)
values <<
  (${per_line_#}, :rule_version::uuid, :rule_name, 1, 500, false, '{"kind": "SUGGESTED",
     "cap_cents": null, "floor_cents": null}'::jsonb, :@_supply::bigint, :@_commission::bigint,
     :@_fee::bigint, :@_margin::bigint)>>;
insert into stock_reservations (line_id, order_id, sku_id, supplier_id, quantity,
  shipped_quantity, state, created_at)
values <<
  (:l#::uuid, :o::uuid, :@_sku_id::uuid, :@_supplier_id::uuid, 1, 0, 'COMMITTED', now())>>;
insert into order_events (id, order_id, supplier_order_id, supplier_id, distributor_id, kind,
  from_status, to_status, actor_scope, created_at)
values <<
  (new_uuid(), :o::uuid, :p#::uuid, :@_supplier_id::uuid, :distributor_id::uuid, 'PLACED', null,
     'PENDING_PAYMENT', 'public', now()),
  (new_uuid(), :o::uuid, :p#::uuid, :@_supplier_id::uuid, :distributor_id::uuid, 'PAID',
     'PENDING_PAYMENT', 'PAID', 'system', now())>>;
insert into payments (id, order_id, distributor_id, number, provider, status, amount_cents,
  currency, provider_ref, pay_url, refunded_cents, settled_by_order)
values (:pay::uuid, :o::uuid, :distributor_id::uuid, 'F' || :seq || 'P1', 'sandbox', 'PENDING',
  :total, 'CNY', 'ref-F' || :seq || 'P1', 'http://pay.invalid/F' || :seq, 0, false);
update payments set status = 'PAID', settled_by_order = true, paid_at = now()
where id = :pay::uuid;
insert into splits (id, order_id, supplier_order_id, payment_id, merchant_id, kind, amount_cents,
  currency, state, created_at)
select x.id, :o::uuid, x.part, :pay::uuid, x.merchant, x.kind, x.amount, 'CNY', 'PENDING', now()
from (values ${shares}) as x(id, part, merchant, kind, amount, account) where x.amount <> 0;
insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
values (:tx::uuid, 'PAYMENT', 'payment', :pay::uuid, :o::uuid, now());
insert into postings (id, transaction_id, from_account_id, to_account_id, from_merchant_id,
  to_merchant_id, amount_cents, currency, split_id, supplier_order_id, created_at)
select new_uuid(), :tx::uuid, :clearing::uuid, x.account, null, x.merchant, x.amount, 'CNY',
  x.id, x.part, now()
from (values ${shares}) as x(id, part, merchant, kind, amount, account) where x.amount <> 0;
insert into account_balances (account_id, slot, merchant_id, balance_cents)
select x.account, pg_backend_pid() % 16, x.merchant, x.cents from (values
  (:clearing::uuid, null::uuid, -:total::bigint),
  (:commission_account::uuid, null, :a_commission::bigint + :b_commission::bigint),
  (:fee_account::uuid, null, :a_fee::bigint + :b_fee::bigint),
  (:a_account::uuid, :a_supplier_id::uuid, :a_supply::bigint + :a_freight::bigint),
  (:b_account::uuid, :b_supplier_id::uuid, :b_supply::bigint + :b_freight::bigint),
  (:seller_account::uuid, :distributor_id::uuid, :a_margin::bigint + :b_margin::bigint))
  as x(account, merchant, cents) order by x.account
on conflict (account_id, slot) do update
  set balance_cents = account_balances.balance_cents + excluded.balance_cents;
insert into notifications (id, scope, merchant_id, kind, params, path, created_at)
values <<
  (new_uuid(), 'supplier', :@_supplier_id::uuid, 'order_to_ship', jsonb_build_object('number',
     'F' || :seq || '-#'), 'orders/F' || :seq || '-#', now())>>,
  (new_uuid(), 'distributor', :distributor_id::uuid, 'order_paid',
   jsonb_build_object('number', 'F' || :seq, 'cents', :total::bigint), 'orders/F' || :seq, now());
insert into payment_callbacks (id, provider, event_id, kind, number, outcome, body, received_at)
values (new_uuid(), 'sandbox', 'paid-F' || :seq || 'P1', 'paid', 'F' || :seq || 'P1', 'applied',
  '{}', now());
end;
"""

_ONE_ROW = """\
begin;
select ${actor};
update stock set reserved = reserved + 1
where sku_id = '${sku}' and on_hand - reserved >= 1;
end;
"""


def checkout(last: int) -> str:
    """Return the script of a whole order, paid, of a pair numbered up to ``last``."""
    doubled = re.sub(r"<<(.*?)>>", lambda found: _rows(found[1]), _CHECKOUT, flags=re.DOTALL)
    per_line = {n: _PER_LINE.replace("#", n) for n, _ in _BOTH}
    text = doubled.replace("${per_line_1}", per_line["1"]).replace("${per_line_2}", per_line["2"])
    return Template(text).substitute(actor=_ACTOR, ids=_IDS, shares=_SHARES, last=last)


def one_row(sku: UUID) -> str:
    """Return the script that takes one unit of ``sku`` under the app's actor, role and guard."""
    return Template(_ONE_ROW).substitute(actor=_ACTOR, sku=sku)
