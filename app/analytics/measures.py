"""Every measure, defined once: its name, its formula in words, who may see it, where it leads.

A measure that sums the trade shows to whoever may open its rows or holds ``analytics``; work to do
and balances show only to those who may open their rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from app.access import Actor, Scope
from app.analytics.periods import Period
from app.kit.i18n import N_

OVERDUE_HOURS = 48
"""A part that is paid and not shipped after so long is overdue."""


class Unit(StrEnum):
    """What a measure's integer counts: cents, things, basis points or days."""

    MONEY = "money"
    COUNT = "count"
    RATE = "rate"
    DAYS = "days"


@dataclass(frozen=True)
class Link:
    """A list page below the workspace and its query, such as ``orders`` and ``status=PAID``."""

    page: str
    query: str = ""

    @property
    def path(self) -> str:
        """The page with its query."""
        return f"{self.page}?{self.query}" if self.query else self.page


@dataclass(frozen=True)
class Leads:
    """Where a figure leads: a page, fixed filters, and the date filter that takes the period."""

    page: str
    resource: str
    """Who may not read this resource gets no link."""
    filters: tuple[tuple[str, str], ...] = ()
    dates: str = ""

    def link(self, actor: Actor, period: Period, *more: tuple[str, str]) -> Link | None:
        """Return the link for a period, or None if the actor may not open the page."""
        if not actor.may(f"{actor.scope}:{self.resource}:read"):
            return None
        chosen = [*self.filters, *more]
        if self.dates:
            chosen.append((f"{self.dates}_from", f"{period.first}"))
            chosen.append((f"{self.dates}_to", f"{period.last}"))
        return Link(self.page, urlencode(chosen))


@dataclass(frozen=True)
class Measure:
    """One measure. ``needs``: the resources of which reading any one lets a person see it."""

    key: str
    name: str
    formula: str
    unit: Unit
    scopes: frozenset[Scope]
    needs: tuple[str, ...]
    leads: Leads
    rising_is_good: bool | None = True
    """Whether a rise is good news, bad news (False) or neither (None)."""

    def shown_to(self, actor: Actor) -> bool:
        """Say whether the actor may see this measure in the capacity in which it acts."""
        return actor.scope in self.scopes and any(
            actor.may(f"{actor.scope}:{resource}:read") for resource in self.needs
        )


_P, _S, _D = (frozenset({s}) for s in (Scope.PLATFORM, Scope.SUPPLIER, Scope.DISTRIBUTOR))
_TRADE = ("orders", "analytics")
_PLACED = Leads("orders", "orders", dates="placed")
_PAID = Leads("orders", "orders", dates="paid")

