"""The page of the audit trail, and the way to it from a record."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui import base
from components.ui.text import t, word
from state.house.audit import COLUMN_WORDS, SHOWN_WORDS, AuditState
from state.shell import ShellState


def audit_page(state: type[AuditState]) -> rx.Component:
    """Return the page."""
    return list_page(
        state,
        hint=t(
            "Who changed what. The database writes it itself, and nobody can change or remove it."
        ),
        cells={
            "changes": lambda row: _changes(state, row["id"]),
            "row": lambda row: rx.el.span(
                word(state.records[row["id"]], SHOWN_WORDS), title=row["row"]
            ),
        },
        empty_hint=N_("Every change of products, prices, people and settings is recorded here."),
    )


def _changes(state: type[AuditState], entry: Any) -> rx.Component:
    return rx.el.dl(
        rx.foreach(state.changes[entry], _change),
        class_name="audit-diff",
    )


def _change(change: rx.Var[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(word(change[0], COLUMN_WORDS)),
        rx.el.dd(
            rx.cond(change[1] != "", rx.el.del_(word(change[1], SHOWN_WORDS), title=change[3])),
            rx.cond(
                (change[1] != "") & (change[2] != ""),
                rx.el.span("→", class_name="faint", aria_hidden="true"),
            ),
            rx.cond(change[2] != "", rx.el.ins(word(change[2], SHOWN_WORDS), title=change[4])),
        ),
    )


def history_link(scope: str, row_id: Any) -> rx.Component:
    """Return the link from a record to its audit trail, for those who may read it.

    The trail is searched for the identifier, so that it tells of all tables that share it.
    """
    return rx.cond(
        ShellState.may.contains(f"{scope}:audit:read"),
        base.link_button(
            t("History"),
            ShellState.path + "/audit?q=" + row_id,
            kind="quiet",
            icon_name="history",
        ),
    )
