"""Imports of another marketplace's history."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.platform.imports import ImportsState

ROUTE = "/platform/[merchant]/imports"
TITLE = N_("Data import")
LOAD = ImportsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        ImportsState,
        hint=t("Import another marketplace's history: merchants, products, orders and payments."),
        empty_hint=N_("A new import checks its files first and writes nothing until you confirm."),
    )
