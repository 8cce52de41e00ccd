"""The distributor's roles."""

import reflex as rx

from app.kit.i18n import N_
from components.house.roles import roles_page
from state.distributor.house import DistributorRolesState

ROUTE = "/distributor/[merchant]/roles"
TITLE = N_("Roles")
LOAD = DistributorRolesState.load


def page() -> rx.Component:
    """Return the page."""
    return roles_page(DistributorRolesState, ("supplier", "distributor"))
