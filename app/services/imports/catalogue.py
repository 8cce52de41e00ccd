"""Writing who trades and what they trade in: categories, merchants, stores, products, offers."""

from collections.abc import Sequence

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.kit.search import CURRENT, index_grams
from app.services.imports.mapping import Shop
from app.services.imports.staging import copy_frame, good, number, run

NEW = (
    "not exists (select 1 from external_ids e where e.source = :source and e.kind = '{kind}'"
    " and e.external_id = s.id)"
)
"""The condition that a staged row of a kind has no name here yet."""


def _new(kind: str) -> str:
    return f"{good(kind)} and {NEW.format(kind=kind)}"


UNCATEGORISED = """\
insert into categories (id, slug, name_zh, name_en, position)
values (new_uuid(), 'uncategorised', '未分类', 'Uncategorised', 999)
on conflict (slug) do nothing"""

# Of a category that only products name, the name is all that is known.
_CATEGORIES = f"""\
create unlogged table staging.new_categories as
select new_uuid() as id, s.id as external_id, coalesce(s.name_zh, s.name_en, s.id) as name_zh,
  coalesce(s.name_en, s.name_zh, s.id) as name_en, s.is_named,
  coalesce(nullif(trim(both '-' from regexp_replace(lower(s.id), '[^a-z0-9]+', '-', 'g')), ''),
    'category') as word
from (select id, name_zh, name_en, true as is_named from staging.categories s
    where {good("categories")}
  union all select distinct category_id, null, null, false from staging.products p
    where category_id is not null and {good("products", "p")}
      and not exists (select 1 from staging.categories c where c.id = p.category_id)) s
where {NEW.format(kind="categories")}"""

_SLUGS = """\
update staging.new_categories n set word = left(:source || '-' || n.word, 50) || case
  when exists (select 1 from staging.new_categories o where o.word = n.word and o.id < n.id)
    or exists (select 1 from categories c where c.slug = left(:source || '-' || n.word, 50))
  then '-' || left(md5(n.external_id), 8) else '' end"""

_INSERT_CATEGORIES = (
    "insert into categories (id, slug, name_zh, name_en, position)"
    " select id, word, name_zh, name_en, 500 from staging.new_categories",
    "insert into external_ids (source, kind, external_id, row_id)"
    " select :source, 'categories', external_id, id from staging.new_categories",
)


async def write_categories(session: AsyncSession, source: str) -> int:
    """Write the categories, also those that only products name; return how many of the file."""
    await run(session, UNCATEGORISED)
    await run(session, _CATEGORIES, source=source)
    await run(session, _SLUGS, source=source)
    for statement in _INSERT_CATEGORIES:
        await run(session, statement, source=source)
    return await number(session, "select count(*) from staging.new_categories where is_named")


# A short name of a merchant is that of its source where it can be one, and is still free.
_MERCHANTS = """\
create unlogged table staging.new_merchants as
select new_uuid() as id, s.*, case
    when plain ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'
      and not exists (select 1 from merchants m where m.code = plain)
      and count(*) over (partition by plain) = 1 then plain
    else :source || '-' || left(md5(kind || external_id), 20) end as code
from (select *, :source || '-' || lower(external_id) as plain from (
  select 'suppliers' as kind, s.id as external_id, coalesce(s.name, s.id) as name, s.address,
    null as store, null as store_name from staging.suppliers s where {suppliers}
  union all
  select 'distributors', s.id, coalesce(s.name, s.id), null, s.store, s.store_name
    from staging.distributors s where {distributors}
  union all
  select 'distributors', s.id, :name, null, :store, :store_name from (select :shop as id) s
    where :needs_shop and {shop}) x) s"""

# A merchant is as old as its first order, so that an import is no day of many new merchants.
_FIRST_SALES = """\
create unlogged table staging.first_sales as
select 'suppliers' as kind, l.supplier_id as external_id, min(o.placed_at) as at
from staging.lines l join staging.orders o on o.id = l.order_id group by 2
union all
select 'distributors', coalesce(o.distributor_id, :shop), min(o.placed_at)
from staging.orders o group by 2"""

_INSERT_MERCHANTS = (
    """\
insert into merchants (id, code, name, is_supplier, is_distributor, is_self_operated, status,
  settle_days, created_at, approved_at)
select n.id, n.code, n.name, n.kind = 'suppliers', n.kind = 'distributors', false, 'ACTIVE', 7,
  least(f.at, :at), least(f.at, :at)
from staging.new_merchants n left join staging.first_sales f using (kind, external_id)""",
    "insert into merchant_details (merchant_id, address)"
    " select id, address from staging.new_merchants",
    "insert into external_ids (source, kind, external_id, row_id)"
    " select :source, kind, external_id, id from staging.new_merchants",
    """\
insert into stores (id, distributor_id, slug, name, theme, status)
select new_uuid(), id, coalesce(store, left(code, 40)),
  left(coalesce(store_name, name), 60), '{}', 'OPEN'
from staging.new_merchants where kind = 'distributors'""",
)

