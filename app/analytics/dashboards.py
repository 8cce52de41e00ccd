"""The three dashboards: one public function each, three statements each, as the actor."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.access import Actor, Scope
from app.analytics import statements as sql
from app.analytics.frames import Amount, Flows, Series, aggregate, change_bps, ratio
from app.analytics.measures import MEASURES, Leads, Link, Measure
from app.analytics.periods import Period
from app.kit.db import database
from app.kit.errors import Forbidden
from app.kit.i18n import N_


@dataclass(frozen=True)
class Tile:
    """One figure. ``value`` and ``previous`` are in the measure's unit; None means undefined."""

    measure: str
    value: int | None
    previous: int | None = None
    change_bps: int | None = None
    series: Series = ()
    """For a sparkline; empty for a balance."""
    link: Link | None = None

    @property
    def definition(self) -> Measure:
        """The measure's name, formula and unit."""
        return MEASURES[self.measure]


@dataclass(frozen=True)
class Trend:
    """A measure over the period, next to its comparison (whose last day is whole)."""

    measure: str
    values: Series
    before: tuple[int, ...]


@dataclass(frozen=True)
class Share:
    """One bar: cents and units of a product, category, store or supplier; no key for the rest."""

    key: str | None
    label: str
    label_en: str
    cents: int
    count: int
    share_bps: int
    link: Link | None = None


@dataclass(frozen=True)
class Breakdown:
    """Who or what made up the period's sales, the largest first, the rest last."""

    key: str
    title: str
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Stage:
    """One stage of the funnel: how many orders of the period have got so far."""

    key: str
    label: str
    count: int
    link: Link | None = None


@dataclass(frozen=True)
class Todo:
    """Work that waits, and where it is done."""

    measure: str
    count: int
    link: Link | None

    @property
    def definition(self) -> Measure:
        """The measure's name and formula."""
        return MEASURES[self.measure]


@dataclass(frozen=True)
class Dashboard:
    """All that a dashboard shows; names and titles are gettext message ids."""

    scope: Scope
    period: Period
    tiles: tuple[Tile, ...]
    trends: tuple[Trend, ...]
    breakdowns: tuple[Breakdown, ...]
    funnel: tuple[Stage, ...]
    todos: tuple[Todo, ...]
    refreshed_at: datetime

    def tile(self, measure: str) -> Tile:
        """Return the tile of a measure. Raises KeyError where the actor may not see it."""
        for tile in self.tiles:
            if tile.measure == measure:
                return tile
        raise KeyError(measure)


Read = Callable[[Amount], int]
_CENTS: Read = lambda amount: amount.cents  # noqa: E731
_COUNT: Read = lambda amount: amount.count  # noqa: E731


@dataclass(frozen=True)
class _Of:
    """How a measure is computed: one fact, or the quotient of two."""

    fact: str
    read: Read = _CENTS
    per: tuple[str, Read] | None = None
    scale: int = 1

    def value(self, at: Callable[[str], Amount]) -> int | None:
        part = self.read(at(self.fact))
        if self.per is None:
            return part
        fact, read = self.per
        return ratio(part, read(at(fact)), self.scale)


_RECIPES: Mapping[str, _Of] = {
    "gmv_placed": _Of("placed"),
    "gmv_paid": _Of("paid"),
    "paid_orders": _Of("paid", _COUNT),
    "average_order": _Of("paid", _CENTS, ("paid", _COUNT)),
    "take": _Of("commission"),
    "refunds": _Of("refunded"),
    "supply_sales": _Of("sold"),
    "units_sold": _Of("sold", _COUNT),
    "paid_parts": _Of("parts", _COUNT),
    "store_sales": _Of("paid"),
    "margin": _Of("margin"),
    "store_refunds": _Of("refunded"),
    "conversion": _Of("paid", _COUNT, ("visits", _COUNT), 10_000),
    "visitors": _Of("visits", _COUNT),
}
"""Measure → how the flows give it."""


@dataclass(frozen=True)
class _Plan:
    """What a scope's dashboard is made of."""

    flows: tuple[sql.Flow, ...]
    shares: str
    standing: Mapping[str, str]
    tiles: tuple[str, ...]
    trends: tuple[str, ...]
    todos: tuple[str, ...]
    breakdowns: Mapping[str, str]
    funnel_fact: str
    funnel: tuple[tuple[str, str, frozenset[str] | None], ...]
    """(key, label, statuses that have got so far or None for all)."""
    shares_need: str
    """The measure whose permission the breakdowns and the funnel need."""


