"""One import: the wizard while it is prepared, its report when it is over."""

import reflex as rx

from app.kit.i18n import N_
from components.platform.imports import wizard
from components.record import here, record_page
from state.platform.imports import ImportState

ROUTE = "/platform/[merchant]/imports/[run]"
TITLE = N_("Data import")
LOAD = ImportState.load_all


def page() -> rx.Component:
    """Return the page."""
    return record_page(ImportState, *wizard(), back=here("imports"))
