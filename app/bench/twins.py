"""The platform dashboard's panels once more: as plain SQL on the tables, as DuckDB on the files.

Both answer what a panel shows, at the same moment, and nothing besides. The tables are read as the
engine role, whose policies cost nothing; the files are those that the panel itself reads.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from app.analytics.periods import business_minute, midnight
from app.analytics.snapshots import closed_through
from app.analytics.snapshots.manifest import DAY
from app.analytics.snapshots.reading import manifest
from app.analytics.snapshots.store import store
from app.analytics.views import View
from app.bench.ground import Ground, as_engine
from app.bench.load import percentile

_PAID = (
    "(o.paid_at >= %(start)s and o.paid_at < %(until)s"
    " or o.paid_at >= %(before)s and o.paid_at < %(before_until)s)"
)
_AT = "({0} >= %(start)s and {0} < %(until)s or {0} >= %(before)s and {0} < %(before_until)s)"
_LOCAL = "({0} at time zone 'Asia/Shanghai')::date"
_SOLD = (
    "orders o join order_lines l on l.order_id = o.id"
    " join supplier_orders s on s.id = l.supplier_order_id"
)
_TAKE = (
    f"select {_LOCAL.format('p.created_at')}, sum(p.amount_cents) from ledger_accounts a"
    " join postings p on p.to_account_id = a.id where a.kind = 'COMMISSION'"
    f" and a.merchant_id is null and {_AT.format('p.created_at')} group by 1"
)
_BY_DAY = f"select {_LOCAL.format('o.paid_at')}, count(*), sum(o.total_cents) from orders o where"
_WHO = "o.distributor_id, a.phone"


def _by(key: str, joins: str = "", value: str = "l.goods_cents - l.discount_cents") -> str:
    return (
        f"select o.paid_at >= %(start)s, {key}, count(distinct o.id), sum({value}),"
        f" sum(l.refunded_cents) from {_SOLD} {joins} where {_PAID} group by 1, 2"
    )


def _odd(key: str, joins: str = "") -> str:
    return (
        f"select {_LOCAL.format('o.paid_at')}, {key}, sum(l.goods_cents - l.discount_cents)"
        f" from {_SOLD} {joins} where o.paid_at >= %(odd)s and o.paid_at < %(today)s group by 1, 2"
    )


def _odd_refunds(key: str) -> str:
    return (
        f"select {_LOCAL.format('r.created_at')}, {key}, sum(r.amount_cents) from refunds r"
        " join supplier_orders s on s.id = r.supplier_order_id where r.status <> 'FAILED'"
        " and r.created_at >= %(odd)s and r.created_at < %(today)s group by 1, 2"
    )


_GOODS = "join products p on p.id = l.product_id"
_PLACE = "join order_addresses a on a.order_id = o.id"
_CUSTOMERS = (
    f"select {_WHO}, min(o.paid_at) as first, max(o.paid_at) as last, count(*) as n,"
    f" sum(o.paid_cents) as cents from orders o {_PLACE} where o.paid_at < %(today)s group by 1, 2"
)

SQL: Mapping[str, tuple[str, ...]] = {
    "tiles": (
        f"{_BY_DAY} {_PAID} group by 1",
        f"select {_LOCAL.format('o.placed_at')}, sum(o.total_cents) from orders o"
        f" where {_AT.format('o.placed_at')} group by 1",
        _TAKE,
        f"select {_LOCAL.format('r.created_at')}, sum(r.amount_cents) from refunds r"
        f" where r.status <> 'FAILED' and {_AT.format('r.created_at')} group by 1",
        f"select {_LOCAL.format('v.first_at')}, count(*) from store_visits v"
        f" where {_AT.format('v.first_at')} group by 1",
        f"select o.paid_at >= %(start)s, count(distinct ({_WHO})), count(*) filter (where not"
        " exists (select 1 from order_addresses b join orders e on e.id = b.order_id"
        "  where b.phone = a.phone and e.distributor_id = o.distributor_id"
        "  and e.paid_at < o.paid_at))"
        f" from orders o {_PLACE} where {_PAID} group by 1",
    ),
    "sales": (f"{_BY_DAY} {_PAID} group by 1",),
    "anomalies": (
        _odd("p.category_id", _GOODS),
        _odd("s.supplier_id"),
        _odd("o.distributor_id"),
        _odd("a.province", _PLACE),
        _odd_refunds("s.supplier_id"),
        _odd_refunds("s.distributor_id"),
    ),
    "funnel": (
        "select count(*), sum(product_views), sum(cart_adds), sum(checkouts) from store_visits"
        " where first_at >= %(start)s and first_at < %(until)s",
        "select count(*), count(paid_at) from orders"
        " where placed_at >= %(start)s and placed_at < %(until)s",
    ),
    "progress": (
        "select status, count(*) from orders where placed_at >= %(start)s"
        " and placed_at < %(until)s group by 1",
    ),
    "category": (_by("p.category_id", _GOODS),),
    "province": (_by("a.province", _PLACE),),
    "suppliers": (_by("s.supplier_id"), _odd("s.supplier_id").replace("%(odd)s", "%(start)s")),
    "distributors": (
        _by("o.distributor_id"),
        _odd("o.distributor_id").replace("%(odd)s", "%(start)s"),
    ),
    "product": (_by("l.product_id"),),
    "segments": (
        f"select n >= 3, last > %(today)s - interval '120 days', count(*), sum(n), sum(cents)"
        f" from ({_CUSTOMERS}) c group by 1, 2",
    ),
    "cohorts": (
        f"with c as ({_CUSTOMERS}) select date_trunc('month', c.first),"
        " date_trunc('month', o.paid_at), count(distinct (o.distributor_id, a.phone)), count(*),"
        f" sum(o.paid_cents) from orders o {_PLACE} join c on c.distributor_id = o.distributor_id"
        " and c.phone = a.phone where o.paid_at < %(today)s group by 1, 2",
    ),
    "take": (_TAKE,),
}
"""Panel → statements on the tables; ``new_merchants`` and ``settlement`` are such themselves."""

_PAIR = "(day between '{first}' and '{last}' or day between '{before}' and '{before_last}')"
_CUT = "(day between '{first}' and '{last}' or day between '{before}' and '{before_whole}')"
_NOW = "day between '{first}' and '{last}'"
_ODD = "day between '{odd}' and '{last}'"
_IN_YUAN = " and currency = 'CNY'"
_TAKEN = f"{_IN_YUAN} and kind = 'COMMISSION'"


def _files(dataset: str, key: str, sums: str, days: str, where: str = _IN_YUAN) -> str:
    wanted = ", ".join(f"sum({name})" for name in sums.split())
    heads = f"day >= '{{first}}' as is_now, {key}" if key != "day" else "day"
    return f"select {heads}, {wanted} from {{{dataset}}} where {days}{where} group by all"


def _minutes(dataset: str, key: str, sums: str, where: str = _IN_YUAN) -> str:
    """Return the rows of the comparison's last day, which is cut at the present minute."""
    wanted = ", ".join(
        "count(distinct order_key)" if name == "orders" else f"sum({name})" for name in sums.split()
    )
    return (
        f"select {key}, {wanted} from {{{dataset}}} where day = '{{before_last}}'"
        f" and minute <= {{minute}}{where} group by all"
    )


