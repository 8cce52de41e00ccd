-- Who acts. The settings are local to a transaction; after one they read as ''.

create function app_scope() returns text language sql stable parallel safe
    as $$ select nullif(current_setting('app.scope', true), '') $$;

create function app_user() returns uuid language sql stable parallel safe
    as $$ select nullif(current_setting('app.user', true), '')::uuid $$;

create function app_store() returns uuid language sql stable parallel safe
    as $$ select nullif(current_setting('app.store', true), '')::uuid $$;

create function app_merchant() returns uuid language sql stable parallel safe
    as $$ select case when current_setting('app.scope', true) in ('supplier', 'distributor')
          then nullif(current_setting('app.merchant', true), '')::uuid end $$;

create function app_supplier() returns uuid language sql stable parallel safe
    as $$ select case when current_setting('app.scope', true) = 'supplier'
          then nullif(current_setting('app.merchant', true), '')::uuid end $$;

create function app_distributor() returns uuid language sql stable parallel safe
    as $$ select case when current_setting('app.scope', true) = 'distributor'
          then nullif(current_setting('app.merchant', true), '')::uuid end $$;

create function app_consumer() returns uuid language sql stable parallel safe
    as $$ select case when current_setting('app.scope', true) = 'consumer'
          then nullif(current_setting('app.consumer', true), '')::uuid end $$;

-- The store in which a shopper, known or not, stands.
create function app_shopper_store() returns uuid language sql stable parallel safe
    as $$ select case when current_setting('app.scope', true) in ('public', 'consumer')
          then nullif(current_setting('app.store', true), '')::uuid end $$;

create function app_may(permission text) returns boolean language sql stable parallel safe
    as $$ select coalesce(
        permission = any (string_to_array(current_setting('app.permissions', true), ',')), false) $$;

-- A permission of the scope in which one acts: app_may_here('staff:write').
create function app_may_here(permission text) returns boolean language sql stable parallel safe
    as $$ select app_may(app_scope() || ':' || permission) $$;

create function app_platform(permission text) returns boolean language sql stable parallel safe
    as $$ select coalesce(app_scope() = 'platform', false) and app_may('platform:' || permission) $$;


-- The audit trail: one insert per statement, whatever the number of rows.

create function audit_key(line jsonb, columns text) returns text language sql immutable parallel safe
    as $$ select string_agg(line ->> name, '/' order by place)
          from unnest(string_to_array(columns, ',')) with ordinality as part(name, place) $$;

