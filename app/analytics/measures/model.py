"""What a measure is made of: amounts that add up, and the one quotient that it may be of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Literal, Protocol
from urllib.parse import urlencode

from app.access import Actor, Scope
from app.kit.clock import BUSINESS_ZONE
from app.kit.i18n import N_


class Unit(StrEnum):
    """What a measure's integer counts."""

    MONEY = "money"
    """Minor units of the view's currency."""
    COUNT = "count"
    RATE = "rate"
    """Basis points."""
    DAYS = "days"
    DURATION = "duration"
    """Minutes."""
    SCORE = "score"
    """Hundredths of a point; reviews give 1 to 5 points."""


class Base(StrEnum):
    """The dataset that an amount is counted in; each has a day of its own (see the names)."""

    LINES = "lines"
    PARTS = "parts"
    ORDERS = "orders"
    REFUNDS = "refunds"
    BOOKINGS = "bookings"
    TRAFFIC = "traffic"
    PRODUCT_TRAFFIC = "product_traffic"


BASE_NAMES: Mapping[Base, str] = {
    Base.LINES: N_("Lines of paid orders, by the day of payment"),
    Base.PARTS: N_("Suppliers' parts of paid orders, by the day of payment"),
    Base.ORDERS: N_("Orders, by the day on which they were placed"),
    Base.REFUNDS: N_("Refunds, by the day on which they were decided"),
    Base.BOOKINGS: N_("Ledger entries of the trade, by the day of booking"),
    Base.TRAFFIC: N_("Visits of the stores, by their day"),
    Base.PRODUCT_TRAFFIC: N_("Views of products in the stores, by their day"),
}
LIVE_SOURCE = N_("Current balances")

BASE_DIMENSIONS: Mapping[Base, frozenset[str]] = {
    Base.LINES: frozenset({"category", "province", "supplier", "distributor", "store", "product"}),
    Base.PARTS: frozenset({"supplier", "distributor", "store"}),
    Base.ORDERS: frozenset({"province", "distributor", "store", "source", "campaign"}),
    Base.REFUNDS: frozenset({"supplier", "distributor", "store"}),
    Base.BOOKINGS: frozenset({"supplier", "distributor", "store"}),
    Base.TRAFFIC: frozenset({"distributor", "store", "source", "campaign"}),
    Base.PRODUCT_TRAFFIC: frozenset({"supplier", "distributor", "store", "product"}),
}
"""By what the rows of each base can be divided and filtered."""

SCOPE_DIMENSIONS: Mapping[Scope, frozenset[str]] = {
    Scope.PLATFORM: frozenset(
        {"category", "province", "supplier", "distributor", "store", "product", "source"}
        | {"campaign"}
    ),
    # A supplier knows of a distributor only the store's name that stands on its parts.
    Scope.SUPPLIER: frozenset({"category", "province", "store", "product"}),
    Scope.DISTRIBUTOR: frozenset(
        {"category", "province", "supplier", "store", "product", "source", "campaign"}
    ),
}
"""By what each capacity may divide and filter; its own merchant is no dimension to itself."""

_PLATFORM = Scope.PLATFORM

How = Literal["sum", "count", "distinct", "known", "true"]


@dataclass(frozen=True)
class Amount:
    """Something that is counted in rows, under a name of its own within its base.

    Over raw rows it is the sum of ``column``, the number of rows, of its distinct values, of those
    that are not null, or of those that are true; of the rows only where ``where`` holds.
    """

    base: Base
    key: str
    how: How = "sum"
    column: str = ""
    where: tuple[str, str | None] | None = None
    """A column and the value that it has; None for any that is not null."""
    is_fraction: bool = False
    """Whether it is no whole number."""

    @property
    def source(self) -> str:
        """The column that raw rows have for it."""
        return self.column or self.key

    @property
    def rolled(self) -> str:
        """The column that rollups have for it."""
        return self.source if self.how == "sum" else self.key

    @property
    def splits_over(self) -> frozenset[str] | None:
        """The dimensions over whose values it may be summed; None for all.

        An order of two categories counts once in each of them, so that the categories' orders do
        not sum to the orders; a customer of two days counts once in each of them.
        """
        if self.how != "distinct":
            return None
        return {
            "order_key": frozenset({"day", "province", "distributor", "store"}),
            "part_key": frozenset({"day", "province", "distributor", "store", "supplier"}),
        }.get(self.source, frozenset())

    @property
    def adds_over_days(self) -> bool:
        """Say whether the amounts of days sum to that of all."""
        return self.splits_over is None or "day" in self.splits_over


Term = tuple[int, Amount]
"""A factor (1 or −1) and an amount."""


