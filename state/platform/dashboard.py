"""The platform's dashboard."""

from typing import ClassVar

import reflex as rx

from app.access import Actor
from app.analytics.dashboards import Dashboard, platform_dashboard
from app.analytics.periods import Period
from state.dashboards import DashboardState


class PlatformDashboard(DashboardState, rx.State):
    """The figures of a platform."""

    permission: ClassVar[str] = "platform:dashboard:read"

    async def _read(self, actor: Actor, period: Period) -> Dashboard:
        return await platform_dashboard(actor, period)
