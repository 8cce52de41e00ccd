"""The SQL behind each raw dataset: one statement, read by the builder and, as the actor, live.

A supplier may not read orders, order lines or terms, so its statements start from its own parts
and leave out what it may not know; row-level security stands behind all of them. Parameters are
``:start`` and ``:until`` (moments), ``:now`` and ``:merchant``, see ``bound``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.sql import Literal

from app.access import Scope
from app.analytics.measures import OVERDUE_HOURS
from app.analytics.snapshots.layout import DATASETS, Dataset, Kind, Total
from app.kit.clock import BUSINESS_ZONE


@dataclass(frozen=True)
class Statement:
    """Column → expression, and where the rows come from; ``at`` is the moment of the event."""

    columns: Mapping[str, str]
    source: str
    at: str
    where: str = "true"
    mine: str = "true"
    """Which rows are the merchant's, said besides row-level security so that indexes serve."""
    is_grouped: bool = False
    having: str = ""
    has_days: bool = False
    """Whether ``at`` is no moment but a business day as text."""

    @property
    def within(self) -> str:
        """The condition of the time that is asked for."""
        if self.has_days:
            return f"{self.at} >= {_day_text(':start')} and {self.at} < {_day_text(':until')}"
        return f"{self.at} >= :start and {self.at} < :until"


def _local(moment: str) -> str:
    return f"({moment} at time zone '{BUSINESS_ZONE}')"


def day_of(moment: str) -> str:
    """Return the expression of the business day of a moment."""
    return f"{_local(moment)}::date"


def _day_text(moment: str) -> str:
    return f"to_char({_local(f'cast({moment} as timestamptz)')}, 'YYYY-MM-DD')"


def _hour(moment: str) -> str:
    return f"extract(hour from {_local(moment)})"


def _minute(moment: str) -> str:
    return f"extract(hour from {_local(moment)}) * 60 + extract(minute from {_local(moment)})"


def _keys(**of: str) -> dict[str, str]:
    return {name: f"short_key({column})" for name, column in of.items()}


def _minutes(end: str, begin: str) -> str:
    return f"floor(extract(epoch from {end} - {begin}) / 60)"


def _once_a_part(cents: str, part: str, line: str) -> str:
    return f"case when row_number() over (partition by {part} order by {line}) = 1 then {cents} else 0 end"  # noqa: E501


SALT = "(select current_setting('app.salt'))"
"""What makes the key of a guest unguessable from its telephone number; readers set it."""
_CUSTOMER = (
    "coalesce(short_key(coalesce(o.consumer_id, o.buyer_merchant_id)),"
    f" guest_key({SALT}, o.distributor_id, a.phone))"
)
_EARLIER = "(e.paid_at, e.id) < (o.paid_at, o.id) and e.distributor_id = o.distributor_id"
_IS_FIRST = (
    "case when o.paid_at is null then false"
    " when o.consumer_id is not null then not exists (select 1 from orders e"
    f"  where e.consumer_id = o.consumer_id and {_EARLIER})"
    " when o.buyer_merchant_id is not null then not exists (select 1 from orders e"
    f"  where e.buyer_merchant_id = o.buyer_merchant_id and {_EARLIER})"
    " else not exists (select 1 from order_addresses b join orders e on e.id = b.order_id"
    "  where b.phone = a.phone and e.consumer_id is null and e.buyer_merchant_id is null"
    f"  and {_EARLIER}) end"
)
_PART = _keys(
    order_key="s.order_id",
    part_key="s.id",
    store="s.store_id",
    distributor="s.distributor_id",
    supplier="s.supplier_id",
)

