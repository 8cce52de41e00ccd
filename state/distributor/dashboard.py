"""The distributor's dashboard."""

from typing import ClassVar

import reflex as rx

from state.dashboards import DashboardState


class DistributorDashboard(DashboardState, rx.State):
    """The figures of a distributor."""

    permission: ClassVar[str] = "distributor:dashboard:read"
