"""The dashboards: which tiles and panels each capacity has, all made as the actor.

``open_dashboard`` is the only door. Panels are made side by side; each shows only to those who may
see all its measures (see ``measures``), and obeys the view's filters as far as its measures know
them. Whoever opens a dashboard while a colleague's is being made gets the same one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from app.access import Actor, Scope
from app.analytics import snapshots
from app.analytics.dashboards import customers, merchants, oddities, stages, supply, traffic
from app.analytics.dashboards.desk import Desk
from app.analytics.dashboards.model import Dashboard, Tile, Todo
from app.analytics.dashboards.shapes import bars, ranking, trend
from app.analytics.dashboards.tiles import tiles, todos
from app.analytics.results import Panel
from app.analytics.sharing import Key, Shared, whom
from app.analytics.views import View
from app.kit.errors import Forbidden
from app.kit.i18n import N_

__all__ = [
    "Dashboard",
    "Panel",
    "Tile",
    "Todo",
    "open_dashboard",
    "open_figures",
    "open_panel",
    "open_panels",
]

MakePanel = Callable[[Desk], Awaitable[Panel | None]]


@dataclass(frozen=True)
class _Plan:
    """What a scope's dashboard is made of, in the order in which it is shown."""

    tiles: tuple[str, ...]
    panels: Mapping[str, MakePanel]
    """By the panels' names, so that one can be made alone."""
    todos: tuple[str, ...]


def _trend(measure: str, title: str, *, name: str = "", wide: bool = True) -> MakePanel:
    async def make(desk: Desk) -> Panel | None:
        if not desk.sees(measure):
            return None
        return await trend(desk, measure, title, name=name, wide=wide)

    return make


def _bars(measure: str, dimension: str, title: str) -> MakePanel:
    async def make(desk: Desk) -> Panel | None:
        return await bars(desk, measure, dimension, title) if desk.sees(measure) else None

    return make


def _ranking(dimension: str, title: str, *measures: str) -> MakePanel:
    async def make(desk: Desk) -> Panel | None:
        return await ranking(desk, dimension, measures, title) if desk.sees(*measures) else None

    return make


_PLANS: Mapping[Scope, _Plan] = {
    Scope.PLATFORM: _Plan(
        tiles=(
            "gmv_paid",
            "paid_orders",
            "average_order",
            "take",
            "refunds",
            "gmv_placed",
            "visitors",
            "conversion",
            "new_customers",
            "repeat_rate",
        ),
        panels={
            "sales": _trend("gmv_paid", N_("Sales"), name="sales"),
            "anomalies": oddities.oddities,
            "funnel": stages.visit_funnel,
            "progress": stages.order_progress,
            "category": _bars("goods_sales", "category", N_("Top categories")),
            "province": _bars("gmv_paid", "province", N_("Top regions")),
            "suppliers": _ranking("supplier", N_("Top suppliers"), "gmv_paid", "paid_orders",
                                  "return_rate"),
            "distributors": _ranking("distributor", N_("Top distributors"), "gmv_paid",
                                     "paid_orders", "average_order"),
            "product": _bars("goods_sales", "product", N_("Top products")),
            "segments": customers.segments,
            "cohorts": customers.cohorts,
            "new_merchants": merchants.new_merchants,
            "settlement": merchants.settlement,
            "take": _trend("take", N_("Platform take"), wide=False),
        },
        todos=("merchants_to_review", "products_to_review"),
    ),
    Scope.SUPPLIER: _Plan(
        tiles=(
            "supply_sales",
            "paid_parts",
            "units_sold",
            "on_time",
            "supply_return_rate",
            "rating",
            "balance_pending",
            "balance_available",
        ),
        panels={
            "sales": _trend("supply_sales", N_("Sales"), name="sales"),
            "forecast": supply.outlook,
            "progress": stages.part_progress,
            "products": _ranking("product", N_("Top products"), "supply_sales", "units_sold"),
            "stock": supply.stock_cover,
            "stores": _ranking("store", N_("Top stores"), "supply_sales", "paid_parts"),
            "service": supply.service_level,
            "category": _bars("supply_sales", "category", N_("Top categories")),
            "province": _bars("supply_sales", "province", N_("Top regions")),
        },
        todos=("to_accept", "to_ship", "overdue", "low_stock"),
    ),
    Scope.DISTRIBUTOR: _Plan(
        tiles=(
            "store_sales",
            "margin",
            "paid_orders",
            "average_order",
            "conversion",
            "visitors",
            "store_refunds",
            "new_customers",
            "repeat_rate",
            "balance_pending",
            "balance_available",
        ),
        panels={
            "sales": _trend("store_sales", N_("Sales"), name="sales"),
            "margin": _trend("margin", N_("Margin earned"), wide=False),
            "customers": customers.new_and_returning,
            "funnel": stages.visit_funnel,
            "progress": stages.order_progress,
            "products": _ranking("product", N_("Top products"), "goods_sales", "units_sold",
                                 "line_margin"),
            "category": _bars("goods_sales", "category", N_("Top categories")),
            "supplier": _bars("goods_sales", "supplier", N_("Top suppliers")),
            "province": _bars("store_sales", "province", N_("Top regions")),
            "sources": traffic.sources,
            "campaigns": traffic.campaigns,
            "segments": customers.segments,
            "cohorts": customers.cohorts,
        },
        todos=("needs_reprice",),
    ),
}  # fmt: skip


