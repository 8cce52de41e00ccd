"""The catalogue's categories."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_, plural
from components.actions import action_button, action_icon
from components.record import record_page
from components.ui import base
from components.ui.text import ENGLISH, t
from state.platform.categories import CategoriesState
from state.shell import ShellState

ROUTE = "/platform/[merchant]/categories"
TITLE = N_("Categories")
LOAD = CategoriesState.load

_PLACED = ("up", "down", "edit", "delete")


def page() -> rx.Component:
    """Return the page."""
    return record_page(
        CategoriesState,
        base.page_head(
            t("Categories"),
            action_button(CategoriesState, "create", "", kind="primary"),
            hint=t("Two levels, in the order in which stores show them."),
        ),
        rx.cond(
            CategoriesState.aisles.length() > 0,
            rx.el.div(rx.foreach(CategoriesState.aisles, _aisle), class_name="grid-2"),
            rx.el.section(
                base.empty(
                    t("No categories yet"),
                    t("Suppliers choose a category for each product."),
                    name="folder-tree",
                ),
                class_name="card list",
            ),
        ),
        back=ShellState.path + "/categories",
    )


def _aisle(aisle: Any) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            _name(aisle, heading=True),
            rx.el.div(
                action_icon(CategoriesState, "below", aisle.id), _icons(aisle), class_name="icons"
            ),
            class_name="card-head",
        ),
        rx.el.ul(rx.foreach(aisle.shelves, _shelf), class_name="shelves"),
        class_name="card flush",
        custom_attrs={"data-category": aisle.slug},
    )


def _shelf(shelf: Any) -> rx.Component:
    return rx.el.li(
        _name(shelf),
        rx.el.div(_icons(shelf), class_name="icons"),
        class_name="row-between",
        custom_attrs={"data-category": shelf.slug},
    )


def _name(category: Any, *, heading: bool = False) -> rx.Component:
    name = rx.cond(ENGLISH, category.name_en, category.name_zh)
    other = rx.cond(ENGLISH, category.name_zh, category.name_en)
    return rx.el.div(
        rx.el.h2(name) if heading else rx.el.span(name),
        rx.el.small(
            other,
            " · ",
            t(plural("%(count)s product", "%(count)s products"), count=category.products),
            class_name="faint",
        ),
        class_name="named",
    )


def _icons(category: Any) -> rx.Component:
    return rx.fragment(*(action_icon(CategoriesState, name, category.id) for name in _PLACED))
