"""One product of the pool: pictures, SKUs, what each would bring, and listing it."""

import reflex as rx

from app.kit.i18n import N_
from components.distributor.pricing import rule_inputs, sku_prices
from components.record import record_page
from components.ui import base
from components.ui.text import ENGLISH, t, titled
from components.unsaved import unsaved
from state.distributor.listing import LISTING_STATUS
from state.distributor.product import ProductState
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/sourcing/[product]"
TITLE = N_("Product")
LOAD = ProductState.load

_State = ProductState


def page() -> rx.Component:
    """Return the page."""
    return record_page(_State, _content(), back=ShellState.path + "/sourcing")


def _title() -> rx.Var[str]:
    return titled(_State.facts["title"], _State.facts["title_en"])  # type: ignore[no-any-return]


def _content() -> rx.Component:
    facts = _State.facts
    return rx.el.div(
        base.page_head(_title(), hint=facts["subtitle"], back=ShellState.path + "/sourcing"),
        rx.cond(
            facts["is_in_pool"] == "",
            base.note(t("This product is no longer in the pool; it cannot be sold."), "bad"),
        ),
        rx.el.form(
            unsaved("list:" + facts["id"]),
            rx.el.div(
                rx.el.div(_gallery(), class_name="stack"),
                rx.el.div(_facts(), _pricing(), class_name="stack"),
                class_name="grid-2",
            ),
            base.card(
                sku_prices(_State, offered=False),
                title=t("Prices and margins"),
                class_name="flush",
            ),
            on_submit=_State.list_it,
            class_name="stack",
        ),
        rx.cond(
            _State.description != "",
            base.card(
                rx.el.div(rx.html(_State.description), class_name="rich"),
                title=t("Description"),
            ),
        ),
        class_name="stack",
    )


def _gallery() -> rx.Component:
    large = rx.cond(_State.chosen != "", "/media/" + _State.chosen + "/960.webp", "/no-picture.svg")
    return base.card(
        rx.el.img(src=large, alt=_title(), class_name="gallery-large"),
        rx.cond(
            _State.pictures.length() > 1,
            rx.el.div(rx.foreach(_State.pictures, _small), class_name="gallery-row"),
        ),
    )


def _small(picture: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.button(
        base.picture(picture["blob_key"], size=56),
        type="button",
        on_click=_State.look(picture["blob_key"]),
        aria_label=t("Show this picture"),
        aria_pressed=_State.chosen == picture["blob_key"],
        class_name="gallery-small",
    )


def _facts() -> rx.Component:
    facts = _State.facts
    return base.card(
        base.facts(
            (t("Supplier"), rx.cond(facts["supplier"] != "", facts["supplier"], "—")),
            (t("Category"), rx.cond(ENGLISH, facts["name_en"], facts["name_zh"])),
            (t("In the pool since"), facts["reviewed_at"]),
            (t("In my stores"), _listed()),
        )
    )


def _listed() -> rx.Component:
    def one(listing: rx.Var[dict[str, str]]) -> rx.Component:
        return rx.link(
            listing["store"],
            base.badge(listing["status"], LISTING_STATUS),
            href=ShellState.path + "/listings/" + listing["id"].to(str),
            class_name="with-badge",
        )

    return rx.cond(
        _State.listings.length() > 0,
        rx.el.span(rx.foreach(_State.listings, one), class_name="two-lines"),
        t("Not listed yet"),
    )


def _pricing() -> rx.Component:
    may = ShellState.may.contains("distributor:listings:write")
    sell = rx.el.button(
        base.icon("store"), rx.el.span(t("List in my store")), type="submit",
        class_name="btn btn-primary", custom_attrs={"data-action": "list", **base.ONCE},
    )  # fmt: skip
    open_one = base.link_button(t("Open a store first"), ShellState.path + "/stores")
    has_store = _State.choices.get("stores", []).length() > 0
    return base.card(
        rule_inputs(_State, with_store=True),
        rx.el.p(t("The rule fills the prices below; change any of them by hand."),
                class_name="help"),
        rx.el.div(rx.cond(may, rx.cond(has_store, sell, open_one)), class_name="foot"),
        title=t("List in my store"),
    )  # fmt: skip
