"""The distributor's dashboard."""

from typing import ClassVar

import reflex as rx

from app.access import Actor
from app.analytics.dashboards import Dashboard, distributor_dashboard
from app.analytics.periods import Period
from state.dashboards import DashboardState


class DistributorDashboard(DashboardState, rx.State):
    """The figures of a distributor."""

    permission: ClassVar[str] = "distributor:dashboard:read"

    async def _read(self, actor: Actor, period: Period) -> Dashboard:
        return await distributor_dashboard(actor, period)
