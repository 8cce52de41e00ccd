"""What a supplier earns: its shares, the postings of its accounts, and its months.

A company with both roles has accounts for each; here only those of its supplying count.
"""

from app.kit.i18n import N_
from app.queries.lists.currencies import currency_column, currency_filter
from app.queries.resource import Column, Filter, Resource
from app.words import ACCOUNT_KIND, SPLIT_KIND, SPLIT_STATE, TRANSACTION_KIND

_OWN_KINDS = tuple(word for word in SPLIT_KIND if word[0] in ("SUPPLY", "FREIGHT"))
_OWN_ACCOUNTS = tuple(
    word for word in ACCOUNT_KIND if word[0] in ("PENDING", "AVAILABLE", "IN_PAYOUT", "PAID_OUT")
)
_DUE = (
    "coalesce(sp.available_at, s.received_at + make_interval(days =>"
    " (select settle_days from merchants m where m.id = sp.merchant_id)))"
)

SPLITS = Resource(
    name="shares",
    title=N_("Balance"),
    permission="supplier:ledger:read",
    source="splits sp join supplier_orders s on s.id = sp.supplier_order_id",
    key="sp.id",
    where="sp.merchant_id = (select app_merchant()) and sp.kind in ('SUPPLY', 'FREIGHT')",
    columns=(
        Column("number", N_("Order"), "s.number", "title", sort="s.number",
               link="orders/{number}"),
        Column("kind", N_("Income type"), "sp.kind", "status", words=_OWN_KINDS),
        Column("state", N_("State"), "sp.state", "status", words=SPLIT_STATE),
        Column("amount", N_("Amount"), "sp.amount_cents", "money",
               total=True, sort="sp.amount_cents"),
        Column("reversed", N_("Taken back"), "sp.reversed_cents", "money",
               total=True, on_phone=False),
        currency_column("sp.currency"),
        Column("due", N_("Available from"), _DUE, "day", sort=_DUE),
        Column("store", N_("Store"), "s.store_name", hidden=True),
        Column("created_at", N_("Paid at"), "sp.created_at", "moment", sort="sp.created_at",
               on_phone=False),
    ),
    filters=(
        Filter("state", N_("State"), "sp.state = :state", choices=SPLIT_STATE),
        Filter("kind", N_("Income type"), "sp.kind = :kind", choices=_OWN_KINDS),
        Filter("paid", N_("Paid at"), "sp.created_at", kind="dates"),
        currency_filter("sp.currency"),
    ),
    search="s.number like :like",
    search_hint=N_("Order number"),
    default_sort="-created_at",
)  # fmt: skip

_MINE = (
    "postings g join ledger_accounts mine on mine.id in (g.from_account_id, g.to_account_id)"
    " and mine.merchant_id = (select app_merchant()) and mine.role = 'supplier'"
)

POSTINGS = Resource(
    name="postings",
    title=N_("Postings"),
    permission="supplier:ledger:read",
    # A move between two own accounts stands in both of them, as on any statement.
    source=f"{_MINE} join ledger_transactions x on x.id = g.transaction_id"
    " left join supplier_orders s on s.id = g.supplier_order_id",
    key="(g.id::text || mine.kind)",
    columns=(
        Column("at", N_("Time"), "g.created_at", "moment", sort="g.created_at"),
        Column("why", N_("What happened"), "x.kind", "status", words=TRANSACTION_KIND),
        Column("account", N_("Account"), "mine.kind", "status", words=_OWN_ACCOUNTS),
        Column("amount", N_("Amount"),
               "case when g.to_account_id = mine.id then g.amount_cents"
               " else -g.amount_cents end", "money", total=True, sort="g.amount_cents"),
        currency_column("g.currency"),
        Column("number", N_("Order"), "s.number", "code", link="orders/{number}"),
        Column("voucher", N_("Voucher"), "left(x.id::text, 18)", "code", hidden=True),
    ),
    filters=(
        Filter("account", N_("Account"), "mine.kind = :account", choices=_OWN_ACCOUNTS),
        Filter("why", N_("What happened"), "x.kind = :why", choices=TRANSACTION_KIND),
        Filter("at", N_("Time"), "g.created_at", kind="dates"),
        currency_filter("g.currency"),
    ),
    search="s.number like :like",
    search_hint=N_("Order number"),
    default_sort="-at",
)  # fmt: skip

_INTO_OWN = (
    "exists (select 1 from ledger_accounts o where o.id = {end} and o.merchant_id ="
    " (select app_merchant()) and o.role = 'supplier')"
)
_MONTHS = (
    "(select to_char(g.created_at at time zone 'Asia/Shanghai', 'YYYY-MM') as month, g.currency,"
    " coalesce(sum(g.amount_cents) filter (where g.to_account_id = mine.id and not "
    + _INTO_OWN.format(end="g.from_account_id")
    + "), 0) as earned,"
    " coalesce(sum(g.amount_cents) filter (where g.from_account_id = mine.id and not "
    + _INTO_OWN.format(end="g.to_account_id")
    + "), 0) as returned,"
    " coalesce(sum(g.amount_cents) filter (where g.to_account_id = mine.id"
    " and mine.kind = 'AVAILABLE'), 0) as released,"
    " coalesce(sum(g.amount_cents) filter (where g.to_account_id = mine.id"
    " and mine.kind = 'PAID_OUT'), 0) as paid_out"
    f" from {_MINE} group by 1, 2) m"
)

_OVER = "over (partition by m.currency order by m.month"

STATEMENT = Resource(
    name="statement",
    title=N_("Statement"),
    permission="supplier:ledger:read",
    # A month has a line for each currency, whose balances go on from line to line of that one.
    source="(select m.*, coalesce(sum(m.earned - m.returned - m.paid_out)"
    f" {_OVER} rows between unbounded preceding and 1 preceding), 0) as opening,"
    f" sum(m.earned - m.returned - m.paid_out) {_OVER}) as closing from {_MONTHS}) st",
    key="(st.month || ' ' || st.currency)",
    columns=(
        Column("month", N_("Month"), "st.month", "title", sort="st.month"),
        Column("opening", N_("Opening balance"), "st.opening", "money"),
        Column("earned", N_("Earned"), "st.earned", "money", sort="st.earned"),
        Column("returned", N_("Taken back"), "st.returned", "money", sort="st.returned"),
        Column("released", N_("Became available"), "st.released", "money", on_phone=False),
        Column("paid_out", N_("Paid out"), "st.paid_out", "money", on_phone=False),
        Column("closing", N_("Closing balance"), "st.closing", "money"),
        currency_column("st.currency"),
    ),
    filters=(
        Filter("year", N_("Year"), "left(st.month, 4) = :year",
               options_sql="select distinct extract(year from created_at at time zone"
               " 'Asia/Shanghai')::int::text as y, extract(year from created_at at time zone"
               " 'Asia/Shanghai')::int::text from splits where merchant_id ="
               " (select app_merchant()) order by 1 desc"),
        currency_filter("st.currency"),
    ),
    default_sort="-month",
)  # fmt: skip