_LINES = Statement(
    _PART
    | _keys(line_key="l.id", product="l.product_id", category="p.category_id")
    | {
        "day": day_of("o.paid_at"),
        "hour": _hour("o.paid_at"),
        "minute": _minute("o.paid_at"),
        "currency": "o.currency",
        "order_number": "o.number",
        "province": "a.province",
        "customer": _CUSTOMER,
        "quantity": "l.quantity",
        "goods_cents": "l.goods_cents",
        "discount_cents": "l.discount_cents",
        "freight_cents": _once_a_part(
            "s.freight_cents - s.store_freight_cents", "l.supplier_order_id", "l.id"
        ),
        "refunded_cents": "l.refunded_cents",
    }
    | {
        name: f"coalesce(t.{column}, 0)"
        for name, column in {
            "supply_cents": "supply_cents",
            "commission_cents": "commission_cents",
            "fee_cents": "payment_fee_cents",
            "margin_cents": "margin_cents",
            "supply_returned_cents": "supply_returned_cents",
            "margin_returned_cents": "margin_returned_cents",
            "commission_returned_cents": "commission_returned_cents",
        }.items()
    },
    "orders o join order_lines l on l.order_id = o.id"
    " join supplier_orders s on s.id = l.supplier_order_id"
    " left join order_line_terms t on t.line_id = l.id"
    " left join products p on p.id = l.product_id"
    " left join order_addresses a on a.order_id = o.id",
    "o.paid_at",
    mine="o.distributor_id = :merchant and l.distributor_id = :merchant",
)

_MADE_LINES = Statement(
    _PART
    | _keys(line_key="f.line_id", product="f.product_id", category="p.category_id")
    | {
        "day": day_of("s.paid_at"),
        "hour": _hour("s.paid_at"),
        "minute": _minute("s.paid_at"),
        "currency": "s.currency",
        "province": "a.province",
        "quantity": "f.quantity",
        "freight_cents": _once_a_part("s.freight_cents", "f.supplier_order_id", "f.line_id"),
        "supply_cents": "f.supply_cents",
        "supply_returned_cents": "f.supply_returned_cents",
    },
    "supplier_orders s join fulfilment_lines f on f.supplier_order_id = s.id"
    " left join products p on p.id = f.product_id"
    " left join order_addresses a on a.order_id = s.order_id",
    "s.paid_at",
    mine="s.supplier_id = :merchant and f.supplier_id = :merchant",
)

_ON_TIME = (
    f"case when s.shipped_at is not null then s.shipped_at <= s.paid_at + interval '{OVERDUE_HOURS}"
    " hours' when s.status in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED') and s.paid_at"
    f" < cast(:now as timestamptz) - interval '{OVERDUE_HOURS} hours' then false end"
)
_PARTS = Statement(
    _PART
    | {
        "day": day_of("o.paid_at"),
        "hour": _hour("o.paid_at"),
        "minute": _minute("o.paid_at"),
        "currency": "o.currency",
        "part_number": "s.number",
        "status": "s.status",
        "accept_minutes": _minutes("s.accepted_at", "s.paid_at"),
        "ship_minutes": _minutes("s.shipped_at", "s.paid_at"),
        "receive_minutes": _minutes("s.received_at", "s.paid_at"),
        "on_time": _ON_TIME,
        "rejected": "s.status = 'REJECTED'",
        "supply_cents": "(select coalesce(sum(f.supply_cents), 0) from fulfilment_lines f"
        " where f.supplier_order_id = s.id)",
        "freight_cents": "s.freight_cents",
        "refunded_cents": "(select coalesce(sum(r.amount_cents), 0) from refunds r"
        " where r.supplier_order_id = s.id and r.status <> 'FAILED')",
        # Of the part's own products, and of the order as a whole.
        "score": "(select avg(v.score) from reviews v where v.order_id = s.order_id"
        " and (v.supplier_id is null or v.supplier_id = s.supplier_id))",
    },
    "orders o join supplier_orders s on s.order_id = o.id",
    "o.paid_at",
    mine="o.distributor_id = :merchant and s.distributor_id = :merchant",
)
_MADE_PARTS = Statement(
    {name: how for name, how in _PARTS.columns.items() if name != "refunded_cents"}
    | {
        "day": day_of("s.paid_at"),
        "hour": _hour("s.paid_at"),
        "minute": _minute("s.paid_at"),
        "currency": "s.currency",
    },
    "supplier_orders s",
    "s.paid_at",
    mine="s.supplier_id = :merchant",
)

