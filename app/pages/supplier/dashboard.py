"""The supplier's dashboard."""

import reflex as rx

from app.kit.i18n import N_
from components.checklist import checklist
from components.dashboards import dashboard_page
from state.supplier.dashboard import SupplierDashboard

ROUTE = "/supplier/[merchant]/dashboard"
TITLE = N_("Dashboard")
LOAD = SupplierDashboard.load


def page() -> rx.Component:
    """Return the page."""
    return dashboard_page(SupplierDashboard, checklist("supplier"))
