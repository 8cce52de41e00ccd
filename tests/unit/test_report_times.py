"""When reports are due: across the ends of months, missed ones, and the business time zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.clock import BUSINESS_ZONE
from app.services.reports.due import Timing, latest_due, looks_back_from, next_due
from models.analyses import Rhythm

timings = st.builds(
    Timing,
    st.sampled_from(Rhythm),
    st.integers(1, 7),
    st.integers(1, 31),
    st.integers(0, 23),
)
moments = st.integers(1_700_000_000, 1_900_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


def _wall(moment: datetime) -> str:
    return moment.astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d %H:%M")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BUSINESS_ZONE)


@pytest.mark.parametrize(
    ("timing", "after", "due"),
    [
        (Timing(Rhythm.DAILY, hour=8), "2026-11-25 07:59", "2026-11-25 08:00"),
        # The moment itself has been: the next one is a day later.
        (Timing(Rhythm.DAILY, hour=8), "2026-11-25 08:00", "2026-11-26 08:00"),
        (Timing(Rhythm.DAILY, hour=0), "2026-12-31 00:01", "2027-01-01 00:00"),
        (Timing(Rhythm.WEEKLY, weekday=1, hour=9), "2026-11-25 10:00", "2026-11-30 09:00"),
        (Timing(Rhythm.WEEKLY, weekday=3, hour=9), "2026-11-25 10:00", "2026-12-02 09:00"),
        (Timing(Rhythm.MONTHLY, month_day=31), "2026-11-25 00:00", "2026-11-30 08:00"),
        (Timing(Rhythm.MONTHLY, month_day=31), "2026-11-30 08:00", "2026-12-31 08:00"),
        (Timing(Rhythm.MONTHLY, month_day=30), "2027-02-01 00:00", "2027-02-28 08:00"),
        (Timing(Rhythm.MONTHLY, month_day=29), "2028-02-01 00:00", "2028-02-29 08:00"),
        (Timing(Rhythm.MONTHLY, month_day=1), "2026-12-01 08:00", "2027-01-01 08:00"),
    ],
)
def test_the_next_moment_is_of_the_business_calendar(timing: Timing, after: str, due: str) -> None:
    assert _wall(next_due(timing, _at(after))) == due


def test_an_hour_of_the_morning_is_the_evening_before_elsewhere() -> None:
    due = next_due(Timing(Rhythm.MONTHLY, month_day=1, hour=2), datetime(2026, 11, 30, tzinfo=UTC))
    assert due == datetime(2026, 11, 30, 18, tzinfo=UTC)


def test_of_many_missed_moments_the_last_is_sent() -> None:
    daily = Timing(Rhythm.DAILY, hour=8)
    assert _wall(latest_due(daily, _at("2026-11-25 07:00"))) == "2026-11-24 08:00"
    assert _wall(latest_due(daily, _at("2026-11-25 08:00"))) == "2026-11-25 08:00"


@settings(deadline=None)
@given(timings, moments)
def test_nothing_is_due_between_the_latest_and_the_next_moment(
    timing: Timing, at: datetime
) -> None:
    latest, following = latest_due(timing, at), next_due(timing, at)
    assert latest <= at < following
    assert next_due(timing, latest) == following
    assert following - latest <= timedelta(days=31)


def test_a_late_report_tells_of_the_same_whole_days() -> None:
    looked = looks_back_from(_at("2026-11-25 08:00"))
    assert looked.astimezone(BUSINESS_ZONE).date() == date(2026, 11, 24)
    assert looked + timedelta(microseconds=1) == _at("2026-11-25 00:00")
