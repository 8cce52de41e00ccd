"""Periods in the business time zone, their comparison, and the small arithmetic of figures."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.analytics.charts import Reader, bars, change_text, nice_ticks, sparkline
from app.analytics.dashboards import Breakdown, Share
from app.analytics.frames import aggregate, change_bps, ratio
from app.analytics.periods import (
    LONGEST_DAYS,
    PRESET_DAYS,
    Period,
    Preset,
    business_date,
    custom,
    midnight,
    parse,
    preset,
)
from app.kit.clock import BUSINESS_ZONE
from app.kit.errors import Invalid

moments = st.integers(0, 500_000_000_000_000).map(
    lambda us: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)
MIDNIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
"""Where the 25th begins in Shanghai."""


@st.composite
def periods(draw: st.DrawFn) -> Period:
    at = draw(moments)
    back = draw(st.integers(0, 800))
    first = business_date(at) - timedelta(days=back)
    last = first + timedelta(days=draw(st.integers(0, min(back, LONGEST_DAYS - 1))))
    return custom(first, last, at)


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    assert business_date(MIDNIGHT - timedelta(microseconds=1)) == date(2026, 11, 24)
    assert business_date(MIDNIGHT) == date(2026, 11, 25)
    assert midnight(date(2026, 11, 25)) == MIDNIGHT


@given(moments)
@example(MIDNIGHT)
def test_every_moment_lies_in_exactly_its_day(at: datetime) -> None:
    day = business_date(at)
    assert midnight(day) <= at < midnight(day + timedelta(days=1))
    assert preset(Preset.TODAY, at).first == day


@given(periods())
def test_the_comparison_has_the_same_weekdays_and_does_not_overlap(period: Period) -> None:
    assert period.before_first.weekday() == period.first.weekday()
    assert period.before_last.weekday() == period.last.weekday()
    assert period.before_last - period.before_first == period.last - period.first
    assert period.before_end <= period.start
    # And it lies as near as whole weeks allow.
    assert period.start - period.before_end < timedelta(days=7)


@given(periods())
def test_a_running_day_is_compared_up_to_the_same_time_of_day(period: Period) -> None:
    assert period.until - period.start == period.before_until - period.before_start
    assert period.before_until <= period.before_end
    assert period.is_partial == (period.last == business_date(period.at))
    wall = [m.astimezone(BUSINESS_ZONE).time() for m in (period.until, period.before_until)]
    assert wall[0] == wall[1]


@given(periods())
def test_slots_cover_the_period_without_gap(period: Period) -> None:
    slots = [slot.replace(tzinfo=BUSINESS_ZONE) for slot in period.slots]
    assert slots[0] == period.start
    assert slots[-1] + period.step == period.end
    assert all(b - a == period.step for a, b in pairwise(slots))
    # Whatever happened before now lies in a slot that has begun.
    assert period.begun == sum(1 for slot in slots if slot < period.at)


@given(periods())
def test_an_address_gives_the_period_back(period: Period) -> None:
    assert parse(period.query(), period.at) == period


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"period": "century"},
        {"period": "custom"},
        {"period": "custom", "from": "2026-11-31", "to": "2026-12-01"},
        {"period": "custom", "from": "2026-11-20", "to": "2026-11-01"},
        {"period": "custom", "from": "2027-01-01", "to": "2027-01-02"},
        {"period": "custom", "from": "0001-01-01", "to": "2026-01-02"},
        {"period": "custom", "from": "'; drop table orders; --", "to": "x"},
    ],
)
def test_an_address_that_cannot_be_read_gives_the_default(params: dict[str, str]) -> None:
    assert parse(params, MIDNIGHT) == preset(Preset.MONTH, MIDNIGHT)


def test_presets_end_today() -> None:
    for which, days in PRESET_DAYS.items():
        period = preset(which, MIDNIGHT)
        assert (period.days, period.last) == (days, date(2026, 11, 25))
    assert preset(Preset.MONTH, MIDNIGHT).shift == timedelta(days=35)


def test_days_are_cut_at_today_and_refused_when_wrong() -> None:
    day = date(2026, 11, 25)
    assert custom(day, day + timedelta(days=9), MIDNIGHT).last == day
    for first, last in (
        (day, day - timedelta(days=1)),
        (day + timedelta(days=1), day + timedelta(days=2)),
        (day - timedelta(days=LONGEST_DAYS), day),
    ):
        with pytest.raises(Invalid):
            custom(first, last, MIDNIGHT)


def test_no_rows_are_zeros_up_to_now_and_nothing_after() -> None:
    period = preset(Preset.TODAY, MIDNIGHT + timedelta(hours=2, minutes=30))
    series = aggregate(period, []).series("paid")
    assert [amount.cents if amount else None for amount in series] == [0] * 3 + [None] * 21


def test_rows_go_to_their_slot_and_only_the_elapsed_part_counts() -> None:
    period = preset(Preset.TODAY, MIDNIGHT + timedelta(hours=2, minutes=30))
    before = period.before_start + timedelta(hours=2)
    rows = [
        ("paid", period.start + timedelta(hours=2), True, None, 700, 1),
        ("paid", before, True, None, 300, 2),
        ("paid", before, False, None, 5_000, 4),
    ]
    flows = aggregate(period, rows)
    assert (flows.total("paid").cents, flows.total_before("paid").cents) == (700, 300)
    assert flows.series_before("paid")[2].cents == 5_300


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**9), st.sampled_from([1, 10_000]))
def test_quotients_are_rounded_half_up(part: int, whole: int, scale: int) -> None:
    found = ratio(part, whole, scale)
    assert found is not None
    assert -whole <= 2 * (part * scale - found * whole) < whole


def test_changes() -> None:
    assert change_bps(150, 100) == 5_000
    assert change_bps(-50, -100) == 5_000
    assert change_bps(0, 3) == -10_000
    assert change_bps(5, 0) is None
    assert change_bps(None, 5) is None
    assert ratio(1, 0) is None


@given(st.integers(0, 10**14), st.sampled_from([1, 100]), st.integers(-(10**9), 0))
def test_ticks_span_the_values_and_are_few(top: int, least: int, bottom: int) -> None:
    ticks = nice_ticks(top, least, bottom)
    assert ticks[0] <= bottom
    assert ticks[-1] >= top
    assert len(ticks) <= 7
    assert all(tick % least == 0 for tick in ticks)


@given(st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9)), max_size=90))
def test_a_sparkline_stays_in_its_box(values: list[int | None]) -> None:
    drawn = sparkline(values)
    numbers = drawn.line.removeprefix("M").replace("L", " ").split()
    assert all(0 <= float(x) <= drawn.width for x in numbers[::2])
    assert all(0 <= float(y) <= drawn.height for y in numbers[1::2])


def test_a_merchants_text_is_no_markup_in_a_chart() -> None:
    label = '<a href="https://x">free</a>'
    chart = Breakdown("product", "Top products", (Share("k", label, label, 100, 1, 10_000),))
    drawn = json.dumps(bars(chart, Reader()))
    assert "<a" not in drawn
    assert "&lt;a href" in drawn


@pytest.mark.parametrize(
    ("bps", "text"), [(-4, "0.0%"), (1234, "+12.3%"), (-1235, "−12.4%"), (None, "–"), (0, "0.0%")]
)
def test_changes_in_words(bps: int | None, text: str) -> None:
    assert change_text(bps, "zh_CN") == text
