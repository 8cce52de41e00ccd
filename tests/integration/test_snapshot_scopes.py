"""Row-level security does not reach Parquet: whoever opens it sees own rows, by every path.

What a merchant sees of a rollup must be exactly what its own raw rows sum to, so no figure can
hold another's data; what it sees of raw rows is compared with SQL over the tables.
"""

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from app.access import Actor, Scope
from app.analytics.periods import business_date
from app.analytics.snapshots import closed_through, live, names, scan
from app.analytics.snapshots.frames import roll_up
from app.analytics.snapshots.layout import BOOKED_FOR, DATASETS, Dataset, key_of
from app.analytics.snapshots.live import forget
from app.analytics.snapshots.manifest import DAY
from app.analytics.snapshots.statements import rollup_sql
from app.kit.clock import now
from app.kit.errors import Forbidden
from tests.integration.analytics import Trade, distributor, open_trade, platform, supplier

BEGINNING, END = date(2020, 1, 1), date(2100, 1, 1)
MERCHANTS: list[tuple[Scope, Callable[[UUID], Actor], int]] = [
    (Scope.SUPPLIER, supplier, 0),
    (Scope.SUPPLIER, supplier, 1),
    (Scope.DISTRIBUTOR, distributor, 0),
    (Scope.DISTRIBUTOR, distributor, 1),
]
merchants = pytest.mark.parametrize(("scope", "act", "place"), MERCHANTS)
NEVER_OF_SUPPLIERS = {
    "goods_cents", "discount_cents", "commission_cents", "fee_cents", "margin_cents",
    "refunded_cents", "margin_returned_cents", "commission_returned_cents", "customer",
    "order_number", "total_cents", "paid_cents",
}  # fmt: skip


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    async for made in open_trade(owner_url, app_url):
        yield made


def everything(actor: Actor, dataset: str) -> pl.DataFrame:
    return scan(actor, dataset, first=BEGINNING, last=END).collect()


def merchant_of(trade: Trade, scope: Scope, place: int) -> UUID:
    return (trade.suppliers if scope is Scope.SUPPLIER else trade.distributors)[place]


def own(rows: pl.DataFrame, scope: Scope, merchant: UUID, raw: str) -> pl.DataFrame:
    mine = rows.filter(pl.col(str(scope)) == key_of(merchant))
    return mine.filter(pl.col("kind") == BOOKED_FOR[scope]) if raw == "bookings" else mine


def same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one.sort(one.columns).equals(other.select(one.columns).sort(one.columns))


def readable(dataset: Dataset, scope: Scope) -> bool:
    return scope in dataset.scopes and dataset.has(scope)


@pytest.mark.parametrize("name", [d.name for d in DATASETS.values() if d.name != "names"])
@merchants
def test_a_merchant_scans_its_own_rows_and_no_more(
    trade: Trade, name: str, scope: Scope, act: Callable[[UUID], Actor], place: int
) -> None:
    dataset, merchant = DATASETS[name], merchant_of(trade, scope, place)
    if not readable(dataset, scope):
        with pytest.raises(Forbidden):
            everything(act(merchant), name)
        return
    seen = everything(act(merchant), name)
    expected = own(everything(platform(), name), scope, merchant, dataset.source or name)
    assert same(seen, expected)
    hidden = NEVER_OF_SUPPLIERS if scope is Scope.SUPPLIER else set()
    assert set(seen.columns) == set(dataset.names) - hidden


@pytest.mark.parametrize("name", [d.name for d in DATASETS.values() if d.source])
@merchants
def test_a_rollup_holds_nothing_but_the_merchant_s_own_rows(
    trade: Trade, name: str, scope: Scope, act: Callable[[UUID], Actor], place: int
) -> None:
    dataset, merchant = DATASETS[name], merchant_of(trade, scope, place)
    if not readable(dataset, scope):
        return
    raw = own(everything(platform(), dataset.source), scope, merchant, dataset.source)
    alone = roll_up(dataset, raw.lazy(), dataset.known_to(scope)).collect()
    assert same(everything(act(merchant), name), alone)


