"""Days that stand out: against the same weekdays before, by median and median deviation.

Robust on purpose: one earlier outlier, such as a day of sales, neither hides the next one nor
makes an ordinary day look odd. Small numbers are never worth a look: a value must differ by an
absolute amount, by a share of what is usual, and by a multiple of the usual deviation.
Pure and blocking.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEEK = 7
WEEKS = 8
"""So many earlier weeks say what is usual on a weekday."""
LEAST_WEEKS = 5
"""In so many of them the thing must have been there (a new shop is no anomaly)."""
LEAST_DEVIATIONS = 4.0
LEAST_SHARE = 0.35
LEAST_CENTS = 50_000
"""500 of the currency: what differs by less is not worth anybody's time."""
_NORMAL = 1.4826
"""By which a median absolute deviation estimates the standard deviation of a normal one."""
_CALM = 0.1
"""A deviation is taken to be at least this share of what is usual."""


@dataclass(frozen=True)
class Anomaly:
    """A value far from usual: of which series, on which of its days, in the series' unit."""

    series: int
    day: int
    value: int
    usual: int

    @property
    def difference(self) -> int:
        """How much more than usual it is; negative for less."""
        return self.value - self.usual


def anomalies(values: "NDArray[np.int64]", judged: int, least: int = LEAST_CENTS) -> list[Anomaly]:
    """Return what stands out in the last ``judged`` days of many series, the largest first.

    ``values`` has a row for each series and a column for each day, of which there are at least
    ``WEEKS`` weeks before the judged ones.
    """
    import numpy as np

    days = values.shape[1]
    late = days - judged + np.arange(judged)
    weeks = WEEK * np.arange(1, WEEKS + 1)
    before = values[:, late[:, None] - weeks]
    usual = np.median(before, axis=2)
    spread = _NORMAL * np.median(np.abs(before - usual[:, :, None]), axis=2)
    calm = _CALM * np.abs(usual)
    bar = np.maximum(LEAST_SHARE * np.abs(usual), LEAST_DEVIATIONS * np.maximum(spread, calm))
    odd = np.abs(values[:, late] - usual) >= np.maximum(bar, least)
    known = (before != 0).sum(axis=2) >= LEAST_WEEKS
    found = [
        Anomaly(row, int(late[day]), int(values[row, late[day]]), round(float(usual[row, day])))
        for row, day in np.argwhere(odd & known).tolist()
    ]
    return sorted(found, key=lambda a: (-abs(a.difference), a.series, a.day))
