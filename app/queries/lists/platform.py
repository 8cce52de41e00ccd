"""What the platform's lists of the trade show."""

from app.kit.i18n import N_
from app.queries.lists.currencies import PRICES_IN, currency_column
from app.queries.lists.drill import order_filters
from app.queries.resource import GOODS_SEARCH, Column, Filter, Resource
from app.queries.titles import both_titles
from app.words import BUYER_KIND, MERCHANT_STATUS, ORDER_STATUS, POOL_STATUS

MERCHANTS = Resource(
    name="merchants",
    title=N_("Merchants"),
    permission="platform:merchants:read",
    source="merchants m left join merchant_details d on d.merchant_id = m.id",
    key="m.id",
    columns=(
        Column("name", N_("Company"), "m.name", "title", sort="m.name", link="merchants/{code}"),
        Column("code", N_("Short name"), "m.code", "code", sort="m.code"),
        Column(
            "roles",
            N_("Roles"),
            "case when m.is_supplier and m.is_distributor then 'BOTH'"
            " when m.is_supplier then 'SUPPLIER' else 'DISTRIBUTOR' end",
            "status",
            words=(
                ("BOTH", N_("Supplier and distributor")),
                ("SUPPLIER", N_("Supplier")),
                ("DISTRIBUTOR", N_("Distributor")),
            ),
        ),
        Column("status", N_("Status"), "m.status", "status", sort="m.status",
               words=MERCHANT_STATUS),
        Column("contact", N_("Contact"), "d.contact_name", hidden=True),
        Column("phone", N_("Phone"), "d.contact_phone", "code", hidden=True),
        Column("license", N_("Licence number"), "d.license_no", "code", hidden=True),
        Column("settle_days", N_("Settles after (days)"), "m.settle_days", "quantity",
               on_phone=False),
        Column("created_at", N_("Applied"), "m.created_at", "moment", sort="m.created_at",
               on_phone=False),
    ),
    filters=(
        Filter("status", N_("Status"), "m.status = :status", choices=MERCHANT_STATUS),
        Filter("role", N_("Role"),
               "case :role when 'supplier' then m.is_supplier else m.is_distributor end",
               choices=(("supplier", N_("Supplier")), ("distributor", N_("Distributor")))),
        Filter("applied", N_("Applied"), "m.created_at", kind="dates"),
    ),
    search="m.name ilike '%' || :like or m.code like :like or d.contact_phone like '%' || :like",
    search_hint=N_("Company, short name, phone"),
    default_sort="-created_at",
)  # fmt: skip

SUPPLIER_OPTIONS = "select id, name from merchants where is_supplier order by name"
DISTRIBUTOR_OPTIONS = "select id, name from merchants where is_distributor order by name"
STORE_OPTIONS = "select id, name from stores order by name"
CATEGORY_OPTIONS = (
    "select c.id, case when p.id is null then c.name_zh else p.name_zh || ' / ' || c.name_zh end"
    " as zh,"
    " case when p.id is null then c.name_en else p.name_en || ' / ' || c.name_en end"
    " as en"
    " from categories c left join categories p on p.id = c.parent_id"
    " order by coalesce(p.position, c.position), coalesce(p.id, c.id), p.id nulls first,"
    " c.position, c.id"
)