_VALUE = "goods_cents discount_cents orders refunded_cents"
_RANKED = _VALUE + " freight_cents"


def _ranked(dataset: str, key: str, sums: str) -> tuple[str, str]:
    return _files(dataset, key, sums, _CUT), _minutes("lines", key, sums)


DUCKDB: Mapping[str, tuple[str, ...]] = {
    "tiles": (
        _files("daily", "day", _RANKED, _CUT),
        _minutes("lines", "day", _RANKED),
        _files("bookings_daily", "day", "cents", _CUT, _TAKEN),
        _minutes("bookings", "day", "cents", _TAKEN),
        _files("refunds_daily", "day", "amount_cents", _CUT),
        _minutes("refunds", "day", "amount_cents"),
        _files("traffic_daily", "day", "visitors", _CUT, ""),
        _minutes("traffic", "day", "visitors", ""),
        _files("orders_daily", "day", "total_cents first_orders", _CUT),
        _minutes("orders", "day", "total_cents is_first::int"),
        _files("buyers_daily", "day", "customers", _NOW),
        "select day >= '{first}' as is_now, count(distinct customer) from {orders}"
        " where paid_day is not null and (day between '{first}' and '{last}' or"
        " day between '{before}' and '{before_whole}'"
        " or day = '{before_last}' and minute <= {minute})" + _IN_YUAN + " group by all",
    ),
    "sales": (_files("daily", "day", _RANKED, _PAIR),),
    "anomalies": (
        *(
            _files(f"daily_{key}", f"{key}, day", _RANKED, _ODD)
            for key in ("category", "supplier", "province")
        ),
        _files("daily_store", "distributor, day", _RANKED, _ODD),
        _files("refunds_daily_supplier", "supplier, day", "amount_cents", _ODD),
        _files("refunds_daily_store", "distributor, day", "amount_cents", _ODD),
    ),
    "funnel": (
        _files("traffic_daily", "1", "visitors product_views cart_adds checkouts", _NOW, ""),
        _files("orders_daily", "1", "orders paid_orders", _NOW),
        _files("daily", "1", "orders", _NOW),
    ),
    "progress": (_files("orders_daily", "status", "orders", _NOW),),
    "category": _ranked("daily_category", "category", _VALUE),
    "province": _ranked("daily_province", "province", _RANKED),
    "suppliers": (
        *_ranked("daily_supplier", "supplier", _RANKED),
        _files("daily_supplier", "supplier, day", _VALUE, _NOW),
    ),
    "distributors": (
        *_ranked("daily_store", "distributor", _RANKED),
        _files("daily_store", "distributor, day", _VALUE, _NOW),
    ),
    "product": _ranked("daily_product", "product", _VALUE),
    "segments": ("select * from {segments} where distributor is null" + _IN_YUAN,),
    "cohorts": ("select * from {cohorts} where distributor is null" + _IN_YUAN,),
    "take": (_files("bookings_daily", "day", "cents", _PAIR, _TAKEN),),
}
"""Panel → queries of the files that it reads."""


