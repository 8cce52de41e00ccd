"""One SKU's stock."""

import reflex as rx

from app.kit.i18n import N_
from components.supplier.stock import sku_stock_page
from state.supplier.stock import SkuStockState

ROUTE = "/supplier/[merchant]/stock/[sku]"
TITLE = N_("Stock")
LOAD = SkuStockState.load


def page() -> rx.Component:
    """Return the page."""
    return sku_stock_page()