def makers(scope: Scope) -> tuple[tuple[str, ...], tuple[MakePanel, ...]]:
    """Return a scope's tiles and what makes its panels, to measure them one by one."""
    return _PLANS[scope].tiles, tuple(_PLANS[scope].panels.values())


async def open_dashboard(actor: Actor, view: View) -> Dashboard:
    """Return the dashboard of the capacity in which the actor acts.

    A supplier's figures are at supply prices; retail amounts are never among them. Raises
    Forbidden without ``<scope>:dashboard:read``, or where a merchant's actor has no merchant.
    """
    with snapshots.one_snapshot():
        figures, panels = await asyncio.gather(open_figures(actor, view), open_panels(actor, view))
    return replace(figures, panels=panels)


async def open_figures(actor: Actor, view: View) -> Dashboard:
    """Return the dashboard without its panels: what is there first, and what is read again.

    Raises Forbidden as ``open_dashboard`` does.
    """
    plan = _plan(actor)
    desk = Desk.of(actor, view)

    async def make() -> _Figures:
        return await asyncio.gather(tiles(desk, plan.tiles), todos(desk, plan.todos))

    with snapshots.one_snapshot():
        shown, waiting = await _figures.once(_key(desk), make)
        closed = snapshots.closed_through()
    return Dashboard(actor.scope, desk.view, shown, (), waiting, view.period.at, closed)


_Figures = tuple[tuple[Tile, ...], tuple[Todo, ...]]
_figures: Shared[_Figures] = Shared(longest=0)
_panels: Shared[tuple[Panel, ...]] = Shared(longest=0)


def _key(desk: Desk) -> Key:
    """Name all on which figures and panels depend."""
    view = desk.view
    moments = (snapshots.refreshed_at(), view.period.minute)
    return (*whom(desk.actor), *moments, view.comparison, *view.rows_key)


async def open_panels(actor: Actor, view: View) -> tuple[Panel, ...]:
    """Return the panels alone. Raises Forbidden as ``open_dashboard`` does."""
    plan = _plan(actor)
    desk = Desk.of(actor, view)

    async def make_all() -> tuple[Panel, ...]:
        panels = await asyncio.gather(*(make(desk) for make in plan.panels.values()))
        return tuple(panel for panel in panels if panel is not None)

    with snapshots.one_snapshot():
        return await _panels.once(_key(desk), make_all)


async def open_panel(actor: Actor, view: View, name: str) -> Dashboard:
    """Return the dashboard with that panel alone, and without any where the actor has it not.

    Raises Forbidden as ``open_dashboard`` does.
    """
    make = _plan(actor).panels.get(name)
    desk = Desk.of(actor, view)
    with snapshots.one_snapshot():
        panel = await make(desk) if make is not None else None
        closed = snapshots.closed_through()
    panels = (panel,) if panel is not None else ()
    return Dashboard(actor.scope, desk.view, (), panels, (), view.period.at, closed)


def _plan(actor: Actor) -> _Plan:
    plan = _PLANS.get(actor.scope)
    if plan is None:
        raise Forbidden()
    actor.require(f"{actor.scope}:dashboard:read")
    if actor.scope is not Scope.PLATFORM and actor.merchant_id is None:
        raise Forbidden()
    return plan
