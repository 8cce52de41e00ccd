"""What a distributor's lists of trade and money show: orders, customers, stores, shares."""

from app.kit.i18n import N_, Words
from app.queries.lists.currencies import currency_column, currency_filter
from app.queries.lists.distributor import STORE_OPTIONS
from app.queries.lists.drill import order_filters
from app.queries.resource import Column, Filter, Resource
from app.words import ACCOUNT_KIND, ORDER_STATUS, SPLIT_STATE, STORE_STATUS

POSTING_KIND: Words = (
    ("PAYMENT", N_("Payment received")),
    ("REFUND", N_("Refund")),
    ("RELEASE", N_("Became available")),
)

# Before the payment what was agreed, after it what is left of the share.
_MARGIN = (
    "coalesce((select sum(sp.amount_cents - sp.reversed_cents) from splits sp"
    " where sp.order_id = o.id and sp.kind in ('MARGIN', 'FREE_FREIGHT')),"
    " (select sum(t.margin_cents) from order_line_terms t where t.order_id = o.id"
    " and o.status <> 'CLOSED'))"
)

ORDERS = Resource(
    name="orders",
    title=N_("Orders"),
    permission="distributor:orders:read",
    source=(
        "orders o join stores s on s.id = o.store_id"
        " left join order_addresses a on a.order_id = o.id"
    ),
    key="o.id",
    columns=(
        Column("number", N_("Number"), "o.number", "title", sort="o.number",
               link="orders/{number}"),
        Column("store", N_("Store"), "s.name", on_phone=False),
        Column("buyer", N_("Buyer"), "a.recipient"),
        Column("status", N_("Status"), "o.status", "status", sort="o.status",
               words=ORDER_STATUS),
        Column("total", N_("Total"), "o.total_cents", "money", total=True, sort="o.total_cents"),
        Column("margin", N_("My margin"), _MARGIN, "money", total=True),
        Column("refunded", N_("Refunded"), "nullif(o.refunded_cents, 0)", "money", hidden=True),
        currency_column("o.currency"),
        Column("city", N_("City"), "a.city", hidden=True),
        Column("placed_at", N_("Ordered"), "o.placed_at", "moment", sort="o.placed_at"),
    ),
    filters=(
        Filter("status", N_("Status"), "o.status = :status", choices=ORDER_STATUS),
        Filter("store", N_("Store"), "cast(s.id as text) = :store", options_sql=STORE_OPTIONS),
        Filter("placed", N_("Ordered"), "o.placed_at", kind="dates"),
        *order_filters(),
    ),
    search="o.number like :like or a.recipient ilike '%' || :like or a.phone like '%' || :like",
    search_hint=N_("Number, buyer, phone"),
    default_sort="-placed_at",
)  # fmt: skip


def _latest(what: str, whose: str) -> str:
    """Return a subquery over somebody's orders in the currency of the latest of them.

    One figure cannot sum amounts of several currencies.
    """
    return (
        f"(select {what} from orders o where {whose} group by o.currency"
        " order by max(o.placed_at) desc, o.currency limit 1)"
    )


_OF_CUSTOMER = "o.consumer_id = c.id"
_SPENT = f"coalesce({_latest('sum(o.paid_cents - o.refunded_cents)', _OF_CUSTOMER)}, 0)"
_OF_STORE = "o.store_id = s.id and o.placed_at > now() - interval '30 days'"

CUSTOMERS = Resource(
    name="customers",
    title=N_("Customers"),
    permission="distributor:customers:read",
    source="consumers c join stores s on s.id = c.store_id",
    key="c.id",
    columns=(
        Column("name", N_("Name"), "c.name", "title", sort="c.name", link="customers/{id}"),
        Column("phone", N_("buyer|Phone"),
               "left(c.phone, greatest(length(c.phone) - 8, 0)) || '****' || right(c.phone, 4)",
               "code"),
        Column("store", N_("Store"), "s.name"),
        Column("orders", N_("Paid orders"),
               "(select count(*) from orders o where o.consumer_id = c.id and o.paid_cents > 0)",
               "quantity"),
        Column("spent", N_("Spent"), _SPENT, "money", sort=_SPENT),
        currency_column(f"coalesce({_latest('o.currency', _OF_CUSTOMER)}, 'CNY')"),
        Column("last", N_("Last order"),
               "(select max(o.placed_at) from orders o where o.consumer_id = c.id)", "moment"),
        Column("created_at", N_("Customer since"), "c.created_at", "day", sort="c.created_at",
               on_phone=False),
    ),
    filters=(
        Filter("store", N_("Store"), "cast(s.id as text) = :store", options_sql=STORE_OPTIONS),
        Filter("since", N_("Customer since"), "c.created_at", kind="dates"),
    ),
    search="c.name ilike '%' || :like or c.phone like '%' || :like",
    search_hint=N_("Name, end of the phone number"),
    default_sort="-created_at",
)  # fmt: skip

