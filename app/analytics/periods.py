"""Periods in the business time zone, and the earlier time that each is compared with.

Pure: the moment that counts as now is handed in. A period ends with a whole day; the day that is
still running is *partial*, and is compared only with as much of the earlier day as has gone by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from app.kit.clock import BUSINESS_ZONE
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.kit.parameters import day_of

LONGEST_DAYS = 366
HOURLY_UP_TO_DAYS = 2
"""Up to so many days a period is drawn by the hour."""
_DAY = timedelta(days=1)


class Preset(StrEnum):
    """The periods that one click chooses."""

    TODAY = "today"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    THIS_MONTH = "month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "year"
    CUSTOM = "custom"


PRESET_DAYS: Mapping[Preset, int] = {
    Preset.TODAY: 1,
    Preset.WEEK: 7,
    Preset.MONTH: 30,
    Preset.QUARTER: 90,
}
PRESET_NAMES: Mapping[Preset, str] = {
    Preset.TODAY: N_("Today"),
    Preset.WEEK: N_("Last 7 days"),
    Preset.MONTH: N_("Last 30 days"),
    Preset.QUARTER: N_("Last 90 days"),
    Preset.THIS_MONTH: N_("This month"),
    Preset.LAST_MONTH: N_("Last month"),
    Preset.THIS_YEAR: N_("This year"),
    Preset.CUSTOM: N_("Chosen days"),
}


def business_date(moment: datetime) -> date:
    """Return the day on which an aware moment falls, in the business time zone."""
    return moment.astimezone(BUSINESS_ZONE).date()


def business_minute(moment: datetime) -> int:
    """Return how many minutes of its business day have gone by at an aware moment."""
    wall = moment.astimezone(BUSINESS_ZONE)
    return wall.hour * 60 + wall.minute


def midnight(day: date) -> datetime:
    """Return the first moment of a business day, aware, in UTC."""
    return datetime.combine(day, time(), BUSINESS_ZONE).astimezone(UTC)


@dataclass(frozen=True)
class Period:
    """The days ``first`` … ``last`` (both whole), looked at at the moment ``at``."""

    preset: Preset
    first: date
    last: date
    at: datetime

    @property
    def days(self) -> int:
        """How many days there are, at least one."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """The first moment."""
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        """The moment after the last one, which may lie in the future."""
        return midnight(self.last + _DAY)

    @property
    def minute(self) -> datetime:
        """The minute of looking; within it a running day does not move on."""
        return self.at.replace(second=0, microsecond=0)

    @property
    def until(self) -> datetime:
        """Up to where there is anything to count: the end, or now if that is earlier."""
        return min(self.end, self.at)

    @property
    def is_partial(self) -> bool:
        """Say whether the last day is still running."""
        return self.at < self.end

    @property
    def shift(self) -> timedelta:
        """How far back the comparison lies: whole weeks, so that weekdays meet weekdays."""
        return timedelta(weeks=-(-self.days // 7))

    @property
    def before_start(self) -> datetime:
        """The first moment of the comparison."""
        return self.start - self.shift

    @property
    def before_end(self) -> datetime:
        """The moment after the comparison's whole days, as far as a chart draws them."""
        return self.end - self.shift

    @property
    def before_until(self) -> datetime:
        """Up to where the comparison counts: the same time of day as ``until``."""
        return self.until - self.shift

    @property
    def before_first(self) -> date:
        """The first day of the comparison."""
        return self.first - self.shift

    @property
    def before_last(self) -> date:
        """The last day of the comparison."""
        return self.last - self.shift

    @property
    def is_hourly(self) -> bool:
        """Say whether the period is drawn by the hour rather than by the day."""
        return self.days <= HOURLY_UP_TO_DAYS

    @property
    def step(self) -> timedelta:
        """The length of one slot."""
        return timedelta(hours=1) if self.is_hourly else _DAY

    @property
    def slots(self) -> tuple[datetime, ...]:
        """The starts of all slots as business wall-clock time, without a zone."""
        begin = datetime.combine(self.first, time())
        return tuple(begin + i * self.step for i in range(int(self.days * _DAY / self.step)))

    @property
    def at_wall(self) -> datetime:
        """The moment of looking as business wall-clock time, without a zone."""
        return self.at.astimezone(BUSINESS_ZONE).replace(tzinfo=None)

    @property
    def begun(self) -> int:
        """How many slots have begun; the later ones have no figures yet."""
        wall = self.at_wall
        return sum(1 for slot in self.slots if slot < wall)

    def query(self) -> dict[str, str]:
        """Return what an address says of the period; ``parse`` reads it again."""
        if self.preset is not Preset.CUSTOM:
            return {"period": self.preset}
        return {"period": self.preset, "from": f"{self.first}", "to": f"{self.last}"}


def preset(which: Preset, at: datetime) -> Period:
    """Return the days that a preset means at a moment. Raises KeyError for CUSTOM."""
    today = business_date(at)
    first = today.replace(day=1)
    spans = {
        Preset.THIS_MONTH: (first, today),
        Preset.LAST_MONTH: ((first - _DAY).replace(day=1), first - _DAY),
        Preset.THIS_YEAR: (today.replace(month=1, day=1), today),
    }
    if which in spans:
        return Period(which, *spans[which], at)
    return Period(which, today - timedelta(days=PRESET_DAYS[which] - 1), today, at)


def again(period: Period, at: datetime) -> Period:
    """Return the same choice of days at a later moment, when a preset may mean other days."""
    if period.preset is Preset.CUSTOM:
        return Period(period.preset, period.first, period.last, at)
    return preset(period.preset, at)


def custom(first: date, last: date, at: datetime) -> Period:
    """Return chosen days, cut at today.

    Raises Invalid if they end before they begin, begin in the future, or are more than a year.
    """
    today = business_date(at)
    if first > last:
        raise Invalid({"to": N_("The end date is before the start date.")})
    if first > today:
        raise Invalid({"from": N_("These days are in the future.")})
    last = min(last, today)
    if (last - first).days >= LONGEST_DAYS:
        raise Invalid({"to": N_("Choose at most a year.")})
    return Period(Preset.CUSTOM, first, last, at)


def parse(params: Mapping[str, str], at: datetime, default: Preset = Preset.MONTH) -> Period:
    """Read a period from an address; what cannot be read gives the default, never an error."""
    try:
        which = Preset(params.get("period", default))
        if which is not Preset.CUSTOM:
            return preset(which, at)
        first, last = (day_of(params.get(end)) for end in ("from", "to"))
        return custom(first, last, at) if first and last else preset(default, at)
    except (ValueError, Invalid):
        return preset(default, at)
