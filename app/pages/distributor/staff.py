"""The distributor's staff."""

import reflex as rx

from app.kit.i18n import N_
from components.house.staff import staff_page
from state.distributor.house import DistributorStaffState

ROUTE = "/distributor/[merchant]/staff"
TITLE = N_("Staff")
LOAD = DistributorStaffState.load


def page() -> rx.Component:
    """Return the page."""
    return staff_page(DistributorStaffState)