_ORDERS = Statement(
    _keys(order_key="o.id", store="o.store_id", distributor="o.distributor_id")
    | {
        "day": day_of("o.placed_at"),
        "hour": _hour("o.placed_at"),
        "minute": _minute("o.placed_at"),
        "currency": "o.currency",
        "order_number": "o.number",
        "customer": _CUSTOMER,
        "province": "a.province",
        "status": "o.status",
        "total_cents": "o.total_cents",
        "paid_day": day_of("o.paid_at"),
        "paid_cents": "o.paid_cents",
        "refunded_cents": "o.refunded_cents",
        "source": "coalesce(w.source, '')",
        "campaign": "coalesce(w.campaign, '')",
        "is_first": _IS_FIRST,
    },
    "orders o left join order_addresses a on a.order_id = o.id"
    " left join order_visits w on w.order_id = o.id",
    "o.placed_at",
    mine="o.distributor_id = :merchant",
)

_REFUNDS = Statement(
    _PART
    | {
        "day": day_of("r.created_at"),
        "hour": _hour("r.created_at"),
        "minute": _minute("r.created_at"),
        "currency": "r.currency",
        "amount_cents": "r.amount_cents",
    },
    "refunds r join supplier_orders s on s.id = r.supplier_order_id",
    "r.created_at",
    # A refund without a part gives back a payment that no order took, which was never paid value.
    where="r.status <> 'FAILED'",
    mine="r.distributor_id = :merchant",
)

_BOOKED_END = (
    "select p.created_at, p.currency, p.supplier_order_id, {sign}p.amount_cents as cents,"
    " case a.role when 'supplier' then 'SUPPLY' when 'distributor' then 'MARGIN' else a.kind end"
    " as kind from ledger_accounts a join postings p on p.{end}_account_id = a.id"
    " where (a.kind in ('COMMISSION', 'PAYMENT_FEE') and a.merchant_id is null"
    "  or a.role in ('supplier', 'distributor') and a.merchant_id is not null) and {mine}"
    " and p.created_at >= :start and p.created_at < :until and p.supplier_order_id is not null"
)


def _bookings(mine: str = "true") -> Statement:
    """Postings of trade name their part; moves between accounts of one merchant cancel out."""
    ends = (("to", ""), ("from", "-"))
    both = " union all ".join(_BOOKED_END.format(end=e, sign=s, mine=mine) for e, s in ends)
    return Statement(
        _keys(supplier="s.supplier_id", distributor="s.distributor_id", store="s.store_id")
        | {
            "day": day_of("x.created_at"),
            "hour": _hour("x.created_at"),
            "minute": _minute("x.created_at"),
            "currency": "x.currency",
            "kind": "x.kind",
            "cents": "sum(x.cents)",
        },
        f"({both}) x join supplier_orders s on s.id = x.supplier_order_id",
        "x.created_at",
        is_grouped=True,
        having="sum(x.cents) <> 0",
    )


_TRAFFIC = Statement(
    _keys(store="v.store_id", distributor="v.distributor_id")
    | {
        "day": "v.day",
        "hour": _hour("v.first_at"),
        "minute": _minute("v.first_at"),
        "source": "v.source",
        "campaign": "v.campaign",
        "device": "v.device",
        "visitors": "count(*)",
        "page_views": "sum(v.page_views)",
        "product_views": "sum(v.product_views)",
        "searches": "sum(v.searches)",
        "cart_adds": "sum(v.cart_adds)",
        "checkouts": "sum(v.checkouts)",
        "ordered": "sum(v.orders)",
        "viewed": "count(*) filter (where v.product_views > 0)",
        "carted": "count(*) filter (where v.cart_adds > 0)",
        "checked_out": "count(*) filter (where v.checkouts > 0)",
    },
    "store_visits v",
    "v.day",
    mine="v.distributor_id = :merchant",
    is_grouped=True,
    has_days=True,
)


def _product_traffic(mine: str) -> Statement:
    return Statement(
        _keys(
            store="v.store_id",
            distributor="v.distributor_id",
            supplier="v.supplier_id",
            product="v.product_id",
        )
        | {"day": "v.day", "views": "v.views", "cart_adds": "v.cart_adds", "buyers": "v.buyers"},
        "store_product_traffic v",
        "v.day",
        mine=mine,
        has_days=True,
    )