STORES = Resource(
    name="stores",
    title=N_("Stores"),
    permission="distributor:store:read",
    source="stores s",
    key="s.id",
    columns=(
        Column("name", N_("Store"), "s.name", "title", sort="s.name", link="stores/{slug}"),
        Column("slug", N_("Link"), "s.slug", "code"),
        Column("status", N_("Status"), "s.status", "status", words=STORE_STATUS),
        Column("listings", N_("On sale"),
               "(select count(*) from shelf_items i where i.store_id = s.id)", "quantity"),
        Column("orders", N_("Orders, 30 days"),
               f"(select count(*) from orders o where {_OF_STORE} and o.paid_cents > 0)",
               "quantity"),
        Column("sales", N_("Sales, 30 days"),
               f"coalesce({_latest('sum(o.paid_cents)', _OF_STORE)}, 0)", "money"),
        currency_column(f"coalesce({_latest('o.currency', _OF_STORE)}, 'CNY')"),
        Column("created_at", N_("Opened"), "s.created_at", "day", sort="s.created_at",
               on_phone=False),
    ),
    default_sort="created_at",
)  # fmt: skip

SHARES = Resource(
    name="shares",
    title=N_("Balance"),
    permission="distributor:ledger:read",
    # One company may also supply: only the distributor's shares belong here.
    source=(
        "splits sp join supplier_orders so on so.id = sp.supplier_order_id"
        " join orders o on o.id = sp.order_id join stores s on s.id = o.store_id"
    ),
    where="sp.kind in ('MARGIN', 'FREE_FREIGHT') and sp.merchant_id = (select app_distributor())",
    key="sp.id",
    columns=(
        Column("number", N_("Order"), "o.number", "title", link="orders/{number}"),
        Column("store", N_("Store"), "s.name"),
        Column("amount", N_("My share"), "sp.amount_cents", "money",
               total=True, sort="sp.amount_cents"),
        Column("reversed", N_("Taken back"), "nullif(sp.reversed_cents, 0)", "money", total=True),
        Column("rest", N_("Remains"), "sp.amount_cents - sp.reversed_cents", "money", total=True),
        currency_column("sp.currency"),
        Column("state", N_("State"), "sp.state", "status", words=SPLIT_STATE),
        Column("created_at", N_("Paid at"), "sp.created_at", "moment", sort="sp.created_at"),
        Column("available_at", N_("Available since"), "sp.available_at", "moment",
               on_phone=False),
    ),
    filters=(
        Filter("state", N_("State"), "sp.state = :state", choices=SPLIT_STATE),
        Filter("store", N_("Store"), "cast(s.id as text) = :store", options_sql=STORE_OPTIONS),
        Filter("paid", N_("Paid at"), "sp.created_at", kind="dates"),
        currency_filter("sp.currency"),
    ),
    search="o.number like :like",
    search_hint=N_("Order number"),
    default_sort="-created_at",
)  # fmt: skip

POSTINGS = Resource(
    name="postings",
    title=N_("Postings"),
    permission="distributor:ledger:read",
    # The other side's account is hidden, so each row has one account of ours, or two.
    source=(
        "postings p join ledger_transactions t on t.id = p.transaction_id"
        " left join ledger_accounts f on f.id = p.from_account_id and f.role = 'distributor'"
        " left join ledger_accounts g on g.id = p.to_account_id and g.role = 'distributor'"
        " left join orders o on o.id = t.order_id"
    ),
    where="(f.id is not null or g.id is not null)",
    key="p.id",
    columns=(
        Column("created_at", N_("When"), "p.created_at", "moment", sort="p.created_at"),
        Column("kind", N_("Kind"), "t.kind", "status", words=POSTING_KIND),
        Column("origin", N_("From account"), "f.kind", "status", words=ACCOUNT_KIND),
        Column("target", N_("To account"), "g.kind", "status", words=ACCOUNT_KIND),
        Column("amount", N_("Amount"), "p.amount_cents", "money", sort="p.amount_cents"),
        currency_column("p.currency"),
        Column("number", N_("Order"), "o.number", "code", link="orders/{number}"),
        Column("memo", N_("Note"), "t.memo", hidden=True),
    ),
    filters=(
        Filter("account", N_("Ledger account"), ":account in (f.kind, g.kind)",
               choices=tuple(w for w in ACCOUNT_KIND
                             if w[0] in ("PENDING", "AVAILABLE", "IN_PAYOUT", "PAID_OUT"))),
        Filter("posted", N_("When"), "p.created_at", kind="dates"),
        currency_filter("p.currency"),
    ),
    search="o.number like :like",
    search_hint=N_("Order number"),
    default_sort="-created_at",
)  # fmt: skip
