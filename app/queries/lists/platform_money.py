"""What the platform's lists of money show: payments, refunds, split rules, the ledger."""

from app.kit.i18n import N_
from app.queries.lists.currencies import currency_column, currency_filter
from app.queries.lists.platform import (
    CATEGORY_OPTIONS,
    DISTRIBUTOR_OPTIONS,
    STORE_OPTIONS,
    SUPPLIER_OPTIONS,
)
from app.queries.resource import Column, Filter, Resource
from app.queries.titles import both_titles
from app.words import (
    ACCOUNT_KIND,
    FEE_BEARER,
    PARTY_ROLE,
    PAYMENT_PROVIDER,
    PAYMENT_STATUS,
    REFUND_REASON,
    REFUND_STATUS,
    SPLIT_BASE,
    SWITCHED,
    TRANSACTION_KIND,
)

PAYMENTS = Resource(
    name="payments",
    title=N_("Payments"),
    permission="platform:payments:read",
    source=(
        "payments p left join orders o on o.id = p.order_id"
        " left join stores s on s.id = o.store_id"
    ),
    key="p.id",
    columns=(
        Column("number", N_("record|Payment"), "p.number", "title", link="payments/{number}"),
        Column("status", N_("Status"), "p.status", "status", words=PAYMENT_STATUS),
        Column("order", N_("Order"), "coalesce(o.number, '')", "code", link="orders/{order}",
               permission="platform:orders:read"),
        Column("store", N_("Store"), "s.name", on_phone=False),
        Column("provider", N_("Provider"), "p.provider", words=PAYMENT_PROVIDER,
               on_phone=False),
        Column("amount", N_("Amount"), "p.amount_cents", "money",
               total=True, sort="p.amount_cents"),
        Column("refunded", N_("Refunded"), "nullif(p.refunded_cents, 0)", "money",
               on_phone=False),
        currency_column("p.currency"),
        Column("created_at", N_("Started at"), "p.created_at", "moment", sort="p.created_at",
               indexed=True, on_phone=False),
        Column("paid_at", N_("Paid at"), "p.paid_at", "moment"),
        Column("reference", N_("Provider's reference"), "p.provider_ref", "code", hidden=True),
    ),
    filters=(
        Filter("status", N_("Status"), "p.status = :status", choices=PAYMENT_STATUS),
        Filter("taken", N_("Applied to the order"),
               "p.status = 'PAID' and p.settled_by_order = (:taken = 'yes')",
               choices=(("yes", N_("Yes")), ("no", N_("No: paid twice or too late")))),
        Filter("created", N_("Started at"), "p.created_at", kind="dates"),
        currency_filter("p.currency"),
    ),
    search="p.number like :like or p.provider_ref = :q or o.number like :like",
    search_hint=N_("Payment or order number"),
    default_sort="-created_at",
)  # fmt: skip

REFUNDS = Resource(
    name="refunds",
    title=N_("Refunds"),
    permission="platform:payments:read",
    source=(
        "refunds r join payments p on p.id = r.payment_id left join orders o on o.id = r.order_id"
        " left join supplier_orders s on s.id = r.supplier_order_id"
    ),
    key="r.id",
    columns=(
        Column("number", N_("Refund"), "r.number", "code"),
        Column("status", N_("Status"), "r.status", "status", words=REFUND_STATUS),
        Column("order", N_("Order"), "coalesce(o.number, '')", "code", link="orders/{order}",
               permission="platform:orders:read"),
        Column("part", N_("Part"), "s.number", "code", hidden=True),
        Column("payment", N_("record|Payment"), "p.number", "code", link="payments/{payment}",
               hidden=True),
        Column("amount", N_("Amount"), "r.amount_cents", "money",
               total=True, sort="r.amount_cents"),
        currency_column("r.currency"),
        Column("reason", N_("Reason"), "r.reason", words=REFUND_REASON),
        Column("attempts", N_("Attempts"), "r.attempts", "quantity", hidden=True),
        Column("created_at", N_("Started at"), "r.created_at", "moment", sort="r.created_at",
               indexed=True),
        Column("succeeded_at", N_("Returned at"), "r.succeeded_at", "moment", on_phone=False),
    ),
    filters=(
        Filter("status", N_("Status"), "r.status = :status", choices=REFUND_STATUS),
        Filter("reason", N_("Reason"), "r.reason = :reason", choices=REFUND_REASON),
        Filter("created", N_("Started at"), "r.created_at", kind="dates"),
        currency_filter("r.currency"),
    ),
    search="r.number like :like or o.number like :like",
    search_hint=N_("Refund or order number"),
    default_sort="-created_at",
)  # fmt: skip

