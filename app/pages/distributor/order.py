"""One order: its parts with parcels and money, the buyer, and what happened."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.record import poll_button, record_page
from components.ui import base, forms
from components.ui.dialogs import dialog
from components.ui.text import ENGLISH, t, word
from components.unsaved import unsaved
from state.distributor.orders import (
    BUYERS,
    EVENTS,
    ORDER_STATUS,
    PART_STATUS,
    PAYMENT_STATUS,
    REASONS,
    REFUND_STATUS,
    OrderState,
)
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/orders/[number]"
TITLE = N_("Order")
LOAD = OrderState.load

_State = OrderState


def page() -> rx.Component:
    """Return the page."""
    return record_page(_State, _content(), back=ShellState.path + "/orders")


def _content() -> rx.Component:
    facts = _State.facts
    return rx.el.div(
        base.page_head(
            rx.el.span(facts["number"], " ", base.badge(facts["status"], ORDER_STATUS)),
            *_actions(),
            hint=rx.el.span(facts["store"], " · ", facts["placed_at"]),
            back=ShellState.path + "/orders",
        ),
        rx.el.div(
            rx.el.div(rx.foreach(_State.parts, _part), class_name="stack"),
            rx.el.div(_sums(), _buyer(), _money(), _events(), class_name="stack"),
            class_name="columns",
        ),
        _take_back(),
        class_name="stack",
    )


def _actions() -> list[rx.Component]:
    may = ShellState.may.contains("distributor:orders:write")
    return [
        rx.cond(
            may & (_State.facts["status"] == "PENDING_PAYMENT"),
            base.button(t("Cancel the order"), icon_name="x", on_click=_State.cancel,
                        custom_attrs={"data-action": "cancel"}),
        ),
        rx.cond(
            may & _State.can_withdraw,
            base.button(t("Cancel and refund"), icon_name="undo-2", on_click=_State.ask,
                        custom_attrs={"data-action": "withdraw"}),
        ),
    ]  # fmt: skip


def _take_back() -> rx.Component:
    return dialog(
        rx.el.form(
            unsaved("withdraw:" + _State.facts["number"]),
            rx.el.p(
                t("Parts that no supplier has accepted yet are cancelled and refunded. Accepted "
                  "parts continue."),
                class_name="question",
            ),
            forms.field(t("Reason"), forms.area("reason"), name="reason", required=True,
                        error=_State.errors.get("reason", ""),
                        help=t("The buyer will see this.")),
            forms.form_buttons(t("Cancel and refund"), cancel=_State.ask, danger=True),
            on_submit=_State.take_back,
            custom_attrs={"data-form": "withdraw"},
        ),
        is_open=_State.asking,
        on_close=_State.ask,
        title=t("Cancel and refund"),
    )  # fmt: skip


def _part(part: rx.Var[dict[str, str]]) -> rx.Component:
    heads = (t("Product"), t("Quantity"), t("Retail"), t("Supply"), t("Commission"), t("Fee"),
             t("My margin"))  # fmt: skip
    supplier = rx.cond(part["supplier"] != "", part["supplier"], "—")
    return base.card(
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        *(
                            rx.el.th(head, scope="col", class_name="right" if place else "")
                            for place, head in enumerate(heads)
                        )
                    )
                ),
                rx.el.tbody(
                    rx.foreach(
                        _State.lines, lambda line: rx.cond(line["part"] == part["id"], _line(line))
                    )
                ),
                class_name="table",
            ),
            class_name="table-wrap",
        ),
        rx.foreach(
            _State.parcels,
            lambda parcel: rx.cond(parcel["part"] == part["id"], _parcel(parcel)),
        ),
        rx.cond(part["note"] != "", rx.el.p(part["note"], class_name="soft pad wrapped")),
        title=rx.el.span(supplier, rx.el.small(part["number"], class_name="faint num"),
                         class_name="two-lines"),
        actions=base.badge(part["status"], PART_STATUS),
        class_name="flush",
    )  # fmt: skip


def _cell(label: rx.Var[str], *shown: Any) -> rx.Component:
    return rx.el.td(
        rx.el.span(label, class_name="phone-label", aria_hidden="true"),
        *shown,
        class_name="right num",
    )


def _line(line: rx.Var[dict[str, str]]) -> rx.Component:
    href = ShellState.path + "/listings/" + line["listing_id"].to(str)
    rule = rx.cond(
        line["rule_name"] != "",
        t("%(rule)s, version %(version)s", rule=line["rule_name"], version=line["rule_version"]),
        t("No rule: nothing is charged"),
    )
    return rx.el.tr(
        rx.el.td(
            rx.el.span(
                base.picture(line["image_key"], size=40),
                rx.el.span(
                    rx.link(line["title"], href=href, class_name="cell-link"),
                    rx.el.small(line["spec_text"], class_name="faint"),
                    class_name="two-lines",
                ),
                class_name="with-picture",
            ),
            class_name="c-title",
        ),
        _cell(
            t("Quantity"),
            rx.el.span(
                line["quantity"],
                rx.cond(
                    line["cancelled"] != "",
                    rx.el.small(
                        t("%(count)s refunded, not to be shipped", count=line["cancelled"]),
                        class_name="down",
                    ),
                ),
                class_name="two-lines",
            ),
        ),
        _cell(
            t("Retail"),
            rx.el.span(
                line["goods_cents"],
                rx.el.small(line["retail_cents"], " × ", line["quantity"], class_name="faint"),
                rx.cond(
                    line["refunded_cents"] != "",
                    rx.el.small("−", line["refunded_cents"], class_name="down"),
                ),
                class_name="two-lines",
            ),
        ),
        _cell(t("Supply"), line["supply_cents"]),
        _cell(
            t("Commission"),
            rx.el.span(
                line["commission_cents"],
                rx.el.small(line["commission_bps"], class_name="faint"),
                title=rule,
                class_name="two-lines",
            ),
        ),
        _cell(t("Fee"), line["payment_fee_cents"]),
        _cell(
            t("My margin"),
            rx.cond(
                line["kept_cents"] != "",
                rx.el.span(
                    rx.el.b(line["kept_cents"], title=t("My margin after refunds")),
                    rx.el.small(rx.el.s(line["margin_cents"]), class_name="faint"),
                    class_name="two-lines",
                ),
                rx.el.b(line["margin_cents"]),
            ),
        ),
        key=line["id"],
    )


def _parcel(parcel: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.div(
        base.icon("truck", 18),
        rx.el.div(
            rx.el.b(
                rx.cond(ENGLISH, parcel["carrier_en"], parcel["carrier_zh"]),
                " ",
                rx.el.span(parcel["tracking_no"], class_name="num"),
            ),
            rx.el.p(
                rx.cond(
                    parcel["latest"] != "",
                    parcel["latest"],
                    t("Shipped %(moment)s", moment=parcel["shipped_at"]),
                ),
                class_name="soft",
            ),
        ),
        class_name="parcel",
    )


def _sums() -> rx.Component:
    facts = _State.facts

    def row(label: rx.Var[str], key: str, strong: bool = False) -> rx.Component:
        shown = rx.el.b(facts[key]) if strong else facts[key]
        return rx.el.div(rx.el.dt(label), rx.el.dd(shown, class_name="num"), class_name="sum-row")

    return base.card(
        rx.el.dl(
            row(t("Goods"), "goods_cents"),
            rx.cond(facts["discount_cents"] != "", row(t("Discount"), "discount_cents")),
            row(t("Freight"), "freight_cents"),
            row(t("Total"), "total_cents", strong=True),
            row(t("Paid"), "paid_cents"),
            rx.cond(facts["refunded_cents"] != "", row(t("Refunded"), "refunded_cents")),
            class_name="sums",
        ),
        rx.el.dl(
            row(t("Suppliers get"), "supply_cents"),
            row(t("Commission"), "commission_cents"),
            row(t("Payment fee"), "payment_fee_cents"),
            row(t("My margin"), "margin_cents", strong=True),
            rx.cond(
                facts["refunded_cents"] != "",
                row(t("My margin after refunds"), "kept_cents", strong=True),
            ),
            class_name="sums",
        ),
        title=t("Money"),
    )


def _buyer() -> rx.Component:
    facts = _State.facts
    name = rx.cond(
        (facts["consumer_id"] != "") & ShellState.may.contains("distributor:customers:read"),
        rx.link(
            facts["recipient"],
            href=ShellState.path + "/customers/" + facts["consumer_id"],
            class_name="cell-link",
        ),
        facts["recipient"],
    )
    address = rx.el.span(
        facts["province"], " ", facts["city"], " ", facts["district"], " ", facts["street"]
    )
    return base.card(
        base.facts(
            (t("Recipient"), name),
            (t("buyer|Phone"), rx.el.span(facts["phone"], class_name="num")),
            (t("Address"), address),
            (t("Kind"), word(facts["buyer_kind"], BUYERS)),
        ),
        rx.cond(facts["buyer_note"] != "", base.note(facts["buyer_note"])),
        title=t("Buyer"),
    )


def _money() -> rx.Component:
    def entry(row: rx.Var[dict[str, str]]) -> rx.Component:
        is_refund = row["what"] == "refund"
        return rx.el.li(
            rx.el.span(
                rx.el.b(rx.cond(is_refund, t("Refund"), t("Payment"))),
                rx.el.small(row["at"], class_name="faint num"),
                rx.cond(
                    is_refund,
                    rx.el.small(word(row["about"], REASONS), class_name="soft wrapped"),
                ),
                class_name="two-lines grow",
            ),
            rx.cond(
                is_refund,
                base.badge(row["status"], REFUND_STATUS),
                base.badge(row["status"], PAYMENT_STATUS),
            ),
            rx.el.span(rx.cond(is_refund, "−", ""), row["amount_cents"], class_name="num"),
            key=row["number"],
        )

    return base.card(
        rx.cond(
            _State.money.length() > 0,
            rx.el.ul(rx.foreach(_State.money, entry), class_name="picked-list"),
            rx.el.p(t("Not paid yet."), class_name="soft"),
        ),
        rx.cond(_State.is_refunding, poll_button(_State.look)),
        title=t("Payments and refunds"),
    )


def _events() -> rx.Component:
    def told(entry: rx.Var[dict[str, str]]) -> Any:
        return rx.el.span(
            word(entry["kind"], EVENTS),
            rx.cond(entry["part"] != "", rx.el.span(entry["part"], class_name="faint num")),
            class_name="entry",
        )

    return base.card(base.timeline(_State.events, told), title=t("Timeline"))