ORDERS = Resource(
    name="orders",
    title=N_("Orders"),
    permission="platform:orders:read",
    source=(
        "orders o left join stores s on s.id = o.store_id"
        " left join merchants d on d.id = o.distributor_id"
    ),
    key="o.id",
    columns=(
        Column("number", N_("Order"), "o.number", "title", link="orders/{number}"),
        Column("status", N_("Status"), "o.status", "status", words=ORDER_STATUS),
        Column("store", N_("Store"), "s.name"),
        Column("distributor", N_("Distributor"), "d.name", on_phone=False, hidden=True),
        Column("buyer", N_("Buyer"), "o.buyer_kind", words=BUYER_KIND, on_phone=False),
        Column("total", N_("Total"), "o.total_cents", "money", total=True, sort="o.total_cents"),
        Column("paid", N_("Amount paid"), "o.paid_cents", "money", total=True, on_phone=False),
        Column("refunded", N_("Refunded"), "nullif(o.refunded_cents, 0)", "money", total=True,
               on_phone=False),
        currency_column("o.currency"),
        Column("placed_at", N_("Placed"), "o.placed_at", "moment", sort="o.placed_at",
               indexed=True),
        Column("paid_at", N_("Paid at"), "o.paid_at", "moment", hidden=True),
        Column("parts", N_("Parts"),
               "(select count(*) from supplier_orders x where x.order_id = o.id)", "quantity",
               hidden=True),
    ),
    filters=(
        Filter("status", N_("Status"), "o.status = :status", choices=ORDER_STATUS),
        Filter("store", N_("Store"), "o.store_id = cast(:store as uuid)", "choice",
               options_sql=STORE_OPTIONS),
        Filter("distributor", N_("Distributor"), "o.distributor_id = cast(:distributor as uuid)",
               options_sql=DISTRIBUTOR_OPTIONS),
        Filter("placed", N_("Placed"), "o.placed_at", kind="dates"),
        *order_filters(),
    ),
    search=(
        "o.number like :like or (length(:q) >= 4 and o.id in (select a.order_id"
        " from order_addresses a where a.phone like '%' || :like))"
    ),
    search_hint=N_("Order number or phone"),
    default_sort="-placed_at",
)  # fmt: skip

PRODUCTS = Resource(
    name="products",
    title=N_("Product review"),
    permission="platform:products:read",
    source=(
        "pool_entries e join products p on p.id = e.product_id"
        " join categories c on c.id = p.category_id left join merchants m on m.id = e.supplier_id"
    ),
    key="e.product_id",
    columns=(
        Column("picture", N_("Picture"),
               "coalesce((select i.blob_key from product_images i where i.product_id = p.id"
               " order by i.position, i.id limit 1), '')", "picture"),
        Column("title", N_("Product"), both_titles(), "titles", sort="p.title",
               link="products/{id}"),
        Column("supplier", N_("Supplier"), "m.name"),
        Column("category", N_("Category"), "array[c.name_zh, c.name_en]", "names", on_phone=False),
        Column("supply", N_("Supply price"),
               "(select array[min(x.supply_cents), max(x.supply_cents)] from supply_prices x"
               " join skus k on k.id = x.sku_id and k.is_active where x.product_id = p.id)",
               "range"),
        Column("suggested", N_("Suggested price"),
               "(select array[min(k.suggested_retail_cents), max(k.suggested_retail_cents)]"
               " from skus k where k.product_id = p.id and k.is_active)", "range", on_phone=False),
        currency_column(PRICES_IN),
        Column("skus", N_("SKUs"),
               "(select count(*) from skus k where k.product_id = p.id and k.is_active)",
               "quantity", hidden=True),
        Column("status", N_("Status"), "e.status", "status", words=POOL_STATUS),
        Column("submitted_at", N_("Submitted"), "e.submitted_at", "moment", sort="e.submitted_at",
               hidden=True),
        Column("note", N_("Reason"), "e.review_note", hidden=True),
    ),
    filters=(
        Filter("status", N_("Status"), "e.status = :status", choices=POOL_STATUS,
               default="SUBMITTED"),
        Filter("supplier", N_("Supplier"), "e.supplier_id = cast(:supplier as uuid)",
               options_sql=SUPPLIER_OPTIONS),
        Filter("category", N_("Category"),
               "(c.id = cast(:category as uuid) or c.parent_id = cast(:category as uuid))",
               options_sql=CATEGORY_OPTIONS),
    ),
    search=GOODS_SEARCH,
    search_hint=N_("Title or SKU code"),
    default_sort="-submitted_at",
)  # fmt: skip
