"""The supplier's audit trail."""

import reflex as rx

from app.kit.i18n import N_
from components.house.audit import audit_page
from state.supplier.house import SupplierAuditState

ROUTE = "/supplier/[merchant]/audit"
TITLE = N_("Audit trail")
LOAD = SupplierAuditState.load


def page() -> rx.Component:
    """Return the page."""
    return audit_page(SupplierAuditState)