_DONE = frozenset({"COMPLETED"})
_HERE = _DONE | {"RECEIVED"}
_SENT = _HERE | {"SHIPPED", "PARTLY_SHIPPED"}
_ORDER_FUNNEL: tuple[tuple[str, str, frozenset[str] | None], ...] = (
    ("placed", N_("Placed"), None),
    ("paid", N_("Paid"), _SENT | {"PAID", "REFUNDED"}),
    ("shipped", N_("Shipped"), _SENT),
    ("received", N_("Received"), _HERE),
    ("completed", N_("Completed"), _DONE),
)
_PART_FUNNEL: tuple[tuple[str, str, frozenset[str] | None], ...] = (
    ("paid", N_("Paid"), None),
    ("accepted", N_("Accepted"), _SENT | {"ACCEPTED"}),
    ("shipped", N_("Shipped"), _SENT),
    ("received", N_("Received"), _HERE),
    ("completed", N_("Completed"), _DONE),
)
_TOP = {
    "product": N_("Top products"),
    "category": N_("Top categories"),
    "store": N_("Top stores"),
    "supplier": N_("Top suppliers"),
}

_PLANS: Mapping[Scope, _Plan] = {
    Scope.PLATFORM: _Plan(
        sql.PLATFORM_FLOWS,
        sql.PLATFORM_SHARES,
        sql.PLATFORM_STANDING,
        tiles=("gmv_paid", "paid_orders", "average_order", "take", "refunds", "gmv_placed"),
        trends=("gmv_paid", "paid_orders", "take"),
        todos=("merchants_to_review", "products_to_review"),
        breakdowns=_TOP,
        funnel_fact="placed",
        funnel=_ORDER_FUNNEL,
        shares_need="gmv_paid",
    ),
    Scope.SUPPLIER: _Plan(
        sql.SUPPLIER_FLOWS,
        sql.SUPPLIER_SHARES,
        sql.SUPPLIER_STANDING,
        tiles=("supply_sales", "paid_parts", "units_sold", "balance_pending", "balance_available"),
        trends=("supply_sales", "paid_parts"),
        todos=("to_accept", "to_ship", "overdue", "low_stock"),
        breakdowns={key: _TOP[key] for key in ("product", "category", "store")},
        funnel_fact="parts",
        funnel=_PART_FUNNEL,
        shares_need="supply_sales",
    ),
    Scope.DISTRIBUTOR: _Plan(
        sql.DISTRIBUTOR_FLOWS,
        sql.DISTRIBUTOR_SHARES,
        sql.DISTRIBUTOR_STANDING,
        tiles=(
            "store_sales",
            "margin",
            "paid_orders",
            "average_order",
            "conversion",
            "visitors",
            "store_refunds",
            "balance_pending",
            "balance_available",
        ),
        trends=("store_sales", "margin", "visitors"),
        todos=("needs_reprice",),
        breakdowns={key: _TOP[key] for key in ("product", "category", "supplier")},
        funnel_fact="placed",
        funnel=_ORDER_FUNNEL,
        shares_need="store_sales",
    ),
}


async def platform_dashboard(actor: Actor, period: Period) -> Dashboard:
    """Return the platform's figures. Raises Forbidden without ``platform:dashboard:read``."""
    return await _dashboard(Scope.PLATFORM, actor, period)


async def supplier_dashboard(actor: Actor, period: Period) -> Dashboard:
    """Return a supplier's figures, at supply prices; retail amounts are never among them.

    Raises Forbidden without ``supplier:dashboard:read``.
    """
    return await _dashboard(Scope.SUPPLIER, actor, period)


async def distributor_dashboard(actor: Actor, period: Period) -> Dashboard:
    """Return a distributor's figures. Raises Forbidden without ``distributor:dashboard:read``."""
    return await _dashboard(Scope.DISTRIBUTOR, actor, period)


async def _dashboard(scope: Scope, actor: Actor, period: Period) -> Dashboard:
    actor.require(f"{scope}:dashboard:read")
    if scope is not Scope.PLATFORM and actor.merchant_id is None:
        raise Forbidden()
    plan = _PLANS[scope]
    flow_rows, share_rows, standing = await _read(plan, actor, period)
    flows = await asyncio.to_thread(aggregate, period, flow_rows)
    sees_sales = MEASURES[plan.shares_need].shown_to(actor)
    return Dashboard(
        scope,
        period,
        tiles=tuple(_tiles(plan, actor, flows, standing)),
        trends=tuple(_trend(key, flows) for key in plan.trends if MEASURES[key].shown_to(actor)),
        breakdowns=_breakdowns(plan, actor, period, share_rows) if sees_sales else (),
        funnel=_funnel(plan, actor, flows) if sees_sales else (),
        todos=tuple(
            Todo(key, standing[key], MEASURES[key].leads.link(actor, period))
            for key in plan.todos
            if key in standing
        ),
        refreshed_at=period.at,
    )


_SUMMED = ("orders", "payments", "ledger", "products", "merchants")


def _reader(actor: Actor) -> Actor:
    """Return whom the sums are read as.

    Row-level security shows the platform's rows by the permission of each table. Who holds
    ``platform:analytics:read`` may see sums over rows that it may not open, and nothing but sums
    leaves this module.
    """
    if not actor.may("platform:analytics:read"):
        return actor
    sums = frozenset(f"platform:{resource}:read" for resource in _SUMMED)
    return replace(actor, permissions=actor.permissions | sums)


