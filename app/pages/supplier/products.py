"""A supplier's products."""

import reflex as rx

from app.kit.i18n import N_
from components.checklist import checklist
from components.lists import list_page
from components.ui import base
from components.ui.text import t
from state.shell import ShellState
from state.supplier.product import WRITE
from state.supplier.products import ProductsState

ROUTE = "/supplier/[merchant]/products"
TITLE = N_("Products")
LOAD = ProductsState.load


def _renew() -> rx.Var[str]:
    """Return what changes whenever a product was made, or something was done with one."""
    state = ProductsState
    return state.total.to_string() + state.asking + state.marks.to_string()


def page() -> rx.Component:
    """Return the page."""
    new = base.link_button(
        t("New product"), ShellState.path + "/products/new", kind="primary", icon_name="plus"
    )
    return list_page(
        ProductsState,
        extra=checklist("supplier", _renew()),
        hint=t("Your products. Push them to the pool, and stores can sell them."),
        head_actions=(rx.cond(ShellState.may.contains(WRITE), new),),
        empty_hint=N_("Create your first product with pictures, specs and prices."),
    )
