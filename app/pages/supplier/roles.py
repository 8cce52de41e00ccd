"""The supplier's roles."""

import reflex as rx

from app.kit.i18n import N_
from components.house.roles import roles_page
from state.supplier.house import SupplierRolesState

ROUTE = "/supplier/[merchant]/roles"
TITLE = N_("Roles")
LOAD = SupplierRolesState.load


def page() -> rx.Component:
    """Return the page."""
    return roles_page(SupplierRolesState, ("supplier", "distributor"))
