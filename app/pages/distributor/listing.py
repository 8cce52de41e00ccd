"""One listing: prices by hand, title, and its history."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.distributor.pricing import sku_prices
from components.house.audit import history_link
from components.record import record_page
from components.ui import base, forms
from components.ui.links import outside_link
from components.ui.text import t, titled, word
from components.unsaved import unsaved
from state.distributor.listing import (
    CHANGE_OUTCOME,
    COST_POLICY,
    HISTORY,
    LISTING_STATUS,
    VALUES,
    ListingState,
)
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/listings/[listing]"
TITLE = N_("Listing")
LOAD = ListingState.load

_State = ListingState


def page() -> rx.Component:
    """Return the page."""
    return record_page(_State, _content(), back=ShellState.path + "/listings")


def _may(shown: rx.Component) -> rx.Component:
    allowed = ShellState.may.contains("distributor:listings:write")
    return rx.fragment(rx.cond(allowed, shown))


def _content() -> rx.Component:
    facts = _State.facts
    title = rx.cond(
        facts["title_override"] != "",
        facts["title_override"],
        titled(facts["title"], facts["title_en"]),
    )
    return rx.el.div(
        base.page_head(title, *_head_actions(), back=ShellState.path + "/listings"),
        _warnings(),
        rx.el.div(
            rx.el.div(_prices(), _history(), class_name="stack"),
            rx.el.div(_facts(), _may(_texts()), class_name="stack"),
            class_name="columns",
        ),
        class_name="stack",
    )


def _head_actions() -> list[rx.Component]:
    facts = _State.facts
    return [
        history_link("distributor", facts["id"]),
        rx.cond(
            facts["is_on_shelf"] != "",
            outside_link(
                base.icon("external-link"), rx.el.span(t("View in the store")),
                href=facts["live"], new_tab=True, class_name="btn btn-plain",
            ),
        ),
        _may(
            rx.match(
                facts["status"],
                ("ON_SALE", base.button(t("Pause"), icon_name="pause",
                                        on_click=_State.sell(False))),
                ("PAUSED", base.button(t("Put on sale"), kind="primary", icon_name="play",
                                       on_click=_State.sell(True))),
                rx.fragment(),
            )
        ),
    ]  # fmt: skip


def _warnings() -> rx.Component:
    return rx.fragment(rx.match(
        _State.facts["status"],
        ("NEEDS_REPRICE", base.note(
            t("SKUs that would lose money at their price are off sale, the others are sold."
              " Set new prices."),
            "warn")),
        ("OFF_POOL", base.note(
            t("The supplier or the platform took this product out of the pool."), "bad")),
        rx.fragment(),
    ))  # fmt: skip


def _prices() -> rx.Component:
    fault = _State.errors.get("offered", "")
    save = base.button(t("Save prices"), type="submit", kind="primary")
    return base.card(
        rx.el.form(
            unsaved(
                "prices:" + _State.facts["id"], state=_State, part="prices", round=_State.round
            ),
            sku_prices(_State, offered=True),
            rx.cond(fault != "", rx.el.p(fault, class_name="fault pad", role="alert")),
            _may(rx.el.div(save, class_name="foot pad")),
            on_submit=_State.save,
            key=_State.round.to_string(),
            custom_attrs={"data-form": "prices"},
        ),
        title=t("Prices and margins"),
        class_name="flush",
    )


def _facts() -> rx.Component:
    facts = _State.facts
    return base.card(
        rx.el.div(
            base.picture(facts["picture"], size=72),
            base.badge(facts["status"], LISTING_STATUS),
            class_name="row-between",
        ),
        base.facts(
            (t("Store"), facts["store"]),
            (t("Supplier"), rx.cond(facts["supplier"] != "", facts["supplier"], "—")),
            (t("Sold"), rx.el.span(facts["sold"], class_name="num")),
            (t("Listed"), facts["created_at"]),
        ),
        rx.link(t("View in the pool"), href=ShellState.path + "/sourcing/"
                + facts["product_id"], class_name="cell-link"),
    )  # fmt: skip


def _texts() -> rx.Component:
    facts = _State.facts
    options = [forms.option(t(label), code) for code, label in COST_POLICY]
    return base.card(
        rx.el.form(
            unsaved("texts:" + facts["id"], state=_State, part="texts", round=_State.round,
                    notes=False),
            forms.field(
                t("Title in this store"),
                forms.text_input("title", facts["title_override"], placeholder=facts["title"],
                                 key=facts["title_override"], max_length=120),
                name="title",
                help=t("Empty: the supplier's title shows, and follows when it changes."),
            ),
            forms.field(
                t("When the supply price rises"),
                forms.select("policy", options, facts["cost_policy"], key=facts["cost_policy"]),
                name="policy",
            ),
            forms.form_buttons(t("Save")),
            on_submit=_State.save_texts,
            key=_State.round.to_string(),
            class_name="stack tight",
        ),
        title=t("In this store"),
    )  # fmt: skip


def _history() -> rx.Component:
    return base.card(
        rx.cond(
            _State.history.length() > 0,
            base.timeline(_State.history, _entry),
            rx.el.p(t("Nothing has changed yet."), class_name="soft"),
        ),
        title=t("History"),
    )


def _entry(entry: rx.Var[dict[str, str]]) -> Any:
    def value(key: str) -> Any:
        return rx.cond(entry[key] != "", word(entry[key], VALUES), "—")

    change = rx.cond(
        (entry["before"] != "") | (entry["after"] != ""),
        rx.el.span(value("before"), " → ", rx.el.b(value("after")), class_name="num"),
    )
    return rx.el.span(
        word(entry["kind"], HISTORY),
        rx.cond(entry["spec"] != "", rx.el.span(entry["spec"], class_name="soft")),
        change,
        rx.cond(entry["outcome"] != "", base.badge(entry["outcome"], CHANGE_OUTCOME)),
        rx.cond(entry["who"] != "", rx.el.span(entry["who"], class_name="faint")),
        class_name="entry",
    )