@dataclass(frozen=True)
class Twins:
    """Both, for a view."""

    ground: Ground
    view: View

    def sql_ms(self, panel: str, runs: int) -> float | None:
        """Return the median time of the panel's statements on the tables."""
        if panel not in SQL:
            return None
        period, shift = self.view.period, self.view.shift or 35 * DAY
        params: dict[str, Any] = {
            "start": period.start,
            "until": period.until,
            "before": period.start - shift,
            "before_until": period.until - shift,
            "today": midnight(period.last),
            "odd": midnight(period.last) - 63 * DAY,
        }
        with as_engine(self.ground.urls) as connection:
            return _middle(lambda: _ask(connection, SQL[panel], params), runs)

    def duckdb_ms(self, panel: str, runs: int, threads: int) -> float | None:
        """Return the median time of the panel's queries in DuckDB, warm."""
        if panel not in DUCKDB:
            return None
        import duckdb

        connection: Any = duckdb.connect(config={"threads": threads})
        queries = [query.format(**self._places()) for query in DUCKDB[panel]]
        _run(connection, queries)
        return _middle(lambda: _run(connection, queries), runs)

    def _places(self) -> dict[str, str]:
        found = manifest()
        assert found is not None
        period, shift = self.view.period, self.view.shift or 35 * DAY
        closed = closed_through() or period.last
        last = min(period.last, closed)
        files = {
            name: f"read_parquet({[store().url(file.path) for file in of]})"
            for name, of in found.files.items()
        }
        days = {
            "first": period.first,
            "last": last,
            "before": period.first - shift,
            "before_last": period.last - shift,
            "before_whole": period.last - shift - DAY,
            "odd": last - 62 * DAY,
        }
        said = {name: day.isoformat() for name, day in days.items()}
        return files | said | {"minute": str(business_minute(period.at))}


def _ask(connection: psycopg.Connection[Any], sql: Sequence[str], params: dict[str, Any]) -> None:
    for statement in sql:
        connection.execute(statement.encode(), params).fetchall()


def _run(connection: Any, queries: Sequence[str]) -> None:
    for query in queries:
        connection.execute(query).fetchall()


def _middle(run: Any, runs: int) -> float:
    taken: list[float] = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return percentile(taken, 0.5)
