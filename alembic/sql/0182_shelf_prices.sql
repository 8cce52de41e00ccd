-- A SKU that needs a price is off sale by itself; its listing is sold as long as another is left.

create or replace function refresh_shelf(listing_ids uuid[]) returns void language sql security definer
    set search_path = pg_catalog, public as $$
    select 1 from listings where id = any (listing_ids) order by id for no key update;
    delete from shelf_items where listing_id = any (listing_ids);
    insert into shelf_items (listing_id, store_id, product_id, category_id, title, title_en,
                             image_key, min_cents, max_cents, in_stock, sold, position, grams,
                             listed_at)
    select l.id, l.store_id, p.id, p.category_id, coalesce(l.title_override, p.title), p.title_en,
           (select i.blob_key from product_images i where i.product_id = p.id
            order by i.position, i.id limit 1),
           prices.lowest, prices.highest, prices.in_stock,
           coalesce((select sum(ol.quantity) from order_lines ol
                     where ol.product_id = p.id and ol.listing_id = l.id), 0),
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
        where ls.listing_id = l.id and ls.is_offered and not ls.needs_price
    ) as prices
    where l.id = any (listing_ids) and l.status in ('ON_SALE', 'NEEDS_REPRICE')
      and p.status = 'ACTIVE'
      and e.status = 'APPROVED' and m.status = 'ACTIVE' and prices.lowest is not null;
$$;