RULES = Resource(
    name="rules",
    title=N_("Split rules"),
    permission="platform:rules:read",
    source=(
        "split_rules r left join lateral (select v.* from split_rule_versions v"
        "  where v.rule_id = r.id and v.effective_at <= now()"
        "  order by v.effective_at desc, v.version desc limit 1) v on true"
        " left join categories c on c.id = r.category_id"
        " left join merchants m on m.id = r.supplier_id"
        " left join merchants d on d.id = r.distributor_id"
        " left join stores s on s.id = r.store_id left join products p on p.id = r.product_id"
    ),
    key="r.id",
    columns=(
        Column("place", N_("Priority"),
               "(select count(*) from split_rules x where (x.position, x.id)"
               " <= (r.position, r.id))", "quantity", sort="r.position"),
        Column("name", N_("Rule"), "r.name", "title", link="rules/{id}"),
        Column("category", N_("Category"), "array[c.name_zh, c.name_en]", "names"),
        Column("supplier", N_("Supplier"), "m.name"),
        Column("distributor", N_("Distributor"), "d.name"),
        Column("store", N_("Store"), "s.name", hidden=True),
        Column("product", N_("Product"), both_titles(), "names", hidden=True),
        Column("rate", N_("Rate"), "v.rate_bps", "rate"),
        Column("base", N_("Calculated on"), "v.base", words=SPLIT_BASE, hidden=True),
        Column("fee", N_("Payment fee"), "v.payment_fee_bps", "rate", hidden=True),
        Column("bearer", N_("Fee borne by"), "v.fee_bearer", words=FEE_BEARER, hidden=True),
        Column("version", N_("Version"), "v.version", "quantity", on_phone=False),
        Column("status", N_("Status"), "case when r.is_active then 'ON' else 'OFF' end", "status",
               words=SWITCHED),
    ),
    filters=(
        Filter("category", N_("Category"), "r.category_id = cast(:category as uuid)",
               options_sql=CATEGORY_OPTIONS),
        Filter("supplier", N_("Supplier"), "r.supplier_id = cast(:supplier as uuid)",
               options_sql=SUPPLIER_OPTIONS),
        Filter("distributor", N_("Distributor"), "r.distributor_id = cast(:distributor as uuid)",
               options_sql=DISTRIBUTOR_OPTIONS),
        Filter("store", N_("Store"), "r.store_id = cast(:store as uuid)",
               options_sql=STORE_OPTIONS),
    ),
    default_sort="place",
)  # fmt: skip

ACCOUNTS = Resource(
    name="accounts",
    title=N_("Ledger"),
    permission="platform:ledger:read",
    source=(
        "ledger_accounts a left join merchants m on m.id = a.merchant_id"
        " join lateral (select coalesce(sum(x.balance_cents), 0) as cents from account_balances x"
        "  where x.account_id = a.id) b on true"
    ),
    key="a.id",
    columns=(
        Column("party", N_("Account holder"), "coalesce(m.name, 'PLATFORM')", "title",
               sort="m.name", words=(("PLATFORM", N_("Platform")),),
               link="ledger/transactions?account={id}"),
        Column("role", N_("Acting as"), "a.role", words=PARTY_ROLE),
        Column("kind", N_("Ledger account"), "a.kind", words=ACCOUNT_KIND, sort="a.kind"),
        Column("balance", N_("Balance"), "b.cents", "money", sort="b.cents"),
        currency_column("a.currency"),
    ),
    filters=(
        Filter("kind", N_("Ledger account"), "a.kind = :kind", choices=ACCOUNT_KIND),
        Filter("role", N_("Acting as"), "a.role = :role", choices=PARTY_ROLE),
        Filter("balance", N_("Balance"),
               "case :balance when 'below' then b.cents < 0 else b.cents <> 0 end",
               choices=(("some", N_("Not zero")), ("below", N_("Below zero"))), default="some"),
        currency_filter("a.currency"),
    ),
    search="m.name ilike '%' || :like or m.code like :like",
    search_hint=N_("Company or short name"),
    default_sort="-balance",
)  # fmt: skip

_OF_POSTINGS = "(select {what} from postings p where p.transaction_id = t.id)"

TRANSACTIONS = Resource(
    name="transactions",
    title=N_("Ledger transactions"),
    permission="platform:ledger:read",
    source="ledger_transactions t left join orders o on o.id = t.order_id",
    key="t.id",
    columns=(
        Column("occurred_at", N_("When"), "t.occurred_at", "moment", sort="t.occurred_at",
               indexed=True, link="ledger/transactions/{id}"),
        Column("kind", N_("Kind"), "t.kind", "title", words=TRANSACTION_KIND),
        Column("amount", N_("Amount moved"),
               _OF_POSTINGS.format(what="sum(p.amount_cents)"), "money", total=True),
        # All postings of a transaction are of one currency, which ``tongshang verify`` checks.
        currency_column(_OF_POSTINGS.format(what="min(p.currency)")),
        Column("postings", N_("Postings"), _OF_POSTINGS.format(what="count(*)"), "quantity",
               on_phone=False),
        Column("order", N_("Order"), "coalesce(o.number, '')", "code", link="orders/{order}",
               permission="platform:orders:read"),
        Column("memo", N_("Note"), "t.memo", hidden=True),
    ),
    filters=(
        Filter("kind", N_("Kind"), "t.kind = :kind", choices=TRANSACTION_KIND),
        Filter("touches", N_("Accounts involved"),
               "t.id in (select p.transaction_id from postings p join ledger_accounts a"
               " on a.id in (p.from_account_id, p.to_account_id) where a.kind = :touches)",
               choices=ACCOUNT_KIND),
        Filter("account", N_("Ledger account"),
               "t.id in (select p.transaction_id from postings p"
               " where p.from_account_id = cast(:account as uuid)"
               " or p.to_account_id = cast(:account as uuid))", kind="link"),
        Filter("occurred", N_("When"), "t.occurred_at", kind="dates"),
        currency_filter("exists (select 1 from postings p where p.transaction_id = t.id"
                        " and p.currency = :currency)"),
    ),
    search="o.number like :like",
    search_hint=N_("Order number"),
    default_sort="-occurred_at",
)  # fmt: skip