@pytest.mark.parametrize("name", [d.name for d in DATASETS.values() if not d.is_summary])
@pytest.mark.parametrize(
    ("scope", "act", "place"), [(Scope.PLATFORM, lambda _: platform(), 0), *MERCHANTS]
)
async def test_live_rows_are_those_that_the_files_will_hold(
    trade: Trade, name: str, scope: Scope, act: Callable[[UUID], Actor], place: int
) -> None:
    dataset = DATASETS[name]
    merchant = merchant_of(trade, scope, place)
    if scope is not Scope.PLATFORM and not readable(dataset, scope):
        with pytest.raises(Forbidden):
            await live(act(merchant), name, since=BEGINNING)
        return
    rows = await live(act(merchant), name, since=BEGINNING)
    closed = rows.filter(pl.col("day") <= closed_through())
    assert closed.schema == everything(act(merchant), name).schema
    assert same(everything(act(merchant), name), closed)


@pytest.mark.parametrize("name", [d.name for d in DATASETS.values() if d.source])
@pytest.mark.parametrize(
    ("scope", "act", "place"), [(Scope.PLATFORM, lambda _: platform(), 0), *MERCHANTS]
)
async def test_a_short_time_is_rolled_up_as_postgresql_would(
    trade: Trade, name: str, scope: Scope, act: Callable[[UUID], Actor], place: int
) -> None:
    dataset, merchant = DATASETS[name], merchant_of(trade, scope, place)
    if scope is not Scope.PLATFORM and not readable(dataset, scope):
        return
    assert rollup_sql(dataset, scope)
    today = business_date(now())
    short = await live(act(merchant), name, since=today - DAY)
    long = await live(act(merchant), name, since=today - 5 * DAY)
    assert same(short, long.filter(pl.col("day") >= today - DAY))


async def test_summaries_have_no_live_rows(trade: Trade) -> None:
    with pytest.raises(LookupError):
        await live(platform(), "customers", since=BEGINNING)


async def test_one_merchant_is_not_answered_with_another_s_rows(trade: Trade) -> None:
    """Live answers are kept for a moment; asked in turn, each still gets its own."""
    forget()
    today = business_date(now())
    for _ in range(2):
        for merchant in trade.distributors[:2]:
            rows = await live(distributor(merchant), "orders", since=today - 30 * DAY)
            assert set(rows["distributor"]) == {key_of(merchant)}
        for merchant in trade.suppliers[:2]:
            rows = await live(supplier(merchant), "lines", since=today - 30 * DAY)
            assert set(rows["supplier"]) == {key_of(merchant)}


async def test_somebody_with_both_roles_sees_each_in_its_own(trade: Trade) -> None:
    """The same company as supplier and as distributor: the scope decides, not the company."""
    merchant = trade.suppliers[0]
    assert everything(distributor(merchant), "lines").is_empty()
    assert everything(supplier(merchant), "lines").height > 0


async def test_an_analyst_of_the_platform_sees_sums_of_rows_that_it_may_not_open(
    trade: Trade,
) -> None:
    analyst = Actor(Scope.PLATFORM, permissions=frozenset({"platform:analytics:read"}))
    today = business_date(now())
    mine = await live(analyst, "daily", since=today - 30 * DAY)
    assert same(mine, await live(platform(), "daily", since=today - 30 * DAY))
    assert mine.height > 0


async def test_keys_are_given_their_names(trade: Trade) -> None:
    lines = everything(platform(), "lines")
    for kind, column in (("product", "title"), ("category", "name_zh"), ("store", "name")):
        keys = lines[kind].drop_nulls().unique().to_list()
        found = await names(platform(), kind, keys)
        table = {"product": "products", "category": "categories", "store": "stores"}[kind]
        told = dict(trade.rows(f"select id, {column} from {table}"))
        assert set(found) == set(keys)
        assert all(key_of(n.id) == key and n.label == told[n.id] for key, n in found.items())
    both = [*lines["supplier"].unique(), *lines["distributor"].unique()]
    assert {n.id for n in (await names(platform(), "supplier", both)).values()} == {
        merchant
        for (merchant,) in trade.rows("select id from merchants")
        if key_of(merchant) in both
    }
    with pytest.raises(LookupError):
        await names(platform(), "weather", [1])
    assert await names(platform(), "product", []) == {}


