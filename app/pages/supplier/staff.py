"""The supplier's staff."""

import reflex as rx

from app.kit.i18n import N_
from components.house.staff import staff_page
from state.supplier.house import SupplierStaffState

ROUTE = "/supplier/[merchant]/staff"
TITLE = N_("Staff")
LOAD = SupplierStaffState.load


def page() -> rx.Component:
    """Return the page."""
    return staff_page(SupplierStaffState)