@dataclass(frozen=True)
class Link:
    """A list page below the workspace and its query, such as ``orders`` and ``status=PAID``."""

    page: str
    query: str = ""

    @property
    def path(self) -> str:
        """The page with its query."""
        return f"{self.page}?{self.query}" if self.query else self.page


class Days(Protocol):
    """From a day to a day, both whole."""

    @property
    def first(self) -> date:
        """The first day."""
        ...

    @property
    def last(self) -> date:
        """The last day."""
        ...


@lru_cache(maxsize=10_000)
def _link(page: str, chosen: tuple[tuple[str, str], ...]) -> Link:
    """Return a link; a dashboard has one for every day and row, mostly those of before."""
    return Link(page, urlencode(chosen))


@dataclass(frozen=True)
class Leads:
    """Where a figure leads: a page, fixed filters, and the date filter that takes the period."""

    page: str
    resource: str
    """Who may not read this resource gets no link."""
    filters: tuple[tuple[str, str], ...] = ()
    dates: str = ""
    knows: frozenset[str] = frozenset()
    """The dimensions by which the page can filter its rows."""
    in_currency: bool = False
    """Whether only the page's rows in the figure's currency stand behind it."""

    def link(
        self, actor: Actor, days: Days, *more: tuple[str, str], currency: str = ""
    ) -> Link | None:
        """Return the link for a period, or None if the actor may not open the page."""
        if not actor.may(f"{actor.scope}:{self.resource}:read"):
            return None
        chosen = [*self.filters, *more]
        if self.dates:
            chosen.append((f"{self.dates}_from", f"{days.first}"))
            chosen.append((f"{self.dates}_to", f"{days.last}"))
        if self.in_currency and currency:
            chosen.append(("currency", currency))
        return _link(self.page, tuple(chosen))

    def narrowed(
        self, actor: Actor, days: Days, chosen: Mapping[str, str], currency: str = ""
    ) -> Link | None:
        """Return the link to the rows of some dimensions' values.

        None as well where the page cannot filter by one of them: it would show other rows.
        """
        if not self.knows >= chosen.keys():
            return None
        return self.link(actor, days, *chosen.items(), currency=currency)


@dataclass(frozen=True)
class Measure:
    """One measure: ``scale`` × the sum of ``top`` ÷ the sum of ``bottom``, rounded half up.

    Without ``bottom`` it is the sum; without ``top`` it stands as it is now and has no days.
    ``needs``: the resources of which reading any one lets a person see it.
    """

    key: str
    name: str
    formula: str
    unit: Unit
    scopes: frozenset[Scope]
    needs: tuple[str, ...]
    leads: Leads
    top: tuple[Term, ...] = ()
    bottom: tuple[Term, ...] = ()
    scale: int = 1
    rising_is_good: bool | None = True
    """Whether a rise is good news, bad news (False) or neither (None)."""
    platform_leads: Leads | None = None
    """Where it leads on the platform, if elsewhere."""

    def leads_of(self, scope: Scope) -> Leads:
        """Return where the figure leads those who act in a scope."""
        return self.platform_leads if scope is _PLATFORM and self.platform_leads else self.leads

    def shown_to(self, actor: Actor) -> bool:
        """Say whether the actor may see this measure in the capacity in which it acts."""
        return actor.scope in self.scopes and any(
            actor.may(f"{actor.scope}:{resource}:read") for resource in self.needs
        )

    @property
    def zone(self) -> str:
        """The time zone in which its days are counted."""
        return BUSINESS_ZONE.key

    @property
    def is_standing(self) -> bool:
        """Say whether it stands as it is now, whatever the period."""
        return not self.top

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        """All that is counted for it."""
        return tuple(dict.fromkeys(amount for _, amount in (*self.top, *self.bottom)))

    @cached_property
    def bases(self) -> tuple[Base, ...]:
        """The datasets that it is counted in."""
        return tuple(dict.fromkeys(amount.base for amount in self.amounts))

    @property
    def sources(self) -> tuple[str, ...]:
        """What it is counted in, as message ids."""
        return tuple(BASE_NAMES[base] for base in self.bases) or (LIVE_SOURCE,)

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """By what it can be divided and filtered."""
        if self.is_standing:
            return frozenset()
        shared = BASE_DIMENSIONS[self.bases[0]]
        for base in self.bases[1:]:
            shared &= BASE_DIMENSIONS[base]
        return shared

    def divides(self, scope: Scope) -> frozenset[str]:
        """Return the dimensions by which this capacity may divide and filter it."""
        return self.dimensions & SCOPE_DIMENSIONS[scope]

    @property
    def adds_up(self) -> bool:
        """Say whether the values of days (and of most dimensions) sum to the whole's."""
        return not self.bottom and all(amount.how != "distinct" for amount in self.amounts)
