"""The platform's audit trail."""

import reflex as rx

from app.kit.i18n import N_
from components.house.audit import audit_page
from state.platform.house import PlatformAuditState

ROUTE = "/platform/[merchant]/audit"
TITLE = N_("Audit trail")
LOAD = PlatformAuditState.load


def page() -> rx.Component:
    """Return the page."""
    return audit_page(PlatformAuditState)
