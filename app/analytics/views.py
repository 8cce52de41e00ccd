"""What one looks at: a period, what it is compared with, filters and a currency.

Pure, and wholly in the address, so that a view can be saved, sent and opened again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.analytics import periods
from app.analytics.periods import Period
from app.kit.i18n import N_
from app.kit.parameters import id_of
from app.kit.text import looked_for


class Comparison(StrEnum):
    """With what a period is compared."""

    WEEKDAY = "weekday"
    """The latest earlier days that lie whole weeks back, so that weekdays meet weekdays."""
    PREVIOUS = "previous"
    """As many days just before."""
    YEAR = "year"
    """52 weeks back, so that weekdays meet weekdays."""
    NONE = "none"


COMPARISON_NAMES: Mapping[Comparison, str] = {
    Comparison.WEEKDAY: N_("Same weekdays before"),
    Comparison.PREVIOUS: N_("Days just before"),
    Comparison.YEAR: N_("A year before"),
    Comparison.NONE: N_("No comparison"),
}

DIMENSIONS: Mapping[str, str] = {
    "category": N_("Category"),
    "province": N_("Region"),
    "supplier": N_("Supplier"),
    "distributor": N_("Distributor"),
    "store": N_("Store"),
    "product": N_("Product"),
    "source": N_("Source"),
    "campaign": N_("Campaign"),
}
"""What figures can be divided and filtered by → its name. Values are ids, or for a province its
name as orders have it, for source and campaign their word."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_LONGEST_VALUE = 80


@dataclass(frozen=True)
class View:
    """One way of looking at the figures."""

    period: Period
    comparison: Comparison = Comparison.WEEKDAY
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    """Dimension → the one value that rows must have."""
    currency: str = "CNY"

    @property
    def shift(self) -> timedelta | None:
        """How far back the comparison lies; None where nothing is compared."""
        if self.comparison is Comparison.NONE:
            return None
        if self.comparison is Comparison.WEEKDAY:
            return self.period.shift
        return timedelta(days=self.period.days if self.comparison is Comparison.PREVIOUS else 364)

    @property
    def rows_key(self) -> tuple[object, ...]:
        """Which rows are looked at, but neither when nor what they are compared with."""
        days = (self.period.first, self.period.last)
        return (self.currency, *sorted(self.filters.items()), *days)

    def query(self) -> dict[str, str]:
        """Return what an address says of the view; ``parse`` reads it again."""
        said = self.period.query() | dict(self.filters)
        if self.comparison is not Comparison.WEEKDAY:
            said["compare"] = self.comparison
        if self.currency != "CNY":
            said["currency"] = self.currency
        return said


_OF_IDS = frozenset({"category", "supplier", "distributor", "store", "product"})


def _value(dimension: str, value: str) -> str:
    """Return a filter's value as it can be meant, or ''."""
    if dimension in _OF_IDS:
        found = id_of(value)
        return str(found) if found else ""
    return looked_for(value, _LONGEST_VALUE)


def unread(params: Mapping[str, str], view: View) -> list[str]:
    """Return the names (message ids) of what an address says and ``parse`` had to leave out."""
    said = view.query()
    names = [
        name for key, name in DIMENSIONS.items() if params.get(key) and key not in view.filters
    ]
    asked = params.get("period", "")
    days = (params.get("from", ""), params.get("to", ""))
    if asked and (asked != said["period"] or (asked == periods.Preset.CUSTOM and "" in days)):
        names.append(N_("Days"))
    if params.get("compare", view.comparison) != view.comparison:
        names.append(N_("Comparison"))
    if params.get("currency", view.currency) != view.currency:
        names.append(N_("Currency"))
    return names


def parse(params: Mapping[str, str], at: datetime) -> View:
    """Read a view from an address; what cannot be read is left out, never an error."""
    compared = params.get("compare", "")
    currency = params.get("currency", "")
    return View(
        periods.parse(params, at),
        Comparison(compared) if compared in set(Comparison) else Comparison.WEEKDAY,
        {
            dimension: value
            for dimension in DIMENSIONS
            if (value := _value(dimension, params.get(dimension, "")))
        },
        currency if _CURRENCY.fullmatch(currency) else "CNY",
    )