_SELLER_SQL = """\
select {what} from orders o join order_lines l on l.order_id = o.id
join order_line_terms t on t.line_id = l.id join supplier_orders s on s.id = l.supplier_order_id
join products p on p.id = l.product_id join order_addresses a on a.order_id = o.id
where (o.paid_at at time zone 'Asia/Shanghai')::date between %(first)s and %(last)s
  and o.currency = %(currency)s and {mine} and {filter}"""
_SUMS = {
    "goods_cents": "l.goods_cents", "discount_cents": "l.discount_cents",
    "supply_cents": "t.supply_cents", "commission_cents": "t.commission_cents",
    "fee_cents": "t.payment_fee_cents", "margin_cents": "t.margin_cents",
    "refunded_cents": "l.refunded_cents", "quantity": "l.quantity",
    "supply_returned_cents": "t.supply_returned_cents",
    "margin_returned_cents": "t.margin_returned_cents",
    "commission_returned_cents": "t.commission_returned_cents",
}  # fmt: skip
_FILTERS = {
    "supplier": "s.supplier_id", "store": "l.store_id", "product": "l.product_id",
    "category": "p.category_id", "province": "a.province", "distributor": "o.distributor_id",
}  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_files_and_live_rows_sum_to_what_sql_sums(trade: Trade, data: Any) -> None:
    """Any sum of lines, for anybody, over any days, under any filter, in either currency."""
    today = business_date(now())
    back = st.integers(0, 370)
    first, last = sorted(today - n * DAY for n in (data.draw(back), data.draw(back)))
    scope = data.draw(st.sampled_from([Scope.PLATFORM, Scope.SUPPLIER, Scope.DISTRIBUTOR]))
    merchant = (
        None if scope is Scope.PLATFORM else merchant_of(trade, scope, data.draw(st.integers(0, 1)))
    )
    actor = {
        Scope.PLATFORM: platform,
        Scope.SUPPLIER: lambda: supplier(merchant),
        Scope.DISTRIBUTOR: lambda: distributor(merchant),
    }[scope]()
    known = DATASETS["lines"].known_to(scope)
    measure = data.draw(st.sampled_from(sorted(set(_SUMS) & set(known))))
    currency = data.draw(st.sampled_from(["CNY", "CNY", "BRL"]))
    dimension = data.draw(st.sampled_from([None, *sorted(set(_FILTERS) & set(known))]))
    where, value, wanted = "true", None, None
    if dimension:
        values = trade.rows(
            _SELLER_SQL.format(what=f"distinct {_FILTERS[dimension]}", mine="true", filter="true"),
            first=BEGINNING, last=END, currency="CNY",
        )  # fmt: skip
        value = data.draw(st.sampled_from(sorted(v for (v,) in values)))
        where, wanted = f"{_FILTERS[dimension]} = %(value)s", value
        value = key_of(value) if isinstance(value, UUID) else value
    mine = "true" if merchant is None else f"{_FILTERS[str(scope)]} = %(merchant)s"
    expected = trade.one(
        _SELLER_SQL.format(what=f"coalesce(sum({_SUMS[measure]}), 0)", mine=mine, filter=where),
        first=first, last=last, currency=currency, merchant=merchant, value=wanted,
    )  # fmt: skip
    edge = closed_through()
    closed = scan(actor, "lines", first=first, last=min(last, edge)).collect()
    fresh = await live(actor, "lines", since=edge + DAY)
    rows = pl.concat([closed, fresh.filter(pl.col("day").is_between(first, last))])
    rows = rows.filter(pl.col("currency") == currency)
    if dimension:
        rows = rows.filter(pl.col(dimension) == value)
    assert rows[measure].sum() == expected
