"""Each measure against plain SQL on the tables, whatever is filtered, compared and divided."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from app.access import Actor, Scope
from app.analytics import snapshots
from app.analytics.engine import BEFORE, CannotDivide, measure_frame
from app.analytics.measures import MEASURES, SCOPE_DIMENSIONS
from app.analytics.periods import Period, Preset, custom, midnight, preset
from app.analytics.slots import first_of
from app.analytics.snapshots.layout import key_of
from app.analytics.views import Comparison, View
from app.kit.errors import Forbidden
from tests.integration.analytics import (
    Trade,
    distributor,
    made_at,
    open_trade,
    platform,
    quarter,
    supplier,
)
from tests.integration.plain_sql import COLUMN, PLAIN, VIEWS, asked, by_dimension, values

UNPROVEN = {"rating"}
"""Nobody has reviewed anything in this market."""


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    async for made in open_trade(owner_url, app_url):
        made.owner.execute(VIEWS)
        yield made


LOOK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_every_flow_is_proven() -> None:
    flows = {key for key, measure in MEASURES.items() if not measure.is_standing}
    assert flows - UNPROVEN == set(PLAIN)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Any days of the last year; every third period ends today, which is still running."""
    at = made_at()
    today = preset(Preset.TODAY, at).first
    back = draw(st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 360)))
    last = today - timedelta(days=back)
    days = draw(st.one_of(st.integers(0, 2), st.integers(0, 90), st.integers(0, 365 - back)))
    return custom(last - timedelta(days=days), last, at)


Draw = tuple[Period | Preset, Comparison, str, str, int]
"""The days, or a choice of days that is looked at when the market is there."""
draws = st.tuples(
    periods(),
    st.sampled_from([Comparison.WEEKDAY, Comparison.PREVIOUS, Comparison.YEAR]),
    st.sampled_from(["CNY", "CNY", "BRL"]),
    st.sampled_from(["", "", *COLUMN]),
    st.integers(0, 10_000),
)
EXAMPLES = [
    (which, compared, "CNY", "", 0)
    for which in (Preset.TODAY, Preset.MONTH)
    for compared in (Comparison.WEEKDAY, Comparison.PREVIOUS)
]


def days(drawn: Period | Preset) -> Period:
    return preset(drawn, made_at()) if isinstance(drawn, Preset) else drawn


def dimension_values(trade: Trade, dimension: str) -> list[str]:
    table = {"province": "order_addresses", "category": "products"}.get(dimension, "order_lines")
    if dimension == "supplier":
        table = "supplier_orders"
    if dimension in ("source", "campaign"):
        table = "store_visits"
    rows = trade.rows(f"select distinct {COLUMN[dimension]}::text from {table} order by 1")
    return [row[0] for row in rows]


def chosen(trade: Trade, scope: Scope, dimension: str, place: int) -> dict[str, str]:
    if dimension not in SCOPE_DIMENSIONS[scope]:
        return {}
    found = dimension_values(trade, dimension)
    return {dimension: found[place % len(found)]}


async def prove(trade: Trade, actor: Actor, drawn: Draw) -> None:
    period, comparison, currency, dimension, place = drawn
    view = View(
        days(period), comparison, chosen(trade, actor.scope, dimension, place), currency=currency
    )
    keys = [
        key
        for key in PLAIN
        if actor.scope in MEASURES[key].scopes
        and MEASURES[key].divides(actor.scope) >= view.filters.keys()
    ]
    frame = await measure_frame(actor, view, measures=keys, compared=True)
    found = frame.row(0, named=True)
    wanted = asked(actor, view)
    assert {key: found[key] for key in keys} == values(trade.owner, keys, wanted, before=False)
    before = {key: found[key + BEFORE] for key in keys}
    assert before == values(trade.owner, keys, wanted, before=True)


def examples(test: Any) -> Any:
    for drawn in EXAMPLES:
        test = example(drawn=drawn)(test)
    return test


@given(drawn=draws)
@examples
@LOOK
async def test_the_platforms_measures_equal_plain_sql(trade: Trade, drawn: Draw) -> None:
    await prove(trade, platform(), drawn)


@given(drawn=draws)
@examples
@LOOK
async def test_a_suppliers_measures_equal_plain_sql(trade: Trade, drawn: Draw) -> None:
    await prove(trade, supplier(trade.suppliers[drawn[4] % len(trade.suppliers)]), drawn)


