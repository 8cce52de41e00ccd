"""Every measure, defined once: its name, its formula in words and over columns, who may see it.

A measure that sums the trade shows to whoever may open its rows or holds ``analytics``; work to do
and balances show only to those who may open their rows. ``engine`` computes them.
"""

from collections.abc import Mapping

from app.analytics.measures.model import (
    BASE_DIMENSIONS,
    BASE_NAMES,
    SCOPE_DIMENSIONS,
    Amount,
    Base,
    Days,
    Leads,
    Link,
    Measure,
    Unit,
)
from app.analytics.measures.money import MONEY_MEASURES
from app.analytics.measures.people import PEOPLE_MEASURES
from app.analytics.measures.service import OVERDUE_HOURS, SERVICE_MEASURES
from app.analytics.measures.standing import STANDING_MEASURES
from app.analytics.measures.trade import TRADE_MEASURES

__all__ = [
    "BASE_DIMENSIONS",
    "BASE_NAMES",
    "MEASURES",
    "OVERDUE_HOURS",
    "SCOPE_DIMENSIONS",
    "Amount",
    "Base",
    "Days",
    "Leads",
    "Link",
    "Measure",
    "Unit",
]

MEASURES: Mapping[str, Measure] = {
    measure.key: measure
    for measure in (
        *TRADE_MEASURES,
        *MONEY_MEASURES,
        *SERVICE_MEASURES,
        *PEOPLE_MEASURES,
        *STANDING_MEASURES,
    )
}
"""Key → measure."""
