"""What a supplier's lists of goods show: products, and what is on hand of each SKU."""

from app.kit.i18n import N_
from app.queries.lists.currencies import PRICES_IN, currency_column
from app.queries.resource import GOODS_SEARCH, Column, Filter, Resource
from app.queries.titles import both_titles, category
from app.words import POOL_STATUS, PRODUCT_STATUS, STOCK_STATUS


def _price_range(cents: str, source: str) -> str:
    """Return SQL for the lowest and the highest amount as an array, null without any."""
    return f"(select array[min({cents}), max({cents})] from {source})"


_SUPPLY = (
    "supply_prices sp join skus k on k.id = sp.sku_id"
    " where sp.product_id = p.id and k.is_active having count(*) > 0"
)
_SUGGESTED = "skus k where k.product_id = p.id and k.is_active having count(*) > 0"
_FREE = (
    "(select sum(t.on_hand - t.reserved) from stock t join skus k on k.id = t.sku_id"
    " where t.product_id = p.id and k.is_active)"
)
_LOW = (
    "exists (select 1 from stock t join skus k on k.id = t.sku_id where t.product_id = p.id"
    " and k.is_active and t.on_hand - t.reserved <= t.low_at)"
)

PRODUCTS = Resource(
    name="products",
    title=N_("Products"),
    permission="supplier:products:read",
    source="products p join categories c on c.id = p.category_id"
    " left join pool_entries e on e.product_id = p.id",
    key="p.id",
    where="p.supplier_id = (select app_supplier())",
    columns=(
        Column("picture", N_("Picture"),
               "(select blob_key from product_images i where i.product_id = p.id"
               " order by i.position limit 1)", "picture"),
        Column("title", N_("Product"), both_titles(), "titles", sort="p.title",
               link="products/{id}"),
        Column("status", N_("Status"), "p.status", "status", words=PRODUCT_STATUS),
        Column("pool", N_("Pool"), "coalesce(e.status, 'NONE')", "status",
               words=(*POOL_STATUS, ("NONE", N_("Not pushed")))),
        Column("category", N_("Category"), "array[c.name_zh, c.name_en]", "names", hidden=True),
        Column("skus", N_("SKUs"),
               "(select count(*) from skus k where k.product_id = p.id and k.is_active)",
               "quantity", on_phone=False),
        Column("stock", N_("Available"), _FREE, "quantity", sort=_FREE),
        Column("supply", N_("Supply price"), _price_range("sp.supply_cents", _SUPPLY), "range"),
        Column("suggested", N_("Suggested price"),
               _price_range("k.suggested_retail_cents", _SUGGESTED), "range", on_phone=False),
        currency_column(PRICES_IN),
        Column("note", N_("Platform's comment"), "e.review_note", hidden=True),
        Column("updated_at", N_("Changed"), "p.updated_at", "moment", sort="p.updated_at",
               hidden=True),
    ),
    filters=(
        Filter("pool", N_("Pool"), "coalesce(e.status, 'NONE') = :pool",
               choices=(*POOL_STATUS, ("NONE", N_("Not pushed")))),
        Filter("status", N_("Status"), "p.status = :status", choices=PRODUCT_STATUS),
        Filter("category", N_("Category"), "p.category_id = cast(:category as uuid)",
               options_sql=f"select c.id, {category()}"
               " from categories c where exists (select 1 from"
               " products p where p.category_id = c.id and p.supplier_id ="
               " (select app_supplier())) order by c.position, c.name_zh"),
        Filter("stock", N_("Stock"), f"case :stock when 'low' then {_LOW} else not {_LOW} end",
               choices=(("low", N_("Low or sold out")), ("enough", N_("Enough")))),
    ),
    search=GOODS_SEARCH,
    search_hint=N_("Title or SKU code"),
    default_sort="-updated_at",
)  # fmt: skip

_STATE = (
    "case when t.on_hand <= t.reserved then 'OUT'"
    " when t.on_hand - t.reserved <= t.low_at then 'LOW' else 'ENOUGH' end"
)

STOCK = Resource(
    name="stock",
    title=N_("Stock"),
    permission="supplier:stock:read",
    source="stock t join skus k on k.id = t.sku_id join products p on p.id = t.product_id",
    key="t.sku_id",
    where="t.supplier_id = (select app_supplier()) and p.status <> 'ARCHIVED'",
    columns=(
        Column("code", N_("SKU code"), "k.code", "title", sort="k.code", link="stock/{id}"),
        Column("product", N_("Product"), both_titles(), "names", sort="p.title"),
        Column("specs", N_("Specs"),
               "(select string_agg(v, ' / ') from jsonb_array_elements_text(k.spec_values) v)"),
        Column("state", N_("Status"), _STATE, "status", words=STOCK_STATUS),
        Column("on_hand", N_("On hand"), "t.on_hand", "quantity", sort="t.on_hand"),
        Column("reserved", N_("Reserved"), "t.reserved", "quantity", sort="t.reserved"),
        Column("available", N_("Available"), "t.on_hand - t.reserved", "quantity",
               sort="t.on_hand - t.reserved"),
        Column("low_at", N_("Low-stock level"), "t.low_at", "quantity", on_phone=False),
        Column("active", N_("Sold"), "case when k.is_active then 'ON' else 'OFF' end", "status",
               words=(("ON", N_("Yes")), ("OFF", N_("No"))), hidden=True),
    ),
    filters=(
        Filter("state", N_("Status"), f"{_STATE} = :state", choices=STOCK_STATUS),
        Filter("level", N_("Stock level"),
               "k.is_active and t.on_hand - t.reserved <= t.low_at and :level = 'low'",
               choices=(("low", N_("Low or sold out")),)),
        Filter("active", N_("Sold"), "k.is_active = (:active = 'on')",
               choices=(("on", N_("Sold")), ("off", N_("Switched off")))),
    ),
    search=f"k.code ilike :like or {GOODS_SEARCH}",
    search_hint=N_("SKU code or product"),
    default_sort="available",
)  # fmt: skip
