"""The ways between a supplier's shares, postings and statement."""

import reflex as rx

from app.kit.i18n import N_
from components.house import money

_PAGES = (
    ("ledger", N_("Shares")),
    ("ledger/postings", N_("Postings")),
    ("ledger/statement", N_("Statement")),
)


def money_tabs(here: str) -> rx.Component:
    """Return the links between the pages about money."""
    return money.money_tabs(_PAGES, here)