@given(drawn=draws)
@examples
@LOOK
async def test_a_distributors_measures_equal_plain_sql(trade: Trade, drawn: Draw) -> None:
    await prove(trade, distributor(trade.distributors[drawn[4] % len(trade.distributors)]), drawn)


def actors(trade: Trade) -> list[Actor]:
    return [platform(), supplier(trade.suppliers[0]), distributor(trade.distributors[0])]


def one_source(key: str) -> bool:
    top, bottom, _ = PLAIN[key]
    return len({source for source, _ in (*top, *bottom)}) == 1


@given(drawn=draws)
@example(drawn=EXAMPLES[1])
@settings(LOOK, max_examples=12)
async def test_what_is_divided_equals_plain_sql(trade: Trade, drawn: Draw) -> None:
    period, comparison, currency, _, place = drawn
    view = View(days(period), comparison, currency=currency)
    for actor in actors(trade):
        keys = [k for k in PLAIN if actor.scope in MEASURES[k].scopes and one_source(k)]
        for key in keys[place % 3 :: 3]:
            for dimension in sorted(MEASURES[key].divides(actor.scope) & COLUMN.keys()):
                frame = await measure_frame(actor, view, measures=[key], by=[dimension])
                plain = by_dimension(trade.owner, key, dimension, asked(actor, view))
                named = {as_key(dimension, value): v for value, v in plain.items() if v}
                # Bookings that cancel out leave rows in one and none in the other.
                found = {value: v for value, v in frame.iter_rows() if v}
                assert found == named, (key, dimension)


def as_key(dimension: str, value: str | None) -> int | str | None:
    words = ("province", "source", "campaign")
    return value if value is None or dimension in words else key_of(UUID(value))


@given(drawn=draws)
@example(drawn=EXAMPLES[0])
@settings(LOOK, max_examples=15)
async def test_slots_sum_to_the_whole_and_begin_in_the_business_zone(
    trade: Trade, drawn: Draw
) -> None:
    period, comparison, currency = days(drawn[0]), *drawn[1:3]
    view = View(period, comparison, currency=currency)
    grains = ("hour", "day") if period.is_hourly else ("day", "week", "month")
    for actor in actors(trade):
        keys = [k for k in PLAIN if actor.scope in MEASURES[k].scopes and MEASURES[k].adds_up]
        if period.is_hourly:
            # Views of products are counted by the day.
            keys = [key for key in keys if key not in ("product_views", "cart_adds")]
        whole = (await measure_frame(actor, view, measures=keys)).row(0, named=True)
        for grain in grains:
            frame = await measure_frame(actor, view, measures=keys, grain=grain, compared=True)
            for key in keys:
                assert sum(v or 0 for v in frame[key].to_list()) == whole[key], (key, grain)
            _slots_are_whole(frame["slot"].to_list(), period, grain)
            begun = [value is not None for value in frame[keys[0]].to_list()]
            assert begun == sorted(begun, reverse=True)
            if grain in ("hour", "day"):
                assert sum(begun) == period.begun if period.is_hourly == (grain == "hour") else True


def _slots_are_whole(slots: list[date], period: Period, grain: str) -> None:
    assert slots == sorted(set(slots))
    if grain == "hour":
        assert slots == list(period.slots)
    else:
        days = [period.first + timedelta(days=n) for n in range(period.days)]
        assert slots == sorted({first_of(grain, day) for day in days})  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [(), ("product",)], ids=["of_a_rollup", "of_rows"])
async def test_several_dimensions_and_a_filter_equal_plain_sql(
    trade: Trade, more: tuple[str, ...]
) -> None:
    """What no rollup has comes from the rows, and equals what the rollups say of its sums."""
    view = quarter()
    both = await measure_frame(
        platform(), view, measures=["gmv_paid"], by=["category", "province", *more]
    )
    for province in ("广东省", "浙江省", "四川省"):
        narrowed = View(view.period, filters={"province": province})
        by_category = by_dimension(trade.owner, "gmv_paid", "category", asked(platform(), narrowed))
        found = both.filter(both["province"] == province).group_by("category")
        expected = {as_key("category", value): cents for value, cents in by_category.items()}
        assert dict(found.agg(pl.col("gmv_paid").sum()).iter_rows()) == expected


