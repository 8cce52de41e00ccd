"""The supplier's dashboard."""

from typing import ClassVar

import reflex as rx

from app.access import Actor
from app.analytics.dashboards import Dashboard, supplier_dashboard
from app.analytics.periods import Period
from state.dashboards import DashboardState


class SupplierDashboard(DashboardState, rx.State):
    """The figures of a supplier."""

    permission: ClassVar[str] = "supplier:dashboard:read"

    async def _read(self, actor: Actor, period: Period) -> Dashboard:
        return await supplier_dashboard(actor, period)