_ALL = (
    Measure(
        "gmv_placed",
        N_("GMV, placed"),
        N_("Goods − discounts + freight of all orders placed in the period, paid or not."),
        Unit.MONEY,
        _P,
        _TRADE,
        _PLACED,
    ),
    Measure(
        "gmv_paid",
        N_("GMV, paid"),
        N_("Goods − discounts + freight of all orders paid in the period, before refunds."),
        Unit.MONEY,
        _P,
        _TRADE,
        _PAID,
    ),
    Measure(
        "paid_orders",
        N_("Paid orders"),
        N_("Orders whose payment was confirmed in the period, refunded ones included."),
        Unit.COUNT,
        _P | _D,
        _TRADE,
        _PAID,
    ),
    Measure(
        "average_order",
        N_("Average order value"),
        N_("Paid value ÷ paid orders of the period."),
        Unit.MONEY,
        _P | _D,
        _TRADE,
        _PAID,
    ),
    Measure(
        "take",
        N_("Platform take"),
        N_(
            "Commission booked in the period − commission given back with refunds in the period."
            " Payment fees are not part of it."
        ),
        Unit.MONEY,
        _P,
        ("ledger", "analytics"),
        Leads("ledger/transactions", "ledger", (("touches", "COMMISSION"),), "occurred"),
    ),
    Measure(
        "refunds",
        N_("Refunds"),
        N_(
            "Money of paid orders that was promised back to buyers in the period. Failed refunds"
            " and payments that no order could take are left out."
        ),
        Unit.MONEY,
        _P,
        ("payments", "analytics"),
        Leads("refunds", "payments", dates="created"),
        rising_is_good=False,
    ),
    Measure(
        "merchants_to_review",
        N_("Merchants to review"),
        N_("Applications that nobody has decided on."),
        Unit.COUNT,
        _P,
        ("merchants",),
        Leads("merchants", "merchants", (("status", "PENDING"),)),
        rising_is_good=None,
    ),
    Measure(
        "products_to_review",
        N_("Products to review"),
        N_("Products that suppliers have pushed and nobody has decided on."),
        Unit.COUNT,
        _P,
        ("products",),
        Leads("products", "products", (("status", "SUBMITTED"),)),
        rising_is_good=None,
    ),
    Measure(
        "supply_sales",
        N_("Sales at supply price"),
        N_("Supply price × quantity of the parts paid in the period, before refunds and freight."),
        Unit.MONEY,
        _S,
        _TRADE,
        _PAID,
    ),
    Measure(
        "paid_parts",
        N_("Paid orders"),
        N_("Your parts of orders that were paid in the period, refused ones included."),
        Unit.COUNT,
        _S,
        _TRADE,
        _PAID,
    ),
    Measure(
        "units_sold",
        N_("Units sold"),
        N_("Units in the parts paid in the period, before refunds."),
        Unit.COUNT,
        _S,
        _TRADE,
        _PAID,
    ),
    Measure(
        "to_accept",
        N_("To accept"),
        N_("Paid parts that wait for you to accept or refuse them."),
        Unit.COUNT,
        _S,
        ("orders",),
        Leads("orders", "orders", (("status", "PAID"),)),
        rising_is_good=None,
    ),
    Measure(
        "to_ship",
        N_("To ship"),
        N_("Accepted parts that are not wholly shipped."),
        Unit.COUNT,
        _S,
        ("orders",),
        Leads("orders", "orders", (("todo", "ship"),)),
        rising_is_good=None,
    ),
    Measure(
        "overdue",
        N_("Overdue"),
        N_("Parts paid more than 48 hours ago that are not wholly shipped."),
        Unit.COUNT,
        _S,
        ("orders",),
        Leads("orders", "orders", (("todo", "overdue"),)),
        rising_is_good=False,
    ),
    Measure(
        "low_stock",
        N_("Low on stock"),
        N_("SKUs on sale of which no more is free than their warning level."),
        Unit.COUNT,
        _S,
        ("stock",),
        Leads("stock", "stock", (("level", "low"),)),
        rising_is_good=False,
    ),
    Measure(
        "store_sales",
        N_("Sales"),
        N_("Goods − discounts + freight of your orders paid in the period, before refunds."),
        Unit.MONEY,
        _D,
        _TRADE,
        _PAID,
    ),
    Measure(
        "margin",
        N_("Margin"),
        N_(
            "Your share of the payments booked in the period, after supply price, commission and"
            " the payment fee that you bear, − what refunds of the period took back of it."
        ),
        Unit.MONEY,
        _D,
        _TRADE,
        Leads("ledger", "ledger", dates="paid"),
    ),
    Measure(
        "store_refunds",
        N_("Refunds"),
        N_(
            "Money of your paid orders that was promised back to buyers in the period. Failed"
            " refunds are left out."
        ),
        Unit.MONEY,
        _D,
        _TRADE,
        Leads("orders", "orders", (("refunded", "yes"),)),
        rising_is_good=False,
    ),
    Measure(
        "conversion",
        N_("Conversion"),
        N_("Paid orders ÷ visitors of the period."),
        Unit.RATE,
        _D,
        _TRADE,
        _PAID,
    ),
    Measure(
        "visitors",
        N_("Visitors"),
        N_("Visitors of your stores, each counted once a day and store, by their first visit."),
        Unit.COUNT,
        _D,
        ("store", "analytics"),
        Leads("stores", "store"),
    ),
    Measure(
        "needs_reprice",
        N_("Listings to reprice"),
        N_("Listings that would sell under cost and cannot be bought until you decide."),
        Unit.COUNT,
        _D,
        ("listings",),
        Leads("listings", "listings", (("status", "NEEDS_REPRICE"),)),
        rising_is_good=False,
    ),
    Measure(
        "balance_pending",
        N_("Balance, pending"),
        N_("Your shares of paid orders that are not payable yet."),
        Unit.MONEY,
        _S | _D,
        ("ledger",),
        Leads("ledger", "ledger", (("state", "PENDING"),)),
        rising_is_good=None,
    ),
    Measure(
        "balance_available",
        N_("Balance, available"),
        N_("What you can withdraw now."),
        Unit.MONEY,
        _S | _D,
        ("ledger",),
        Leads("ledger", "ledger", (("state", "AVAILABLE"),)),
        rising_is_good=None,
    ),
)

MEASURES: Mapping[str, Measure] = {measure.key: measure for measure in _ALL}
"""Key → measure."""
