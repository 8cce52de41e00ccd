"""When a report is due. Pure: the moment that counts as now is handed in.

Hours and days are those of the business time zone. A month that lacks the chosen day has its
report on its last one.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.kit.clock import BUSINESS_ZONE
from models.analyses import Rhythm

_DAY = timedelta(days=1)
_LONGEST_WAIT = 62
"""Days from one due day to the next, at most."""


@dataclass(frozen=True)
class Timing:
    """How often, on which weekday (1 for Monday to 7) or day of the month, at which hour."""

    rhythm: Rhythm
    weekday: int = 1
    month_day: int = 1
    hour: int = 8

    def falls_on(self, day: date) -> bool:
        """Say whether a report is due on a day."""
        if self.rhythm is Rhythm.WEEKLY:
            return day.isoweekday() == self.weekday
        if self.rhythm is Rhythm.MONTHLY:
            return day.day == min(self.month_day, monthrange(day.year, day.month)[1])
        return True

    def on(self, day: date) -> datetime:
        """Return the moment of the report of a day, aware, in UTC."""
        return datetime.combine(day, time(self.hour), BUSINESS_ZONE).astimezone(UTC)


def next_due(timing: Timing, after: datetime) -> datetime:
    """Return the first due moment after an aware one."""
    return next(m for m in _moments(timing, after, _DAY) if m > after)


def latest_due(timing: Timing, at: datetime) -> datetime:
    """Return the last due moment up to an aware one: of many that were missed, the one to send."""
    return next(m for m in _moments(timing, at, -_DAY) if m <= at)


def _moments(timing: Timing, start: datetime, step: timedelta) -> Iterator[datetime]:
    day = start.astimezone(BUSINESS_ZONE).date()
    for count in range(_LONGEST_WAIT + 1):
        on = day + count * step
        if timing.falls_on(on):
            yield timing.on(on)


def looks_back_from(due: datetime) -> datetime:
    """Return the moment as which a report looks at its view: the end of the day before.

    So a report tells of whole days, and a late one of the same days as one in time.
    """
    day = due.astimezone(BUSINESS_ZONE).date()
    midnight = datetime.combine(day, time(), BUSINESS_ZONE)
    return (midnight - timedelta(microseconds=1)).astimezone(UTC)
