"""For whom something is drawn, and how values, changes and moments are written for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal, format_decimal

from app.analytics.measures import MEASURES, Unit
from app.analytics.views import COMPARISON_NAMES, Comparison, View
from app.kit.currencies import currency_symbol, hundredths, major
from app.kit.i18n import N_, gettext, money_text, plural

MISSING = "–"
"""What stands where a value is undefined."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reader:
    """For whom something is drawn: language, currency, and what they look at."""

    locale: str = "zh_CN"
    currency: str = "CNY"
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """Now, as business wall-clock time without a zone; what lies after it is still to come."""
    shift: timedelta | None = None
    """How far back the comparison lies."""
    comparison: Comparison = Comparison.NONE
    filters: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, view: View, locale: str) -> "Reader":
        """Return who looks at a view."""
        return cls(
            locale, view.currency, view.period.at_wall, view.shift, view.comparison, view.filters
        )

    def say(self, message: str, **params: object) -> str:
        """Translate a message id."""
        return gettext(self.locale, message, **params)

    @property
    def compared_with(self) -> str:
        """What the comparison is called."""
        return self.say(COMPARISON_NAMES[self.comparison])


def _decimal(value: Decimal | int, pattern: str, reader: Reader) -> str:
    return format_decimal(value, pattern, locale=reader.locale)


def value_text(value: int | None, unit: Unit | None, reader: Reader) -> str:
    """Return a measure's value as people write it; a dash where it is undefined."""
    if value is None:
        return MISSING
    return _WRITERS.get(unit, _count)(value, reader)


def _count(value: int, reader: Reader) -> str:
    return _decimal(value, "#,##0", reader)


def _days(value: int, reader: Reader) -> str:
    return reader.say(plural("%(count)s day", "%(count)s days"), count=_count(value, reader))


def _duration(minutes: int, reader: Reader) -> str:
    hours, rest = divmod(minutes, 60)
    if hours >= 100:
        return reader.say(N_("%(count)s h"), count=_decimal(hours, "#,##0", reader))
    if hours:
        return reader.say(N_("%(hours)s h %(minutes)s min"), hours=hours, minutes=rest)
    return reader.say(N_("%(count)s min"), count=minutes)


_WRITERS: Mapping[Unit | None, Callable[[int, Reader], str]] = {
    Unit.MONEY: lambda cents, reader: money_text(cents, reader.currency),
    Unit.RATE: lambda bps, reader: f"{_decimal(hundredths(bps), '#,##0.00', reader)}%",
    Unit.SCORE: lambda points, reader: _decimal(hundredths(points), "0.00", reader),
    Unit.DAYS: _days,
    Unit.DURATION: _duration,
}
"""How each unit is written; all others are counts."""


def change_text(bps: int | None, reader: Reader) -> str:
    """Return a change such as ``+12.3%``; a dash where there is nothing to compare with."""
    if bps is None:
        return MISSING
    tenths = (abs(bps) + 5) // 10
    sign = "" if tenths == 0 else "+" if bps > 0 else "−"
    pattern = "#,##0.0" if tenths < 10_000 else "#,##0"
    return f"{sign}{_decimal(Decimal(tenths) / 10, pattern, reader)}%"


def share_text(bps: int, reader: Reader) -> str:
    """Return a share such as ``34.5%``."""
    return f"{_decimal(hundredths(bps), '#,##0.0', reader)}%"


def short_text(value: int, unit: Unit | None, reader: Reader) -> str:
    """Return a value for an axis: round numbers in few letters."""
    if unit is Unit.RATE:
        return f"{_decimal(hundredths(value), '#,##0.#', reader)}%"
    if unit is Unit.SCORE:
        return _decimal(hundredths(value), "0.#", reader)
    number = major(value, reader.currency) if unit is Unit.MONEY else Decimal(value)
    sign = "−" if value < 0 else ""
    text = format_compact_decimal(abs(number), locale=reader.locale, fraction_digits=1)
    return f"{sign}{currency_symbol(reader.currency) if unit is Unit.MONEY else ''}{text}"


def wall(slot: date | datetime) -> datetime:
    """Return the first moment of a slot as wall-clock time."""
    return slot if isinstance(slot, datetime) else datetime.combine(slot, time())


def slot_text(slot: date | datetime, width: timedelta, reader: Reader) -> str:
    """Return a slot in full, for a hover text and for a table."""
    moment = wall(slot)
    if width < _DAY:
        return f"{format_skeleton('MMMEd', moment, locale=reader.locale)} {moment:%H:%M}"
    skeleton = "MMMEd" if width < 7 * _DAY else "yMMMd" if width < 28 * _DAY else "yMMM"
    return format_skeleton(skeleton, moment, locale=reader.locale)


def tick_text(slot: date | datetime, width: timedelta, reader: Reader) -> str:
    """Return a slot in few letters, for an axis."""
    moment = wall(slot)
    if width < _DAY:
        return f"{moment:%H:%M}"
    return format_skeleton("MMMd" if width < 28 * _DAY else "yMMM", moment, locale=reader.locale)


def about_measure(measure: str | None, reader: Reader) -> str:
    """Return formula, time zone and source of a measure, a line each; nothing for no measure."""
    found = MEASURES.get(measure or "")
    if found is None:
        return ""
    comma = "; " if reader.locale == "en" else "；"
    sources = comma.join(reader.say(source) for source in found.sources)
    return "\n".join(
        (
            reader.say(found.formula),
            reader.say(N_("Time zone: %(zone)s"), zone=found.zone),
            reader.say(N_("Source: %(sources)s"), sources=sources),
        )
    )
