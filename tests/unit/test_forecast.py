"""Forecasts that beat or admit to the naive one, and days that stand out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.anomalies import WEEKS, anomalies
from app.analytics.forecast import (
    HORIZON,
    LEAST_DAYS,
    ORIGINS,
    forecast,
    holt_winters,
    seasonal_naive,
)

WEEKDAYS = np.array([80, 90, 100, 110, 120, 180, 150])


def series(days: int, *, noise: float, seed: int = 3, trend: float = 0.0) -> list[int]:
    random = np.random.default_rng(seed)
    season = WEEKDAYS[np.arange(days) % 7] * (1 + trend * np.arange(days) / days)
    return [max(0, round(v)) for v in 100 * season * (1 + noise * random.standard_normal(days))]


def test_a_pure_week_is_forecast_exactly_by_the_naive() -> None:
    found = forecast(series(140, noise=0))
    assert found is not None
    assert found.method == "seasonal_naive"
    assert (found.naive_error_bps, len(found.values)) == (0, HORIZON)
    assert found.values[:7] == tuple(100 * WEEKDAYS)
    assert found.low == found.values == found.high


def test_noise_is_smoothed_and_the_error_is_smaller_than_the_naives() -> None:
    found = forecast(series(200, noise=0.25))
    assert found is not None
    assert found.method == "holt_winters"
    assert found.error_bps < found.naive_error_bps
    assert all(
        low <= v <= high for low, v, high in zip(found.low, found.values, found.high, strict=True)
    )
    # The truth of each weekday lies in the band, whatever the noise of the last week.
    truth = 100 * WEEKDAYS[(200 + np.arange(HORIZON)) % 7]
    assert all(low <= t <= high for low, t, high in zip(found.low, truth, found.high, strict=True))


def test_the_stated_error_is_that_of_forecasts_from_earlier_days() -> None:
    """The last origin by hand: what was said four weeks before the end against what came."""
    history = series(LEAST_DAYS, noise=0.2)
    found = forecast(history)
    assert found is not None
    assert found.origins == 1
    known, came = np.array(history[:-HORIZON], float), np.array(history[-HORIZON:], float)
    for method, stated in (
        (seasonal_naive, found.naive_error_bps),
        (holt_winters, found.error_bps),
    ):
        missed = abs(method(known, HORIZON) - came).sum() / came.sum()
        assert stated == round(missed * 10_000)


def test_what_comes_later_does_not_change_what_was_said_before() -> None:
    history = np.array(series(120, noise=0.2), float)
    said = holt_winters(history[:100], HORIZON)
    assert np.array_equal(said, holt_winters(history.copy()[:100], HORIZON))


@pytest.mark.parametrize("days", [0, 1, 13, LEAST_DAYS - 1])
def test_too_few_days_give_no_forecast(days: int) -> None:
    assert forecast(series(days, noise=0.1) if days else []) is None


def test_nothing_sold_gives_no_forecast() -> None:
    assert forecast([0] * 200) is None
    # Sales that ended before the tried days leave nothing to measure an error by.
    assert forecast([100] * 100 + [0] * 60) is None


@given(st.lists(st.integers(0, 10**10), min_size=LEAST_DAYS, max_size=140))
@settings(max_examples=60, deadline=None)
def test_any_history_gives_a_sane_forecast(history: list[int]) -> None:
    found = forecast(history)
    if found is None:
        # A short history is tried from fewer than four earlier days.
        weeks_back = min(ORIGINS - 1, (len(history) - LEAST_DAYS) // 7)
        assert not any(history[-HORIZON - 7 * weeks_back :])
        return
    assert len(found.values) == len(found.low) == len(found.high) == HORIZON
    assert all(
        0 <= low <= v <= high
        for low, v, high in zip(found.low, found.values, found.high, strict=True)
    )
    best = min(found.error_bps, found.naive_error_bps)
    chosen = found.error_bps if found.method == "holt_winters" else found.naive_error_bps
    assert chosen == best


DAYS = 7 * WEEKS + 7


def calm(level: int, seed: int = 1, noise: float = 0.05) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.round(level * (1 + noise * random.standard_normal(DAYS))).astype(np.int64)


def test_calm_series_have_nothing_that_stands_out() -> None:
    values = np.stack([calm(1_000_000, seed) for seed in range(200)])
    assert anomalies(values, 7) == []


@pytest.mark.parametrize("factor", [0, 3])
def test_a_day_far_from_usual_stands_out(factor: int) -> None:
    values = np.stack([calm(1_000_000), calm(2_000_000, 5)])
    values[1, -3] = 2_000_000 * factor
    found = anomalies(values, 7)
    assert [(a.series, a.day, a.value) for a in found] == [(1, DAYS - 3, 2_000_000 * factor)]
    assert abs(found[0].usual - 2_000_000) < 150_000
    assert found[0].difference == found[0].value - found[0].usual


def test_small_numbers_and_new_things_are_no_news() -> None:
    small = calm(3_000)
    small[-1] = 40_000
    fresh = np.zeros(DAYS, np.int64)
    fresh[-7:] = 5_000_000
    assert anomalies(np.stack([small, fresh]), 7) == []


def test_one_earlier_outlier_neither_hides_nor_makes_one() -> None:
    values = calm(1_000_000)
    values[-1 - 14] = 9_000_000
    assert anomalies(values[None, :], 7) == []
    values[-1] = 5_000_000
    assert [a.day for a in anomalies(values[None, :], 7)] == [DAYS - 1]


def test_a_weekday_is_judged_by_its_own_weekday() -> None:
    """A shop that sells ten times as much on Sundays is not odd on Sundays."""
    values = calm(1_000_000)
    values[6::7] *= 10
    assert anomalies(values[None, :], 7) == []


def test_the_largest_comes_first() -> None:
    values = np.stack([calm(1_000_000), calm(1_000_000, 2)])
    values[0, -2], values[1, -1] = 3_000_000, 8_000_000
    assert [a.series for a in anomalies(values, 7)] == [1, 0]
