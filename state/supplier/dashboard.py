"""The supplier's dashboard."""

from typing import ClassVar

import reflex as rx

from state.dashboards import DashboardState


class SupplierDashboard(DashboardState, rx.State):
    """The figures of a supplier."""

    permission: ClassVar[str] = "supplier:dashboard:read"
