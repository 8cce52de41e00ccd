"""The platform's staff."""

import reflex as rx

from app.kit.i18n import N_
from components.house.staff import staff_page
from state.platform.house import PlatformStaffState

ROUTE = "/platform/[merchant]/staff"
TITLE = N_("Staff")
LOAD = PlatformStaffState.load


def page() -> rx.Component:
    """Return the page."""
    return staff_page(PlatformStaffState)
