"""The SQL behind the dashboards: three statements for each, all under row-level security.

Flows are rows of ``(fact, slot, early, dim, cents, n)``: what happened in the slot that begins at
``slot``, of the period or of its comparison. ``early`` is false for that part of the comparison's
last day for which the running day has no counterpart yet: charts draw it, totals leave it out.
Shares are ``(dim, key, label, label_en, cents, n)``, the largest ``TOP`` of each dimension and one
row without a key for the rest. Standing figures are ``(fact, value)``.

A merchant's rows are asked for by its id besides: row-level security would find the same rows, but
its alternatives (supplier or distributor or platform …) cannot use an index.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.analytics.measures import OVERDUE_HOURS

TOP = 8
"""So many products, categories, stores or suppliers are named; the others are the rest."""


@dataclass(frozen=True)
class Flow:
    """One fact that happens at a moment. All parts are SQL; ``where`` may name ``:merchant``."""

    fact: str
    source: str
    at: str
    cents: str = "0"
    count: str = "count(*)"
    dim: str = "null"
    where: str = "true"

    def sql(self, *, hourly: bool) -> str:
        """Return the SELECT of this flow, by the hour or by the day."""
        # Both kinds of slot begin where the comparison begins, at a midnight of the business time
        # zone, whose days all have 24 hours.
        stride = "1 hour" if hourly else "1 day"
        return (
            f"select '{self.fact}' as fact,"
            f" date_bin('{stride}', {self.at}, cast(:before_start as timestamptz)) as slot,"
            f" {self.at} < :before_until or {self.at} >= :start as early,"
            f" {self.dim}::text as dim, coalesce(sum({self.cents}), 0)::bigint as cents,"
            f" {self.count}::bigint as n from {self.source}"
            f" where {self.at} >= :before_start and {self.at} < :until"
            f" and ({self.at} >= :start or {self.at} < :before_end) and {self.where}"
            " group by 2, 3, 4"
        )


def _booked(fact: str, account: str) -> tuple[Flow, Flow]:
    """What trade brought to accounts and what it took from them, as two flows of one fact.

    Postings of a trade name its part; a withdrawal does not. Moves between two such accounts of
    one merchant (a share becomes available) are in both flows and cancel out.
    """
    return (
        Flow(
            fact,
            "ledger_accounts a join postings p on p.to_account_id = a.id",
            "p.created_at",
            cents="p.amount_cents",
            where=f"{account} and p.supplier_order_id is not null",
        ),
        Flow(
            fact,
            "ledger_accounts a join postings p on p.from_account_id = a.id",
            "p.created_at",
            cents="-p.amount_cents",
            where=f"{account} and p.supplier_order_id is not null",
        ),
    )


_PLACED = Flow("placed", "orders o", "o.placed_at", cents="o.total_cents", dim="o.status")
_PAID = Flow("paid", "orders o", "o.paid_at", cents="o.paid_cents")
_REFUNDED = Flow(
    "refunded",
    "refunds r",
    "r.created_at",
    cents="r.amount_cents",
    # A refund without a part gives back a payment that no order took, which was never paid value.
    where="r.supplier_order_id is not null and r.status <> 'FAILED'",
)
_COMMISSION = "a.merchant_id is null and a.role = 'platform' and a.kind = 'COMMISSION'"
_MARGIN = "a.merchant_id = :merchant and a.role = 'distributor'"


def _of_distributor(flow: Flow, alias: str) -> Flow:
    return Flow(
        flow.fact,
        flow.source,
        flow.at,
        cents=flow.cents,
        count=flow.count,
        dim=flow.dim,
        where=f"{alias}.distributor_id = :merchant and {flow.where}",
    )


PLATFORM_FLOWS = (_PLACED, _PAID, _REFUNDED, *_booked("commission", _COMMISSION))

SUPPLIER_FLOWS = (
    Flow(
        "sold",
        "supplier_orders s join fulfilment_lines f on f.supplier_order_id = s.id",
        "s.paid_at",
        cents="f.supply_cents",
        count="sum(f.quantity)",
        where="s.supplier_id = :merchant and f.supplier_id = :merchant",
    ),
    Flow(
        "parts",
        "supplier_orders s",
        "s.paid_at",
        dim="s.status",
        where="s.supplier_id = :merchant",
    ),
)

DISTRIBUTOR_FLOWS = (
    _of_distributor(_PLACED, "o"),
    _of_distributor(_PAID, "o"),
    _of_distributor(_REFUNDED, "r"),
    *_booked("margin", _MARGIN),
    Flow("visits", "store_visits v", "v.first_at", where="v.distributor_id = :merchant"),
)


def flows_sql(flows: Iterable[Flow], *, hourly: bool) -> str:
    """Return one statement for all flows."""
    return " union all ".join(flow.sql(hourly=hourly) for flow in flows)


_GOODS = (
    # Products are looked up once for each, since their policy costs more than the rest.
    "goods as materialized (select x.product_id, p.category_id, p.supplier_id, x.title,"
    " p.title_en, x.cents, x.n from (select product_id, min(title) as title, sum(cents) as cents,"
    " sum(n) as n from sold group by product_id) x left join products p on p.id = x.product_id)"
)
_DIMENSIONS = {
    "product": "select product_id, title, title_en, cents, n from goods",
    "category": "select c.id, c.name_zh, c.name_en, sum(g.cents), sum(g.n) from goods g"
    " join categories c on c.id = g.category_id group by c.id, c.name_zh, c.name_en",
    "supplier": "select m.id, m.name, null, sum(g.cents), sum(g.n) from goods g"
    " join merchants m on m.id = g.supplier_id group by m.id, m.name",
    "store": "select s.id, s.name, null, x.cents, x.n from (select store_id, sum(cents) as cents,"
    " sum(n) as n from sold group by store_id) x join stores s on s.id = x.store_id",
    # A supplier sees no stores, only the name that stands on its part.
    "store_name": "select store_id, max(store_name), null, sum(cents), sum(n) from sold"
    " group by store_id",
}


def _shares(sold: str, dimensions: dict[str, str]) -> str:
    """Return the largest shares of ``sold`` by each dimension (name → key of ``_DIMENSIONS``)."""
    each = " union all ".join(
        f"select '{name}' as dim, d.*"
        f" from ({_DIMENSIONS[how]}) as d(key, label, label_en, cents, n)"
        for name, how in dimensions.items()
    )
    return (
        f"with sold as materialized ({sold}), {_GOODS}, share as ({each}),"
        " ranked as (select *, row_number() over (partition by dim order by cents desc, key)"
        f" <= {TOP} as named from share)"
        " select dim, case when named then key::text end as key, min(label) as label,"
        " min(label_en) as label_en, sum(cents)::bigint as cents, sum(n)::bigint as n"
        " from ranked group by dim, named, case when named then key::text end"
    )


_SOLD = (
    "select l.product_id, l.store_id, max(l.title) as title,"
    " sum(l.goods_cents - l.discount_cents) as cents, sum(l.quantity) as n"
    " from orders o join order_lines l on l.order_id = o.id"
    " where o.paid_at >= :start and o.paid_at < :until{mine} group by l.product_id, l.store_id"
)

PLATFORM_SHARES = _shares(
    _SOLD.format(mine=""),
    {name: name for name in ("product", "category", "store", "supplier")},
)
DISTRIBUTOR_SHARES = _shares(
    _SOLD.format(mine=" and o.distributor_id = :merchant and l.distributor_id = :merchant"),
    {name: name for name in ("product", "category", "supplier")},
)
SUPPLIER_SHARES = _shares(
    "select f.product_id, s.store_id, max(f.title) as title, max(s.store_name) as store_name,"
    " sum(f.supply_cents) as cents, sum(f.quantity) as n"
    " from supplier_orders s join fulfilment_lines f on f.supplier_order_id = s.id"
    " where s.supplier_id = :merchant and f.supplier_id = :merchant"
    " and s.paid_at >= :start and s.paid_at < :until group by f.product_id, s.store_id",
    {"product": "product", "category": "category", "store": "store_name"},
)

_OPEN_PARTS = "supplier_orders where supplier_id = :merchant and status"


def _balance(role: str, kind: str) -> str:
    return (
        "select coalesce(sum(b.balance_cents), 0) from ledger_accounts a"
        " join account_balances b on b.account_id = a.id"
        f" where a.merchant_id = :merchant and a.role = '{role}' and a.kind = '{kind}'"
    )


PLATFORM_STANDING = {
    "merchants_to_review": "select count(*) from merchants where status = 'PENDING'",
    "products_to_review": "select count(*) from pool_entries where status = 'SUBMITTED'",
}
SUPPLIER_STANDING = {
    "to_accept": f"select count(*) from {_OPEN_PARTS} = 'PAID'",
    "to_ship": f"select count(*) from {_OPEN_PARTS} in ('ACCEPTED', 'PARTLY_SHIPPED')",
    "overdue": f"select count(*) from {_OPEN_PARTS} in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED')"
    f" and paid_at < cast(:at as timestamptz) - interval '{OVERDUE_HOURS} hours'",
    "low_stock": "select count(*) from stock t join skus k on k.id = t.sku_id"
    " join products p on p.id = t.product_id where t.supplier_id = :merchant"
    " and k.is_active and p.status = 'ACTIVE' and t.on_hand - t.reserved <= t.low_at",
    "balance_pending": _balance("supplier", "PENDING"),
    "balance_available": _balance("supplier", "AVAILABLE"),
}
DISTRIBUTOR_STANDING = {
    "needs_reprice": "select count(*) from listings where distributor_id = :merchant"
    " and status = 'NEEDS_REPRICE'",
    "balance_pending": _balance("distributor", "PENDING"),
    "balance_available": _balance("distributor", "AVAILABLE"),
}


def standing_sql(selects: dict[str, str]) -> str:
    """Return one statement for standing figures (fact → SELECT of one number)."""
    return " union all ".join(
        f"select '{fact}' as fact, ({select})::bigint as value" for fact, select in selects.items()
    )