async def test_late_refunds_reach_closed_days(trade: Trade) -> None:
    """A refund of today changes what is said of the day on which its line was paid."""
    day = trade.rows(
        "select (o.paid_at at time zone 'Asia/Shanghai')::date from orders o join order_lines l"
        " on l.order_id = o.id where l.refunded_cents = 0 and o.currency = 'CNY'"
        " and o.paid_at < now() - interval '40 days' order by 1 limit 1"
    )[0][0]
    view = View(custom(day, day, made_at()))
    rate = await measure_frame(platform(), view, measures=["return_rate", "margin_rate"])
    trade.owner.execute("set session_replication_role = replica")
    trade.owner.execute(
        "update order_lines l set refunded_cents = l.goods_cents - l.discount_cents from orders o"
        " where o.id = l.order_id and (o.paid_at at time zone 'Asia/Shanghai')::date = %s",
        [day],
    )
    trade.owner.execute("set session_replication_role = origin")
    await trade.rebuild()
    again = await measure_frame(platform(), view, measures=["return_rate", "margin_rate"])
    keys = ["return_rate", "margin_rate"]
    expected = values(trade.owner, keys, asked(platform(), view), before=False)
    assert again.row(0, named=True) == expected
    assert again["return_rate"][0] == 10_000
    assert rate["return_rate"][0] < 10_000


async def test_without_a_snapshot_all_is_live(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = View(preset(Preset.MONTH, made_at()))
    for actor in actors(trade):
        keys = [key for key in PLAIN if actor.scope in MEASURES[key].scopes]
        with monkeypatch.context() as patched:
            patched.setattr(snapshots, "closed_through", lambda: None)
            frame = await measure_frame(actor, view, measures=keys, compared=True)
        found = frame.row(0, named=True)
        expected = values(trade.owner, keys, asked(actor, view), before=False)
        assert {key: found[key] for key in keys} == expected


async def test_days_without_anything_are_zero(trade: Trade) -> None:
    first = preset(Preset.TODAY, made_at()).first - timedelta(days=900)
    view = View(custom(first, first + timedelta(days=9), made_at()))
    frame = await measure_frame(platform(), view, measures=["gmv_paid", "take"], grain="day")
    assert frame["gmv_paid"].to_list() == frame["take"].to_list() == [0] * 10
    whole = await measure_frame(
        platform(), view, measures=["gmv_paid", "average_order", "on_time"], compared=True
    )
    assert whole.row(0) == (0, None, None, 0, None, None)
    divided = await measure_frame(platform(), view, measures=["gmv_paid"], by=["category"])
    assert not divided.height


async def test_nobody_asks_for_what_is_not_theirs(trade: Trade) -> None:
    view = View(preset(Preset.MONTH, made_at()))
    for actor in actors(trade):
        for key, measure in MEASURES.items():
            if actor.scope not in measure.scopes and not measure.is_standing:
                with pytest.raises(Forbidden):
                    await measure_frame(actor, view, measures=[key])
    without = Actor(Scope.PLATFORM, permissions=frozenset({"platform:dashboard:read"}))
    with pytest.raises(Forbidden):
        await measure_frame(without, view, measures=["gmv_paid"])
    with pytest.raises(CannotDivide):
        await measure_frame(actors(trade)[1], view, measures=["supply_sales"], by=["supplier"])
    other = View(view.period, filters={"distributor": str(trade.distributors[1])})
    with pytest.raises(CannotDivide):
        await measure_frame(actors(trade)[2], other, measures=["store_sales"])


def test_a_running_day_meets_as_much_of_an_earlier_one() -> None:
    from app.analytics.inquiry import windows_of

    day = date(2026, 11, 25)
    view = View(custom(day, day, midnight(day) + timedelta(hours=9, minutes=41, seconds=30)))
    now, before = windows_of(view, whole=False, compared=True)
    assert (now.minute, before.minute) == (None, 9 * 60 + 41)
    assert before.last == day - timedelta(days=7)
    assert windows_of(view, whole=True, compared=True)[1].minute is None
    closed = View(custom(day, day, midnight(day) + timedelta(days=3)))
    assert windows_of(closed, whole=False, compared=True)[1].minute is None


async def test_questions_at_once_give_the_same_answers(trade: Trade) -> None:
    view = View(preset(Preset.MONTH, made_at()))
    asks = [
        measure_frame(actor, view, measures=["units_sold"], by=["category"])
        for actor in actors(trade) * 4
    ]
    found = await asyncio.gather(*asks)
    for place in range(3):
        first = dict(found[place].iter_rows())
        assert all(dict(frame.iter_rows()) == first for frame in found[place::3])
