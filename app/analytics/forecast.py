"""A forecast of the next weeks of a daily series, with the error that it would have had before.

Two methods compete. *Seasonal-naive* says that each day will be as the same weekday of last week
was. *Holt-Winters* (additive, with a damped trend and a week's season) smooths level, trend and
weekdays; its four weights are those of a small grid that fit the series best. Both forecast from
several earlier days (rolling origin) what is known by now; the one with the smaller error answers.
The error is the sum of absolute errors over the sum of the actual values (WAPE), so that days
without sales do no harm. Pure; blocking for some tens of milliseconds, so call it in a thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WEEK = 7
HORIZON = 28
LEAST_DAYS = 2 * HORIZON + 2 * WEEK
"""So many days must be known: a forecast of four weeks is tried at least once, from six weeks."""
ORIGINS = 4
"""From so many earlier days at most, each a week apart, forecasts are tried."""
BAND = 0.8
"""The share of the tried days whose errors the band would have held."""

Method = Literal["holt_winters", "seasonal_naive"]


@dataclass(frozen=True)
class Forecast:
    """What the coming days will bring, and how wrong both methods were when tried."""

    method: Method
    values: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    error_bps: int
    """WAPE of Holt-Winters, in basis points."""
    naive_error_bps: int
    origins: int
    """From how many days both were tried."""


def forecast(history: Sequence[int], horizon: int = HORIZON) -> Forecast | None:
    """Return the forecast of a daily series without gaps, the last day being a whole one.

    None where too few days are known (``LEAST_DAYS``) or nothing was sold on the tried days.
    """
    import numpy as np

    series = np.asarray(history, dtype=np.float64)
    if len(series) < LEAST_DAYS:
        return None
    tried = {name: _try(method, series, horizon) for name, method in _METHODS.items()}
    errors = {name: _wape(*pair) for name, pair in tried.items()}
    smooth, naive = errors["holt_winters"], errors["seasonal_naive"]
    if smooth is None or naive is None:
        return None
    method: Method = "holt_winters" if smooth < naive else "seasonal_naive"
    values = _METHODS[method](series, horizon)
    spread = _spread(*tried[method])
    return Forecast(
        method,
        _whole(values),
        _whole(values - spread),
        _whole(values + spread),
        round(smooth * 10_000),
        round(naive * 10_000),
        len(tried[method][0]),
    )


def seasonal_naive(series: "Floats", horizon: int) -> "Floats":
    """Return the last week again and again."""
    import numpy as np

    return np.resize(series[-WEEK:], horizon)


_WEIGHTS = tuple(product((0.1, 0.3, 0.5), (0.0, 0.05, 0.2), (0.05, 0.2, 0.4), (0.9, 0.98)))
"""Of level, trend and season, and how much of the trend is left the day after."""


def holt_winters(series: "Floats", horizon: int) -> "Floats":
    """Return the forecast of the weights that fit best one day ahead, never below zero.

    All weights are tried at once, each in a lane of its own.
    """
    import numpy as np

    alpha, beta, gamma, damping = (np.array(column) for column in zip(*_WEIGHTS, strict=True))
    first = series[: 2 * WEEK]
    level = np.full(len(_WEIGHTS), first.mean())
    trend = np.zeros(len(_WEIGHTS))
    start = (first[:WEEK] + first[WEEK:]) / 2 - first.mean()
    season = np.tile(start, (len(_WEIGHTS), 1))
    missed = np.zeros(len(_WEIGHTS))
    for day, value in enumerate(series):
        weekday = day % WEEK
        expected = level + damping * trend
        error = value - expected - season[:, weekday]
        if day >= 2 * WEEK:
            missed += np.abs(error)
        level = expected + alpha * error
        trend = damping * trend + beta * alpha * error
        season[:, weekday] += gamma * (1 - alpha) * error
    best = int(missed.argmin())
    steps = np.cumsum(damping[best] ** np.arange(1, horizon + 1))
    weekdays = (len(series) + np.arange(horizon)) % WEEK
    ahead = level[best] + steps * trend[best] + season[best][weekdays]
    return np.maximum(ahead, 0.0)


_METHODS: "dict[Method, Callable[[Floats, int], Floats]]" = {
    "holt_winters": holt_winters,
    "seasonal_naive": seasonal_naive,
}


def _try(
    method: "Callable[[Floats, int], Floats]", series: "Floats", horizon: int
) -> "tuple[Floats, Floats]":
    """Return what was forecast from earlier days and what came, a row for each origin."""
    import numpy as np

    least = LEAST_DAYS - horizon
    ends = [len(series) - horizon - WEEK * back for back in range(ORIGINS)]
    ends = [end for end in ends if end >= least]
    said = np.stack([method(series[:end], horizon) for end in ends])
    came = np.stack([series[end : end + horizon] for end in ends])
    return said, came


def _wape(said: "Floats", came: "Floats") -> float | None:
    whole = float(abs(came).sum())
    return float(abs(said - came).sum()) / whole if whole else None


def _spread(said: "Floats", came: "Floats") -> float:
    """Return the distance from the forecast within which ``BAND`` of the tried days lay."""
    import numpy as np

    return float(np.quantile(abs(said - came), BAND))


def _whole(values: "Floats") -> tuple[int, ...]:
    return tuple(max(0, round(float(value))) for value in values)
