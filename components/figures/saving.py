"""The dialog that saves a question: under which name, for whom, on the dashboard or not."""

from typing import Any

import reflex as rx

from components.board_tools import role_options
from components.ui import forms
from components.ui.dialogs import dialog
from components.ui.text import t
from components.unsaved import unsaved
from state.exploring import ExploreState

State = type[ExploreState]


def save_dialog(state: State) -> rx.Component:
    """Return the dialog."""
    return dialog(
        rx.el.form(
            unsaved("analysis:" + state.saved_id),
            rx.el.div(
                forms.field(
                    t("Name"),
                    forms.text_input(
                        "name", state.draft["name"], key=state.draft["name"], max_length=80
                    ),
                    name="name",
                    error=state.errors.get("name", ""),
                    required=True,
                ),
                forms.field(
                    t("Shared with"),
                    forms.select(
                        "sharing", _choices(state), state.draft["sharing"],
                        key=state.draft["sharing"],
                    ),
                    name="sharing",
                    error=state.errors.get("sharing", ""),
                    help=t("Everyone sees only the figures that their own permissions allow."),
                ),
                forms.switch(
                    "is_pinned", t("Show it on the dashboard"), state.draft["is_pinned"] != ""
                ),
                class_name="stack-s",
            ),
            forms.form_buttons(t("Save"), cancel=state.dismiss),
            on_submit=state.save,
            no_validate=True,
            custom_attrs={"data-form": "save-analysis"},
        ),
        is_open=state.saving,
        on_close=state.dismiss,
        title=rx.cond(state.saving_as == "same", t("Save changes"), t("Save analysis")),
    )  # fmt: skip


def _choices(state: State) -> list[Any]:
    shared = rx.cond(
        state.roles.length() > 0,
        rx.fragment(
            forms.option(t("Everybody here"), "ALL"),
            role_options(state.roles),
        ),
    )
    return [forms.option(t("Only me"), "OWN"), shared]
