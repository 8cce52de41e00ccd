"""One product under review."""

import reflex as rx

from app.kit.i18n import N_
from components.platform import product
from components.record import here, record_page
from state.platform.products import ProductState

ROUTE = "/platform/[merchant]/products/[product]"
TITLE = N_("Product")
LOAD = ProductState.load


def page() -> rx.Component:
    """Return the page."""
    return record_page(
        ProductState,
        product.head(),
        product.verdict(),
        rx.el.div(
            rx.el.div(product.pictures(), product.skus(), product.texts(), class_name="stack"),
            rx.el.div(product.facts(), product.similar(), product.history(), class_name="stack"),
            class_name="columns",
        ),
        back=here("products"),
    )
