"""The distributor's audit trail."""

import reflex as rx

from app.kit.i18n import N_
from components.house.audit import audit_page
from state.distributor.house import DistributorAuditState

ROUTE = "/distributor/[merchant]/audit"
TITLE = N_("Audit trail")
LOAD = DistributorAuditState.load


def page() -> rx.Component:
    """Return the page."""
    return audit_page(DistributorAuditState)
