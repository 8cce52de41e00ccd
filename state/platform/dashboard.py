"""The platform's dashboard."""

from typing import ClassVar

import reflex as rx

from state.dashboards import DashboardState


class PlatformDashboard(DashboardState, rx.State):
    """The figures of a platform."""

    permission: ClassVar[str] = "platform:dashboard:read"