-- What of ``one`` is not the same in ``other``; moments that follow every change are left out.
create function audit_difference(one jsonb, other jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select coalesce(jsonb_object_agg(key, value), '{}')
          from jsonb_each(one) where other -> key is distinct from value
          and key not in ('updated_at', 'last_seen_at', 'last_workspace', 'last_used_at',
                          'search_grams') $$;

create function audit_insert() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    insert into audit_entries
        (scope, user_id, acting_merchant_id, merchant_id, table_name, row_id, action, after)
    select app_scope(), app_user(), app_merchant(), (line ->> tg_argv[1])::uuid,
           tg_table_name, audit_key(line, tg_argv[0]), 'insert',
           line - 'search_grams' - 'secret_hash'
    from (select to_jsonb(r) as line from after_rows r) as rows;
    return null;
end $$;

create function audit_delete() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    insert into audit_entries
        (scope, user_id, acting_merchant_id, merchant_id, table_name, row_id, action, before)
    select app_scope(), app_user(), app_merchant(), (line ->> tg_argv[1])::uuid,
           tg_table_name, audit_key(line, tg_argv[0]), 'delete',
           line - 'search_grams' - 'secret_hash'
    from (select to_jsonb(r) as line from before_rows r) as rows;
    return null;
end $$;

create function audit_update() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    insert into audit_entries (scope, user_id, acting_merchant_id, merchant_id, table_name,
                               row_id, action, before, after)
    select app_scope(), app_user(), app_merchant(), (new_line ->> tg_argv[1])::uuid,
           tg_table_name, row_key, 'update',
           audit_difference(old_line, new_line), audit_difference(new_line, old_line)
    from (select to_jsonb(r) as new_line, audit_key(to_jsonb(r), tg_argv[0]) as row_key
          from after_rows r) as n
    join (select to_jsonb(r) as old_line, audit_key(to_jsonb(r), tg_argv[0]) as row_key
          from before_rows r) as o using (row_key)
    where audit_difference(new_line, old_line) <> '{}';
    return null;
end $$;


-- The storefront's public shelf follows listings, products, prices and stock.

create function refresh_shelf(listing_ids uuid[]) returns void language sql security definer
    set search_path = pg_catalog, public as $$
    delete from shelf_items where listing_id = any (listing_ids);
    insert into shelf_items (listing_id, store_id, product_id, category_id, title, title_en,
                             image_key, min_cents, max_cents, in_stock, sold, position, grams,
                             listed_at)
    select l.id, l.store_id, p.id, p.category_id, coalesce(l.title_override, p.title), p.title_en,
           (select i.blob_key from product_images i where i.product_id = p.id
            order by i.position, i.id limit 1),
           prices.lowest, prices.highest, prices.in_stock,
           coalesce((select sum(ol.quantity) from order_lines ol where ol.listing_id = l.id), 0),
           l.position, p.search_grams, l.created_at
    from listings l
    join products p on p.id = l.product_id
    join pool_entries e on e.product_id = p.id
    join merchants m on m.id = l.supplier_id
    cross join lateral (
        select min(ls.retail_cents) as lowest, max(ls.retail_cents) as highest,
               bool_or(st.on_hand > st.reserved) as in_stock
        from listing_skus ls
        join skus s on s.id = ls.sku_id and s.is_active
        left join stock st on st.sku_id = ls.sku_id
        where ls.listing_id = l.id and ls.is_offered
    ) as prices
    where l.id = any (listing_ids) and l.status = 'ON_SALE' and p.status = 'ACTIVE'
      and e.status = 'APPROVED' and m.status = 'ACTIVE' and prices.lowest is not null;
$$;


-- Invariants that span rows, checked when the transaction commits.

create function check_order_adds_up() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
declare
    lines bigint;
    discounts bigint;
    freight bigint;
begin
    select coalesce(sum(goods_cents), 0), coalesce(sum(discount_cents), 0)
        into lines, discounts from order_lines where order_id = new.id;
    select coalesce(sum(freight_cents), 0)
        into freight from supplier_orders where order_id = new.id;
    if (lines, discounts, freight)
        is distinct from (new.goods_cents, new.discount_cents, new.freight_cents) then
        raise exception 'order % does not add up to its lines', new.number
            using errcode = 'check_violation', constraint = 'orders_equal_their_lines';
    end if;
    return null;
end $$;

create constraint trigger orders_equal_their_lines after insert on orders
    deferrable initially deferred for each row execute function check_order_adds_up();

create function check_splits_equal_payment() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
declare
    shared bigint;
begin
    select coalesce(sum(amount_cents), 0) into shared from splits where payment_id = new.id;
    if shared <> new.amount_cents then
        raise exception 'payment % is % but its splits are %', new.number, new.amount_cents, shared
            using errcode = 'check_violation', constraint = 'splits_equal_payment';
    end if;
    return null;
end $$;

create constraint trigger splits_equal_payment after update on payments
    deferrable initially deferred for each row
    when (new.settled_by_order and new.status = 'PAID')
    execute function check_splits_equal_payment();


-- These run as the engine role, so that row-level security holds for them as for everything.

grant create on schema public to tongshang_engine;
alter function audit_insert() owner to tongshang_engine;
alter function audit_update() owner to tongshang_engine;
alter function audit_delete() owner to tongshang_engine;
alter function refresh_shelf(uuid[]) owner to tongshang_engine;
alter function check_order_adds_up() owner to tongshang_engine;
alter function check_splits_equal_payment() owner to tongshang_engine;
revoke create on schema public from tongshang_engine;
