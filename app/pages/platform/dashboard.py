"""The platform's dashboard."""

import reflex as rx

from app.kit.i18n import N_
from components.checklist import checklist
from components.dashboards import dashboard_page
from state.platform.dashboard import PlatformDashboard

ROUTE = "/platform/[merchant]/dashboard"
TITLE = N_("Dashboard")
LOAD = PlatformDashboard.load


def page() -> rx.Component:
    """Return the page."""
    return dashboard_page(PlatformDashboard, checklist("platform"))
