"""The platform's roles."""

import reflex as rx

from app.kit.i18n import N_
from components.house.roles import roles_page
from state.platform.house import PlatformRolesState

ROUTE = "/platform/[merchant]/roles"
TITLE = N_("Roles")
LOAD = PlatformRolesState.load


def page() -> rx.Component:
    """Return the page."""
    return roles_page(PlatformRolesState, ("platform",))
