"""The distributor's dashboard."""

import reflex as rx

from app.kit.i18n import N_
from components.checklist import checklist
from components.dashboards import dashboard_page
from state.distributor.dashboard import DistributorDashboard

ROUTE = "/distributor/[merchant]/dashboard"
TITLE = N_("Dashboard")
LOAD = DistributorDashboard.load


def page() -> rx.Component:
    """Return the page."""
    return dashboard_page(DistributorDashboard, checklist("distributor"))