async def _read(
    plan: _Plan, actor: Actor, period: Period
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], dict[str, int]]:
    flows = _permitted_flows(plan, actor)
    standing = {key: s for key, s in plan.standing.items() if MEASURES[key].shown_to(actor)}
    params = _params(actor, period)
    async with database().transaction(_reader(actor)) as session:

        async def rows(statement: str) -> list[tuple[Any, ...]]:
            used = {name: value for name, value in params.items() if f":{name}" in statement}
            return [tuple(row) for row in await session.execute(text(statement), used)]

        flow_rows = await rows(sql.flows_sql(flows, hourly=period.is_hourly)) if flows else []
        wanted = MEASURES[plan.shares_need].shown_to(actor)
        share_rows = await rows(plan.shares) if wanted else []
        values = await rows(sql.standing_sql(standing)) if standing else []
    return flow_rows, share_rows, {fact: int(value) for fact, value in values}


def _permitted_flows(plan: _Plan, actor: Actor) -> list[sql.Flow]:
    shown = [key for key in (*plan.tiles, *plan.trends) if MEASURES[key].shown_to(actor)]
    recipes = [_RECIPES[key] for key in shown if key in _RECIPES]
    facts = {recipe.fact for recipe in recipes} | {r.per[0] for r in recipes if r.per}
    if MEASURES[plan.shares_need].shown_to(actor):
        facts.add(plan.funnel_fact)
    return [flow for flow in plan.flows if flow.fact in facts]


def _params(actor: Actor, period: Period) -> dict[str, Any]:
    return {
        "merchant": actor.merchant_id,
        "start": period.start,
        "until": period.until,
        "before_start": period.before_start,
        "before_end": period.before_end,
        "before_until": period.before_until,
        "at": period.at,
    }


def _tiles(plan: _Plan, actor: Actor, flows: Flows, standing: Mapping[str, int]) -> Sequence[Tile]:
    return [
        _standing_tile(key, actor, flows.period, standing)
        if key not in _RECIPES
        else _flow_tile(key, actor, flows)
        for key in plan.tiles
        if MEASURES[key].shown_to(actor)
    ]


def _standing_tile(key: str, actor: Actor, period: Period, standing: Mapping[str, int]) -> Tile:
    return Tile(key, standing[key], link=MEASURES[key].leads.link(actor, period))


def _flow_tile(key: str, actor: Actor, flows: Flows) -> Tile:
    recipe = _RECIPES[key]
    value, previous = recipe.value(flows.total), recipe.value(flows.total_before)
    link = MEASURES[key].leads.link(actor, flows.period)
    return Tile(key, value, previous, change_bps(value, previous), _series(recipe, flows), link)


def _series(recipe: _Of, flows: Flows) -> Series:
    parts = flows.series(recipe.fact)
    wholes = flows.series(recipe.per[0]) if recipe.per else parts
    facts = (recipe.fact, recipe.per[0] if recipe.per else recipe.fact)
    return tuple(
        None
        if part is None or whole is None
        # A day without a whole has no quotient; a line has to pass somewhere, so it is zero.
        else recipe.value(dict(zip(facts, (part, whole), strict=True)).__getitem__) or 0
        for part, whole in zip(parts, wholes, strict=True)
    )


def _trend(key: str, flows: Flows) -> Trend:
    recipe = _RECIPES[key]
    before = tuple(recipe.read(amount) for amount in flows.series_before(recipe.fact))
    return Trend(key, _series(recipe, flows), before)


def _breakdowns(
    plan: _Plan, actor: Actor, period: Period, rows: Sequence[Sequence[Any]]
) -> tuple[Breakdown, ...]:
    found: list[Breakdown] = []
    for dim, title in plan.breakdowns.items():
        mine = sorted((r for r in rows if r[0] == dim), key=lambda r: (r[1] is None, -r[4], r[1]))
        whole = sum(row[4] for row in mine)
        shares = tuple(_share(dim, actor, period, row, whole) for row in mine)
        found.append(Breakdown(dim, title, shares))
    return tuple(found)


_REST = N_("Others")


def _share(dim: str, actor: Actor, period: Period, row: Sequence[Any], whole: int) -> Share:
    _, key, label, label_en, cents, count = row
    link = Leads("orders", "orders", dates="paid").link(actor, period, (dim, key or ""))
    return Share(
        key,
        label if key else _REST,
        (label_en or label) if key else _REST,
        cents,
        count,
        ratio(cents, whole, 10_000) or 0,
        link if key else None,
    )


def _funnel(plan: _Plan, actor: Actor, flows: Flows) -> tuple[Stage, ...]:
    counts = flows.by_dim(plan.funnel_fact)
    dates = "placed" if plan.funnel_fact == "placed" else "paid"
    return tuple(
        Stage(
            key,
            label,
            sum(n for status, n in counts.items() if reached is None or status in reached),
            Leads("orders", "orders", dates=dates).link(actor, flows.period, ("reached", key)),
        )
        for key, label, reached in plan.funnel
    )
