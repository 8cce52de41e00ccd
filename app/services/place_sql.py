"""The one statement that places an order (design.md, What must hold everywhere, item 7).

It locks the stock rows first. Where one of them holds too little it writes nothing and says so,
without raising: an error would abort the transaction, and the driver then forgets every prepared
statement of the connection, which is dear when a thousand buyers are refused in a second.
"""

PLACE_SQL = """\
with doc as materialized (select %s::jsonb as d),
line as materialized (
  select x.* from doc, jsonb_to_recordset(d -> 'lines') as x(
    id uuid, part_id uuid, supplier_id uuid, listing_id uuid, product_id uuid, sku_id uuid,
    sku_code text, title text, spec_text text, image_key text, quantity int, retail_cents bigint,
    supply_unit_cents bigint, supply_cents bigint, commission_cents bigint,
    payment_fee_cents bigint, margin_cents bigint, rule_version_id uuid, rule_name text,
    rule_version int, commission_bps int, keeps boolean, price_band jsonb, cost_version int)),
locked as materialized (
  -- After waiting for the lock these are the amounts that the last holder has left.
  select s.sku_id, s.on_hand - s.reserved as available from stock s
  where s.sku_id in (select sku_id from line) order by s.sku_id for no key update of s),
enough as materialized (
  select (select count(*) from line) = count(*) as ok
  from line join locked on locked.sku_id = line.sku_id and locked.available >= line.quantity),
o as materialized (
  select x.* from enough, doc, jsonb_to_record(d -> 'order') as x(
    id uuid, number text, store_id uuid, store_name text, distributor_id uuid, buyer_kind text,
    consumer_id uuid, goods_cents bigint, freight_cents bigint, total_cents bigint,
    idempotency_key text, request_hash text, access_hash text, buyer_note text,
    buyer_email text, locale text, placed_at timestamptz, expires_at timestamptz,
    actor_scope text, phone_key bigint, network_key bigint, session_key bigint,
    unit_count int) where enough.ok),
part as materialized (
  select x.* from doc, jsonb_to_recordset(d -> 'parts') as x(
    id uuid, number text, supplier_id uuid, freight_cents bigint, store_freight_cents bigint)),
reserved as (
  update stock s set reserved = s.reserved + line.quantity
  from line, o
  where s.sku_id = line.sku_id and s.on_hand - s.reserved >= line.quantity
  returning s.sku_id),
checked as materialized (
  -- Locked and found enough, yet not all reserved: that must not be, so nothing may stay.
  select enough.ok and ((select count(*) from reserved) = (select count(*) from line)
    or refuse('sold_out')) as ok from enough),
new_order as (
  insert into orders (id, number, store_id, distributor_id, buyer_kind, consumer_id, status,
    goods_cents, freight_cents, total_cents, idempotency_key, request_hash, access_hash,
    buyer_note, buyer_email, locale, phone_key, network_key, session_key, unit_count, placed_at,
    expires_at)
  select id, number, store_id, distributor_id, buyer_kind, consumer_id, 'PENDING_PAYMENT',
    goods_cents, freight_cents, total_cents, idempotency_key, request_hash, access_hash,
    buyer_note, buyer_email, locale, phone_key, network_key, session_key, unit_count, placed_at,
    coalesce((
      select placed_at + make_interval(mins => (value ->> 'minutes')::int)
      from platform_settings where key = 'reservation'), expires_at) from o),
new_address as (
  insert into order_addresses
    (order_id, recipient, phone, province_code, province, city, district, street)
  select o.id, x.* from o, doc, jsonb_to_record(d -> 'address') as x(
    recipient text, phone text, province_code text, province text, city text, district text,
    street text)),
new_parts as (
  insert into supplier_orders (id, order_id, number, supplier_id, distributor_id, store_id,
    store_name, status, freight_cents, store_freight_cents, placed_at, buyer_note)
  select part.id, o.id, part.number, part.supplier_id, o.distributor_id, o.store_id,
    o.store_name, 'PENDING_PAYMENT', part.freight_cents, part.store_freight_cents, o.placed_at,
    o.buyer_note from part, o),
new_lines as (
  insert into order_lines (id, order_id, supplier_order_id, distributor_id, store_id, listing_id,
    product_id, sku_id, title, spec_text, image_key, quantity, retail_cents, goods_cents)
  select line.id, o.id, part_id, o.distributor_id, o.store_id, listing_id, product_id, sku_id,
    title, spec_text, image_key, quantity, retail_cents, retail_cents * quantity from line, o),
new_fulfilment as (
  insert into fulfilment_lines (line_id, supplier_order_id, supplier_id, distributor_id,
    product_id, sku_id, sku_code, title, spec_text, image_key, quantity, shipped_quantity,
    supply_unit_cents, supply_cents)
  select line.id, part_id, supplier_id, o.distributor_id, product_id, sku_id, sku_code, title,
    spec_text, image_key, quantity, 0, supply_unit_cents, supply_unit_cents * quantity
  from line, o),
new_terms as (
  insert into order_line_terms (line_id, order_id, supplier_order_id, distributor_id,
    split_rule_version_id, rule_name, rule_version, commission_bps, keeps_commission_on_refund,
    price_band, cost_version, supply_cents, commission_cents, payment_fee_cents, margin_cents)
  select line.id, o.id, part_id, o.distributor_id, rule_version_id, rule_name, rule_version,
    commission_bps, keeps, price_band, cost_version, supply_cents, commission_cents,
    payment_fee_cents, margin_cents from line, o),
new_reservations as (
  insert into stock_reservations (line_id, order_id, sku_id, supplier_id, quantity,
    shipped_quantity, state, created_at)
  select line.id, o.id, sku_id, supplier_id, quantity, 0, 'HELD', o.placed_at from line, o),
new_events as (
  insert into order_events (id, order_id, supplier_order_id, supplier_id, distributor_id, kind,
    to_status, actor_scope, created_at)
  select new_uuid(), o.id, part.id, part.supplier_id, o.distributor_id, 'PLACED',
    'PENDING_PAYMENT', o.actor_scope, o.placed_at from part, o)
select ok from checked"""
