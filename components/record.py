"""The frame of a page about one record: loading, not found, or its parts and dialogs."""

from typing import Any

import reflex as rx

from components.actions import action_dialog
from components.ui import base
from components.ui.text import t
from components.unsaved import edits, merge_dialog
from state.merging import MergeState
from state.record import ActedRecordState, RecordState
from state.shell import ShellState


def here(page: str, *parts: Any) -> Any:
    """Return the address of a page of this workspace; ``parts`` follow it as they are."""
    address: Any = ShellState.path + "/" + page
    for part in parts:
        address = address + part
    return address


def poll_button(look: Any) -> rx.Component:
    """Return what lets the page look again by itself while it is shown (assets/console.js)."""
    return rx.el.button(
        t("Refresh"),
        type="button",
        on_click=look,
        class_name="sr-only",
        tab_index=-1,
        aria_hidden="true",
        custom_attrs={"data-console-poll": ""},
    )


def record_page(state: type[RecordState], *body: Any, back: Any) -> rx.Component:
    """Return a record's page; ``back`` is where "not found" leads."""
    actions = state.actions if issubclass(state, ActedRecordState) else ()
    merges = issubclass(state, MergeState) and not actions
    missing = base.empty(
        t("Not found"),
        t("It may have been removed, or you may not see it."),
        base.link_button(t("Back to the list"), back),
        name="search-x",
    )
    return rx.el.div(
        rx.cond(
            state.loaded,
            rx.cond(
                state.missing,
                rx.el.section(missing, class_name="card list"),
                rx.el.div(*body, class_name="stack"),
            ),
            rx.el.section(base.skeleton(10), class_name="card"),
        ),
        *(action_dialog(state, action) for action in actions if action.asks),
        merge_dialog(state) if merges or edits(actions) else rx.fragment(),
        class_name="stack",
    )
