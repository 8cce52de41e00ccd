"""Changes of a record as the audit trail tells them: who, when, old → new."""

from typing import Any

import reflex as rx

from components.ui import base
from components.ui.text import t, word
from state.house.audit import ACTED, COLUMN_WORDS, SHOWN_WORDS, TABLE_WORDS
from state.shell import ShellState


def changes_list(changes: Any, *, title: Any, nothing: str, named: bool = False) -> rx.Component:
    """Return a card with changes, for those who may read the audit trail.

    ``named`` says of which product each is.
    """
    return rx.cond(
        ShellState.may.contains("platform:audit:read"),
        base.card(
            rx.cond(
                changes.length() > 0,
                rx.el.ol(
                    rx.foreach(changes, lambda change: _change(change, named=named)),
                    class_name="timeline",
                ),
                rx.el.p(t(nothing), class_name="soft"),
            ),
            title=title,
        ),
    )


def _change(change: Any, *, named: bool) -> rx.Component:
    about = rx.cond(change.about != "", rx.el.span(" · ", change.about))
    who = rx.cond(change.who != "", change.who, word(change.scope, ACTED))
    return rx.el.li(
        rx.el.div(
            word(change.table, TABLE_WORDS),
            about if named else rx.fragment(),
            rx.cond(change.field != "", rx.el.span(" · ", word(change.field, COLUMN_WORDS))),
            class_name="timeline-text",
        ),
        rx.match(
            change.action,
            (
                "insert",
                rx.el.p(t("Added"), " ", word(change.after, SHOWN_WORDS), class_name="soft"),
            ),
            (
                "delete",
                rx.el.p(t("Removed"), " ", word(change.after, SHOWN_WORDS), class_name="soft"),
            ),
            rx.el.p(
                rx.el.del_(word(change.before, SHOWN_WORDS)),
                rx.el.span(" → ", aria_hidden="true"),
                rx.el.ins(word(change.after, SHOWN_WORDS)),
                class_name="change-diff",
            ),
        ),
        rx.el.span(change.at, " · ", who, class_name="faint num"),
    )
