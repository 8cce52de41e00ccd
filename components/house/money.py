"""A merchant's money, alike in all its workspaces: the balances, and the pages about them."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.ui import base
from components.ui.text import t
from state.shell import ShellState

_CARDS = (
    ("PENDING", "hourglass", N_("Pending"), N_("Until the buyer's time for complaints is over")),
    ("AVAILABLE", "wallet", N_("Available"), N_("Due to you, not paid out here yet")),
)
"""Accounts of payouts follow when there are payouts: a card must not promise what nobody can do."""


def money_tabs(pages: Sequence[tuple[str, str]], here: str) -> rx.Component:
    """Return the links between the pages about money; ``pages`` are their places and names."""
    links = [
        rx.link(
            t(label),
            href=ShellState.path + "/" + page,
            class_name="tab here" if page == here else "tab",
            aria_current="page" if page == here else "false",
        )
        for page, label in pages
    ]
    return rx.el.nav(*links, class_name="tabs", aria_label=t("Balance"))


def balance_cards(balances: Any, due: Any) -> rx.Component:
    """Return the balances by kind, when what is pending becomes due, and what that means."""
    when = rx.cond(
        due["next"] != "",
        t("The next share becomes due on %(day)s.", day=due["next"]),
        "",
    )
    after = rx.cond(
        due["days"] == "0",
        t("A share becomes due when the buyer confirms receipt, or %(days)s days after shipping.",
          days=due["receipt"]),
        t("A share becomes due %(term)s days after the buyer confirms receipt, which counts as"
          " given %(days)s days after shipping.", term=due["days"], days=due["receipt"]),
    )  # fmt: skip
    return rx.fragment(
        rx.el.div(*(_card(balances, *card) for card in _CARDS), class_name="kpis"),
        base.note(
            rx.el.span(
                after,
                " ",
                when,
                " ",
                t("Payouts to a bank account are not possible here yet; until then it stays booked"
                  " in your name."),
            )
        ),
    )  # fmt: skip


def _card(balances: Any, kind: str, name: str, label: str, hint: str) -> rx.Component:
    own = balances[kind].to(list[str])
    figure = rx.cond(balances.contains(kind), base.amounts(own), "—")
    return rx.el.div(
        rx.el.span(base.icon(name, 15), t(label), class_name="kpi-label"),
        rx.el.span(figure, class_name="kpi-value", custom_attrs={"data-balance": kind}),
        rx.el.span(t(hint), class_name="kpi-foot"),
        class_name="kpi",
    )