_STATEMENTS: Mapping[str, Statement] = {
    "lines": _LINES,
    "parts": _PARTS,
    "orders": _ORDERS,
    "refunds": _REFUNDS,
    "bookings": _bookings(),
    "traffic": _TRAFFIC,
    "product_traffic": _product_traffic("v.distributor_id = :merchant"),
}
_OF_SCOPE: Mapping[tuple[str, Scope], Statement] = {
    ("lines", Scope.SUPPLIER): _MADE_LINES,
    ("parts", Scope.SUPPLIER): _MADE_PARTS,
    ("product_traffic", Scope.SUPPLIER): _product_traffic("v.supplier_id = :merchant"),
    ("bookings", Scope.SUPPLIER): _bookings("a.merchant_id = :merchant and a.role = 'supplier'"),
    ("bookings", Scope.DISTRIBUTOR): _bookings(
        "a.merchant_id = :merchant and a.role = 'distributor'"
    ),
}


def raw_sql(
    dataset: Dataset, scope: Scope = Scope.PLATFORM, only: Sequence[str] | None = None
) -> str:
    """Return the SELECT of a raw dataset as a scope may read it, from ``:start`` to ``:until``.

    ``only`` leaves out other columns, and with them joins; not of one that is grouped.
    """
    how = _OF_SCOPE.get((dataset.name, scope), _STATEMENTS[dataset.name])
    known = dataset.known_to(scope)
    if only is not None and not how.is_grouped:
        known = tuple(name for name in known if name in only)
    kinds = {column.name: column.kind for column in dataset.columns}
    columns = [f"({how.columns[name]})::{kinds[name]} as {name}" for name in known]
    mine = how.mine if scope is not Scope.PLATFORM else "true"
    statement = (
        f"select {', '.join(columns)} from {how.source}"
        f" where {how.within} and {how.where} and {mine}"
    )
    if how.is_grouped:
        heads = [place for place, name in enumerate(known, 1) if not _sums(how.columns[name])]
        statement += f" group by {', '.join(map(str, heads))}"
    return statement + (f" having {how.having}" if how.having else "")


def _sums(expression: str) -> bool:
    return expression.startswith(("sum(", "count("))


def rollup_sql(dataset: Dataset, scope: Scope = Scope.PLATFORM) -> str:
    """Return the SELECT of a rollup as a scope may read it, from ``:start`` to ``:until``."""
    source = DATASETS[dataset.source or ""]
    known = dataset.known_to(scope)
    kinds = {column.name: column.kind for column in source.columns}
    heads = [name for name in known if name in ("day", "currency", *dataset.keys)]
    totals = [total for total in dataset.totals if total.name in known]
    columns = {c.name: c.kind for c in dataset.columns}
    sums = [f"({_total(total, kinds)})::{columns[total.name]} as {total.name}" for total in totals]
    places = ", ".join(str(place + 1) for place in range(len(heads)))
    return (
        f"select {', '.join((*heads, *sums))} from ({raw_sql(source, scope)}) r group by {places}"
    )


def _total(total: Total, kinds: Mapping[str, Kind]) -> str:
    value = f"{total.of}::int" if kinds.get(total.of) is Kind.YES_NO else total.of
    where = f" filter (where {total.where} is not null)" if total.where else ""
    return {
        "sum": f"coalesce(sum({value}){where}, 0)",
        "rows": f"count(*){where}",
        "distinct": f"count(distinct {total.of}){where}",
        "known": f"count({total.of}){where}",
    }[total.how]


def sql_of(dataset: Dataset, scope: Scope = Scope.PLATFORM) -> str:
    """Return the SELECT of a raw dataset or of a rollup."""
    return raw_sql(dataset, scope) if dataset.is_raw else rollup_sql(dataset, scope)


def bound(sql: str, **values: datetime | UUID | None) -> str:
    """Return a statement with values in the places of its parameters.

    For the Arrow driver, which binds numbers only. Raises KeyError where one is missing.
    """

    def value(match: re.Match[str]) -> str:
        return Literal(values[match[1]]).as_string()

    return re.sub(r"(?<!:):([a-z]+)\b", value, sql)
