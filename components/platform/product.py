"""The parts of a product's review."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import MERCHANT_STATUS, POOL_STATUS, PRODUCT_STATUS
from components.actions import action_button
from components.house.audit import history_link
from components.platform.changes import changes_list
from components.record import here
from components.ui import base
from components.ui.links import outside_link
from components.ui.tables import Cell, small_table
from components.ui.text import ENGLISH, t, titled, word
from state.platform.products import ProductState

product = ProductState.product


def head() -> rx.Component:
    """Return the title, where it stands, and the verdicts."""
    waits = product.status == "SUBMITTED"
    return base.page_head(
        rx.el.span(
            titled(product.title, product.title_en),
            " ",
            base.badge(product.status, POOL_STATUS),
            class_name="titled",
        ),
        history_link("platform", product.id),
        action_button(ProductState, "refuse", product.id, kind="plain", fits=waits),
        action_button(ProductState, "approve", product.id, kind="primary", fits=waits),
        hint=rx.cond(ENGLISH, product.title, product.title_en),
        back=here("products"),
    )


def verdict() -> rx.Component:
    """Return what was said at the last review."""
    return rx.fragment(
        rx.cond(
            product.note != "",
            base.note(t("Refused: %(note)s", note=product.note), "bad"),
        ),
        rx.cond(
            (product.supplier_status != "ACTIVE") & (product.supplier_status != ""),
            base.note(t("Its supplier is not active, so no store can sell it."), "warn"),
        ),
    )


def pictures() -> rx.Component:
    """Return all pictures at once: a reviewer looks at each."""
    return base.card(
        rx.cond(
            product.pictures.length() > 0,
            rx.el.div(
                rx.foreach(
                    product.pictures,
                    lambda picture: outside_link(
                        rx.el.img(
                            src="/media/" + picture["key"] + "/480.webp",
                            alt=picture["alt"],
                            loading="lazy",
                        ),
                        href="/media/" + picture["key"] + "/960.webp",
                        new_tab=True,
                        aria_label=t("Open the picture"),
                    ),
                ),
                class_name="pictures",
            ),
            rx.el.p(t("No picture."), class_name="soft"),
        ),
        title=t("Pictures"),
    )


def texts() -> rx.Component:
    """Return the supplier's texts as a shopper reads them; the HTML was cleaned when saved."""
    return base.card(
        rx.cond(product.subtitle != "", rx.el.p(product.subtitle, class_name="soft")),
        rx.cond(
            product.html != "",
            rx.html(product.html, class_name="rich-text"),
            rx.el.p(t("No description."), class_name="soft"),
        ),
        title=t("Description"),
    )


def skus() -> rx.Component:
    """Return the variants with prices and stock."""
    return base.card(
        small_table(
            [
                Cell(t("SKU"), _sku, "c-title"),
                Cell(t("Supply price"), lambda sku: sku.supply, "right num"),
                Cell(t("Suggested price"), lambda sku: sku.suggested, "right num"),
                Cell(t("Margin rate"), lambda sku: sku.margin, "right num"),
                Cell(t("Price band"), lambda sku: sku.band, "right num"),
                Cell(t("On hand"), lambda sku: sku.on_hand, "right num"),
                Cell(t("For sale"), lambda sku: sku.available, "right num"),
            ],
            product.skus,
        ),
        title=t("SKUs, prices and stock"),
        class_name="flush",
    )


def _sku(sku: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(sku.spec != "", sku.spec, sku.code),
        rx.el.p(
            rx.cond(sku.spec != "", sku.code, ""),
            rx.cond(sku.active, "", rx.el.span(" ", t("switched off"))),
            class_name="faint",
        ),
    )


def facts() -> rx.Component:
    """Return what a reviewer wants to know beside the texts."""
    supplier = rx.link(
        product.supplier, href=here("merchants/", product.supplier_code), class_name="cell-link"
    )
    category = rx.cond(
        ENGLISH,
        rx.el.span(product.parent_en, " / ", product.category_en),
        rx.el.span(product.parent_zh, " / ", product.category_zh),
    )
    return base.card(
        base.facts(
            (t("Supplier"), rx.el.span(
                supplier, " ",
                rx.cond(product.supplier_status != "ACTIVE",
                        base.badge(product.supplier_status, MERCHANT_STATUS)))),
            (t("Category"), category),
            (t("Supplier's status"), word(product.offered, PRODUCT_STATUS)),
            (t("Submitted"), product.submitted_at),
            (t("Reviewed"), rx.cond(product.reviewed_at != "", product.reviewed_at, "–")),
            (t("Reviewed by"), rx.cond(product.reviewer != "", product.reviewer, "–")),
            (t("Listings"), product.listings),
            (t("Sold"), product.sold),
        ),
        title=t("Facts"),
    )  # fmt: skip


def similar() -> rx.Component:
    """Return products of the pool that are most like it, so that doubles are noticed."""
    return rx.cond(
        product.similar.length() > 0,
        base.card(
            rx.foreach(
                product.similar,
                lambda other: rx.el.div(
                    rx.el.div(
                        rx.link(other["title"], href=here("products/", other["id"]),
                                class_name="cell-link"),
                        rx.el.p(other["supplier"], class_name="faint"),
                    ),
                    rx.el.span(other["supply"], class_name="num"),
                    class_name="row-between entry",
                ),
            ),
            title=t("Similar products in the pool"),
        ),
    )  # fmt: skip


def history() -> rx.Component:
    """Return what was changed, old → new."""
    return changes_list(
        product.changes,
        title=t("Changes and reviews"),
        nothing=N_("No changes since it was created."),
    )
