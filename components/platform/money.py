"""Where the money goes: shares as a bar and a table, the rule of each line, the postings."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import (
    ACCOUNT_KIND,
    FEE_BEARER,
    SPLIT_KIND,
    SPLIT_STATE,
    TRANSACTION_KIND,
)
from components.record import here
from components.ui import base
from components.ui.tables import Cell, small_table
from components.ui.text import t, word
from state.shell import ShellState

_SCOPES = (
    ("SUPPLY", "supplier"),
    ("FREIGHT", "supplier"),
    ("COMMISSION", "platform"),
    ("PAYMENT_FEE", "platform"),
    ("MARGIN", "distributor"),
)
"""Each share wears the colour of the workspace that it goes to."""


def _scope(kind: Any) -> Any:
    return rx.match(kind, *_SCOPES, "platform")


def part_money(part: Any) -> rx.Component:
    """Return how the money of one part is divided, and what carries it."""
    money = part.money
    return rx.el.div(
        rx.el.div(
            rx.el.h3(part.number, " · ", part.supplier),
            rx.el.strong(money.total, class_name="num"),
            class_name="row-between",
        ),
        # Imported history was divided at its source.
        rx.cond(money.shares.length() > 0, rx.fragment(_bar(money.shares), _shares(money.shares))),
        rx.el.div(rx.foreach(part.lines, _line), class_name="stack-s"),
        rx.cond(money.postings.length() > 0, _entries(money.postings)),
        class_name="money-part",
    )


def _bar(shares: Any) -> rx.Component:
    return rx.el.div(
        rx.foreach(
            shares,
            lambda share: rx.el.span(
                class_name="bar-piece bar-" + share.kind.to(str),
                style={"width": share.percent},
                custom_attrs={"data-scope": _scope(share.kind)},
            ),
        ),
        class_name="bar",
        aria_hidden="true",
    )


def _share_name(share: Any) -> rx.Component:
    return rx.el.span(
        rx.el.span(
            class_name="key bar-" + share.kind.to(str),
            custom_attrs={"data-scope": _scope(share.kind)},
        ),
        word(share.kind, SPLIT_KIND),
        class_name="with-key",
    )


def _shares(shares: Any) -> rx.Component:
    return small_table(
        [
            Cell(t("Split share"), _share_name, "c-title"),
            Cell(t("Goes to"), lambda s: rx.cond(s.party != "", s.party, t("Platform"))),
            Cell(t("State"), lambda s: base.badge(s.state, SPLIT_STATE)),
            Cell(t("Amount"), lambda s: s.amount, "right num"),
            Cell(t("Taken back"), lambda s: s.reversed, "right num"),
            Cell(t("Remains"), lambda s: rx.el.b(s.left), "right num"),
        ],
        shares,
    )


def _line(line: Any) -> rx.Component:
    money = line.money
    return rx.el.div(
        rx.el.div(
            rx.el.span(line.title, rx.cond(line.spec != "", " · " + line.spec.to(str), "")),
            rx.el.span(" × ", line.quantity, class_name="soft"),
        ),
        _sum(money),
        _why(money),
        class_name="why",
    )


def _sum(money: Any) -> rx.Component:
    def term(sign: str, amount: Any, label: str, bad: Any = None) -> rx.Component:
        class_name = "term" if bad is None else rx.cond(bad, "term down", "term")
        return rx.el.span(
            rx.el.i(sign, aria_hidden="true"),
            rx.el.b(amount, class_name="num"),
            rx.el.small(t(label)),
            class_name=class_name,
        )

    return rx.el.div(
        term("", money.paid, N_("paid")),
        term("=", money.supply, N_("supply price")),
        term("+", money.commission, N_("commission")),
        term("+", money.fee, N_("payment fee")),
        term("+", money.margin, N_("margin"), money.loses),
        class_name="terms",
    )


def _why(money: Any) -> rx.Component:
    name = rx.el.b(money.rule, " · v", money.version)
    linked = rx.cond(
        (money.rule_id != "") & ShellState.may.contains("platform:rules:read"),
        rx.link(name, href=here("rules/", money.rule_id.to(str)), class_name="cell-link"),
        name,
    )
    return rx.el.p(
        rx.cond(
            money.version > 0,
            rx.el.span(t("Rule"), " ", linked, ": ", _base(money), _extras(money)),
            rx.el.span(t("No rule matched, so nothing is charged.")),
        ),
        class_name="soft",
    )


def _base(money: Any) -> Any:
    goods = rx.cond(
        money.after_discount,
        t("%(rate)s of the goods after discounts", rate=money.rate),
        t("%(rate)s of the goods before discounts", rate=money.rate),
    )
    return rx.cond(
        money.base == "GOODS_AND_FREIGHT",
        t("%(rate)s of goods and freight", rate=money.rate),
        goods,
    )


def _extras(money: Any) -> rx.Component:
    def extra(value: Any, message: str) -> rx.Component:
        return rx.cond(value != "", rx.el.span("; ", t(message, amount=value)))

    fee = rx.cond(
        money.fee_rate != "",
        rx.el.span(
            "; ",
            t("payment fee %(rate)s, borne by", rate=money.fee_rate),
            " ",
            word(money.fee_bearer, FEE_BEARER),
        ),
    )
    return rx.el.span(
        extra(money.fixed, N_("plus %(amount)s")),
        extra(money.least, N_("at least %(amount)s")),
        extra(money.most, N_("at most %(amount)s")),
        fee,
        rx.cond(money.keeps_commission, rx.el.span("; ", t("commission is kept on refunds"))),
    )


def account_text(party: Any, kind: Any) -> rx.Component:
    """Return an account as people name it: whose, and which."""
    return rx.el.span(
        rx.el.b(rx.cond(party != "", party, t("Platform"))),
        rx.el.small(word(kind, ACCOUNT_KIND)),
        class_name="account",
    )


def move(entry: Any) -> rx.Component:
    """Return one posting as from → to."""
    return rx.el.div(
        account_text(entry.from_party, entry.from_account),
        base.icon("arrow-right", 14),
        account_text(entry.to_party, entry.to_account),
        class_name="move",
    )


def _entries(entries: Any) -> rx.Component:
    def when(entry: Any) -> rx.Component:
        return rx.link(
            entry.at, href=here("ledger/transactions/", entry.transaction), class_name="cell-link"
        )

    table = small_table(
        [
            Cell(t("When"), when, "c-moment"),
            Cell(t("Kind"), lambda e: word(e.kind, TRANSACTION_KIND)),
            Cell(t("From → to"), move),
            Cell(t("Amount"), lambda e: e.amount, "right num"),
        ],
        entries,
    )
    return rx.el.details(
        rx.el.summary(t("Ledger postings (%(count)s)", count=entries.length())),
        table,
        class_name="fold",
    )
