"""Periods in the business time zone, their comparison, and the small arithmetic of figures."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.analytics.periods import (
    LONGEST_DAYS,
    PRESET_DAYS,
    Period,
    Preset,
    business_date,
    business_minute,
    custom,
    midnight,
    parse,
    preset,
)
from app.analytics.quotients import change_bps, ratio
from app.analytics.views import Comparison, View
from app.analytics.views import parse as parse_view
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


@given(periods(), st.sampled_from(sorted(Comparison)))
def test_a_comparison_lies_before_and_meets_the_same_weekdays(
    period: Period, comparison: Comparison
) -> None:
    shift = View(period, comparison).shift
    if comparison is Comparison.NONE:
        assert shift is None
        return
    assert shift is not None
    assert shift.days >= period.days or comparison is Comparison.YEAR
    if comparison is Comparison.PREVIOUS:
        assert period.last - shift == period.first - timedelta(days=1)
    else:
        assert shift.days % 7 == 0
    if comparison is Comparison.WEEKDAY:
        assert shift == period.shift


@given(periods(), st.sampled_from(sorted(Comparison)), st.sampled_from(["CNY", "BRL"]))
def test_an_address_gives_the_view_back(
    period: Period, comparison: Comparison, currency: str
) -> None:
    view = View(
        period,
        comparison,
        {"category": "01a22cfd-21d9-7c11-99d8-11bd6db76249", "province": "广东省"},
        currency,
    )
    assert parse_view(view.query(), period.at) == view


def test_the_minute_of_the_day_is_the_business_zones() -> None:
    assert business_minute(MIDNIGHT) == 0
    assert business_minute(MIDNIGHT - timedelta(microseconds=1)) == 24 * 60 - 1
    assert business_minute(MIDNIGHT + timedelta(hours=9, minutes=41, seconds=59)) == 9 * 60 + 41
