"""Changes of a record as the audit trail tells them: who, when, old → new."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import (
    ACTOR_SCOPE,
    LISTING_STATUS,
    MERCHANT_STATUS,
    POOL_STATUS,
    PRODUCT_STATUS,
)
from components.ui import base
from components.ui.text import t, word
from state.shell import ShellState

TABLES = (
    ("products", N_("Product")),
    ("skus", N_("SKU")),
    ("supply_prices", N_("Supply price")),
    ("pool_entries", N_("Review")),
    ("merchants", N_("Company")),
    ("merchant_details", N_("Details")),
    ("memberships", N_("Member")),
    ("roles", N_("Role")),
    ("role_permissions", N_("Role")),
    ("stores", N_("Store")),
    ("listings", N_("Listing")),
    ("listing_terms", N_("Pricing of a listing")),
    ("listing_skus", N_("Retail price")),
    ("freight_templates", N_("Freight")),
    ("api_keys", N_("API key")),
)
FIELDS = (
    ("status", N_("Status")),
    ("title", N_("Title")),
    ("title_en", N_("English title")),
    ("subtitle", N_("Subtitle")),
    ("description_html", N_("Description")),
    ("category_id", N_("Category")),
    ("supply_cents", N_("Supply price")),
    ("suggested_retail_cents", N_("Suggested price")),
    ("retail_cents", N_("Retail price")),
    ("floor_cents", N_("Lowest price")),
    ("cap_cents", N_("Highest price")),
    ("is_active", N_("On offer")),
    ("code", N_("Code")),
    ("name", N_("Name")),
    ("review_note", N_("Reason")),
    ("settle_days", N_("Settles after (days)")),
)
"""The columns that people meet most; any other shows by its own name."""

VALUES = tuple(
    dict(
        (*LISTING_STATUS, *PRODUCT_STATUS, *POOL_STATUS, ("OPEN", N_("Open")), *MERCHANT_STATUS)
    ).items()
)
"""What a status was and is; anything else shows as it stands."""


def changes_list(changes: Any, *, title: Any, nothing: str, named: bool = False) -> rx.Component:
    """Return a card with changes, for those who may read the audit trail.

    ``named`` says of which product each is.
    """
    return rx.cond(
        ShellState.may.contains("platform:audit:read"),
        base.card(
            rx.cond(
                changes.length() > 0,
                rx.el.ol(
                    rx.foreach(changes, lambda change: _change(change, named=named)),
                    class_name="timeline",
                ),
                rx.el.p(t(nothing), class_name="soft"),
            ),
            title=title,
        ),
    )


def _change(change: Any, *, named: bool) -> rx.Component:
    about = rx.cond(change.about != "", rx.el.span(" · ", change.about))
    who = rx.cond(change.who != "", change.who, word(change.scope, ACTOR_SCOPE))
    return rx.el.li(
        rx.el.div(
            word(change.table, TABLES),
            about if named else rx.fragment(),
            rx.cond(change.field != "", rx.el.span(" · ", word(change.field, FIELDS))),
            class_name="timeline-text",
        ),
        rx.match(
            change.action,
            ("insert", rx.el.p(t("Added"), " ", change.after, class_name="soft")),
            ("delete", rx.el.p(t("Removed"), " ", change.after, class_name="soft")),
            rx.el.p(
                rx.el.del_(word(change.before, VALUES)),
                rx.el.span(" → ", aria_hidden="true"),
                rx.el.ins(word(change.after, VALUES)),
                class_name="change-diff",
            ),
        ),
        rx.el.span(change.at, " · ", who, class_name="faint num"),
    )