# Accounts of every currency that the orders come in, for merchants old and new.
ACCOUNTS = (
    """\
create unlogged table staging.currencies as
select distinct coalesce(currency, :currency)::varchar(3) as currency from staging.orders
where currency is null or length(currency) = 3""",
    """\
insert into ledger_accounts (id, merchant_id, role, kind, currency)
select new_uuid(), e.row_id, case e.kind when 'suppliers' then 'supplier' else 'distributor' end,
  'PAID_OUT', c.currency
from external_ids e cross join staging.currencies c
where e.source = :source and e.kind in ('suppliers', 'distributors')
on conflict do nothing""",
    """\
insert into ledger_accounts (id, role, kind, currency)
select new_uuid(), 'platform', kind, c.currency
from unnest(array['HISTORY', 'HISTORY_OPEN', 'COMMISSION']) kind cross join staging.currencies c
on conflict do nothing""",
)


async def write_merchants(
    session: AsyncSession, source: str, shop: Shop, *, needs_shop: bool
) -> dict[str, int]:
    """Write suppliers and distributors with their stores; return kind → written rows."""
    statement = (
        _MERCHANTS.replace("{suppliers}", _new("suppliers"))
        .replace("{distributors}", _new("distributors"))
        .replace("{shop}", NEW.format(kind="distributors"))
    )
    params = {
        "source": source,
        "shop": shop.id,
        "name": shop.name,
        "store": shop.store,
        "store_name": shop.store_name,
        "needs_shop": needs_shop,
    }
    await run(session, statement, **params)
    await run(session, _FIRST_SALES, shop=shop.id)
    for insert in _INSERT_MERCHANTS:
        await run(session, insert, source=source, at=now())
    count = (
        "select count(*) from staging.new_merchants m where kind = :kind and exists"
        " (select 1 from staging.{kind} s where s.id = m.external_id)"
    )
    return {
        kind: await number(session, count.format(kind=kind), kind=kind)
        for kind in ("suppliers", "distributors")
    }


_PRODUCTS = f"""\
insert into external_ids (source, kind, external_id, details)
select :source, 'products', s.id, jsonb_strip_nulls(jsonb_build_object('title', s.title,
  'category', s.category_id, 'weight_g', s.weight_g))
from staging.products s where {_new("products")}"""


async def write_products(session: AsyncSession, source: str) -> int:
    """Keep what the catalogue says of products; return how many are new.

    A product of ours belongs to one supplier, so it is made when a supplier of it is known.
    """
    found = await run(session, _PRODUCTS, source=source)
    return int(found.rowcount)


# The planner knows nothing of rows that were just written, and would join them one by one.
_NAMES = (
    "create unlogged table staging.names as"
    " select kind, external_id, row_id, details from external_ids where source = :source",
    "analyze staging.names",
)

_PAIRS = f"""\
create unlogged table staging.goods as
with pairs as (
  select product_id, supplier_id, max(price) as price, bool_or(is_sold) as is_sold from (
    select product_id, supplier_id, price, true as is_sold from staging.lines s
      where {good("lines")}
    union all
    select id, supplier_id, price, false from staging.products s
      where supplier_id is not null and price is not null and {good("products")}) x
  group by product_id, supplier_id)
select p.product_id as product, p.supplier_id as supplier, p.price, p.is_sold,
  m.row_id as supplier_id,
  coalesce(k.product_id, new_uuid()) as product_id, coalesce(k.id, new_uuid()) as sku_id,
  k.id is null as is_new, coalesce(c.row_id, (select id from categories
    where slug = 'uncategorised')) as category_id, c.row_id is null as is_uncategorised,
  coalesce(d.details ->> 'title', p.product_id) as title,
  coalesce((d.details ->> 'weight_g')::int, 0) as weight_g
from pairs p
join staging.names m on m.kind = 'suppliers' and m.external_id = p.supplier_id
join staging.names d on d.kind = 'products' and d.external_id = p.product_id
left join staging.names c on c.kind = 'categories' and c.external_id = d.details ->> 'category'
left join skus k on k.supplier_id = m.row_id and k.code = p.product_id"""

