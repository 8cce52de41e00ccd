"""What a supplier's list of orders shows: its own parts, never what the buyer pays."""

from app.kit.i18n import N_
from app.queries.lists.currencies import currency_column
from app.queries.lists.drill import part_filters
from app.queries.part_status import status_filter, told_status
from app.queries.resource import Column, Filter, Resource
from app.queries.titles import bought_title
from app.words import PART_STATUS

# What was refunded before it was shipped does not count; a part that was refused shows it all.
_UNITS = (
    "case when s.status = 'REJECTED' then f.quantity else f.quantity - f.cancelled_quantity end"
)
_GOODS = (
    f"{bought_title('f')} || case when f.spec_text <> '' then ' ' || f.spec_text else '' end"
    f" || ' ×' || {_UNITS}"
)
_LINES = (
    "from fulfilment_lines f left join products p on p.id = f.product_id"
    " where f.supplier_order_id = s.id"
)
_WAITS = (
    "case when s.status in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED')"
    " then floor(extract(epoch from now() - s.paid_at) / 3600) end"
)

ORDERS = Resource(
    name="orders",
    title=N_("Orders"),
    permission="supplier:orders:read",
    source="supplier_orders s left join order_addresses a on a.order_id = s.order_id",
    key="s.id",
    where="s.supplier_id = (select app_supplier())",
    columns=(
        Column("number", N_("Order"), "s.number", "title", sort="s.number",
               link="orders/{number}"),
        Column("status", N_("Status"), told_status("s"), "status", words=PART_STATUS),
        Column("goods", N_("Goods"),
               f"(select string_agg({_GOODS}, '，' order by f.line_id) {_LINES}"
               f" and {_UNITS} > 0)"),
        Column("quantity", N_("Units"), f"(select sum({_UNITS}) {_LINES})", "quantity",
               hidden=True),
        Column("supply", N_("Supply total"), f"(select sum(f.supply_cents) {_LINES})", "money",
               total=True),
        Column("freight", N_("Freight"), "s.freight_cents", "money", hidden=True),
        currency_column("s.currency"),
        Column("note", N_("Buyer's note"), "s.buyer_note", on_phone=False, hidden=True),
        Column("place", N_("Ship to"), "concat_ws(' ', a.province, nullif(a.city, a.province))"),
        Column("store", N_("Store"), "s.store_name", on_phone=False),
        Column("waits", N_("Waiting (h)"), _WAITS, "quantity", sort=_WAITS),
        Column("placed_at", N_("Placed"), "s.placed_at", "moment", sort="s.placed_at",
               on_phone=False),
        Column("paid_at", N_("Paid at"), "s.paid_at", "moment", sort="s.paid_at", hidden=True),
        Column("shipped_at", N_("Shipped"), "s.shipped_at", "moment", sort="s.shipped_at",
               hidden=True),
    ),
    filters=(
        status_filter(N_("Status")),
        Filter("store", N_("Store"), "s.store_id = cast(:store as uuid)",
               options_sql="select s.store_id, max(s.store_name) from supplier_orders s"
               " where s.supplier_id = (select app_supplier()) group by 1 order by 2"),
        Filter("placed", N_("Placed"), "s.placed_at", kind="dates"),
        *part_filters(),
    ),
    search="s.number like :like or a.recipient like :like"
    " or (length(:q) >= 4 and a.phone like '%' || :q)"
    " or exists (select 1 from shipments h where h.supplier_order_id = s.id"
    " and h.tracking_no like upper(:like))"
    " or exists (select 1 from fulfilment_lines f where f.supplier_order_id = s.id"
    " and f.sku_code like :like)",
    search_hint=N_("Number, recipient, phone, tracking, SKU"),
    default_sort="-placed_at",
)  # fmt: skip