_OFFERS = (
    "create unlogged table staging.grams (title text, grams text[])",
    """\
insert into products (id, supplier_id, category_id, title, description_html, spec_names, status,
  search_grams)
select g.product_id, g.supplier_id, g.category_id, left(g.title, 120), '', '[]', 'ACTIVE',
  coalesce(t.grams, '{}')
from staging.goods g left join staging.grams t on t.title = g.title where g.is_new""",
    # A gift has no price, but what is offered needs one.
    """\
insert into skus (id, product_id, supplier_id, code, spec_values, weight_g,
  suggested_retail_cents, band_kind, is_active, position)
select sku_id, product_id, supplier_id, product, '[]', weight_g, greatest(price, 1), 'SUGGESTED',
  true, 0 from staging.goods where is_new""",
    """\
insert into supply_prices (sku_id, supplier_id, product_id, supply_cents, currency)
select sku_id, supplier_id, product_id, greatest(price, 1), :currency
from staging.goods where is_new""",
    """\
insert into stock (sku_id, supplier_id, product_id, on_hand, reserved, low_at)
select sku_id, supplier_id, product_id, 0, 0, 5 from staging.goods where is_new""",
    """\
insert into pool_entries (product_id, supplier_id, status, reviewed_at)
select product_id, supplier_id, 'APPROVED', :at from staging.goods where is_new""",
    """\
update external_ids e set row_id = g.product_id
from (select distinct on (product) product, product_id from staging.goods order by product,
    product_id) g
where e.source = :source and e.kind = 'products' and e.external_id = g.product
  and e.row_id is null""",
)

_SOLD_HERE = f"""\
select distinct l.product_id, l.supplier_id, coalesce(o.distributor_id, :shop) as distributor
from staging.lines l join staging.orders o on o.id = l.order_id
where {good("lines", "l")} and {good("orders", "o")}"""

_SOLD_IN_ONE_SHOP = """\
select product as product_id, supplier as supplier_id, :shop as distributor
from staging.goods where is_sold"""
"""The same where no order names its distributor, without looking at a million lines."""

_HAS_DISTRIBUTORS = "select count(*) from staging.orders where distributor_id is not null"

_SOLD = """\
create unlogged table staging.offers as
select g.*, t.id as store_id, t.name as store_name, t.distributor_id,
  coalesce(l.id, new_uuid()) as listing_id, l.id is null as is_unlisted
from ({sold}) o
join staging.goods g on g.product = o.product_id and g.supplier = o.supplier_id
join staging.shops t on t.distributor = o.distributor
left join listings l on l.store_id = t.id and l.product_id = g.product_id"""

# What was sold is listed, but not on sale: nobody has counted the stock yet.
_LISTINGS = (
    """\
insert into listings (id, store_id, distributor_id, product_id, supplier_id, status, position)
select listing_id, store_id, distributor_id, product_id, supplier_id, 'PAUSED', 0
from staging.offers where is_unlisted""",
    """\
insert into listing_terms (listing_id, distributor_id, cost_policy, pricing)
select listing_id, distributor_id, 'HOLD_PRICE', '{"kind": "imported"}'
from staging.offers where is_unlisted""",
    """\
insert into listing_skus (listing_id, sku_id, store_id, distributor_id, retail_cents, is_offered)
select listing_id, sku_id, store_id, distributor_id, greatest(price, 1), true
from staging.offers where is_unlisted""",
    """\
insert into listing_sku_bases (listing_id, sku_id, distributor_id, supply_cents)
select listing_id, sku_id, distributor_id, greatest(price, 1) from staging.offers
where is_unlisted""",
)

# The first store of a distributor takes its history.
_SHOPS = """\
create unlogged table staging.shops as
select distinct on (e.external_id) e.external_id as distributor, s.id, s.name, s.distributor_id
from external_ids e join stores s on s.distributor_id = e.row_id
where e.source = :source and e.kind = 'distributors'
order by e.external_id, s.created_at, s.id"""


async def write_accounts(session: AsyncSession, source: str, currency: str) -> None:
    """Open the accounts that history is posted to, and find the stores that take it."""
    for statement in (*ACCOUNTS, _SHOPS):
        await run(session, statement, source=source, currency=currency)


async def write_offers(session: AsyncSession, source: str, shop: str, currency: str) -> None:
    """Make the products whose suppliers are known, with their SKUs, and list what was sold."""
    for statement in (*_NAMES, _PAIRS, _OFFERS[0]):
        await run(session, statement, source=source)
    found = await run(session, "select distinct title from staging.goods where is_new")
    await copy_frame(session, "grams", _grams([row.title for row in found]))
    several = await number(session, _HAS_DISTRIBUTORS)
    sold = _SOLD.format(sold=_SOLD_HERE if several else _SOLD_IN_ONE_SHOP)
    for statement in (*_OFFERS[1:], sold, *_LISTINGS):
        await run(session, statement, source=source, shop=shop, currency=currency, at=now())
    for table in ("goods", "offers"):
        await run(session, f"analyze staging.{table}")


def _grams(titles: Sequence[str]) -> pl.DataFrame:
    # Titles at once; a job adds categories and codes. What a gram holds is quoted in the array.
    arrays = [_array(index_grams(title)) for title in titles]
    columns = {"title": list(titles), "grams": arrays}
    return pl.DataFrame(columns, schema={"title": pl.String, "grams": pl.String})


def _array(grams: Sequence[str]) -> str:
    """Return grams as an array of PostgreSQL, without the mark of a row that is wholly indexed."""
    return "{" + ",".join(f'"{gram}"' for gram in grams if gram != CURRENT) + "}"
