"""What stands around actions on many rows: how many change, how far it is, what became of each."""

from typing import Any

import reflex as rx

from components.list_table import State
from components.ui import base
from components.ui.dialogs import dialog
from components.ui.text import t


def will_change(state: Any) -> rx.Component:
    """Return how many of the selected rows an action will change, and how many it leaves."""
    return rx.cond(
        state.target == "",
        rx.el.div(
            rx.el.p(
                rx.cond(
                    state.fits > 0,
                    t("Rows that will change: %(count)s.", count=state.fits),
                    t("None of the selected rows is at the stage for this."),
                ),
                class_name="question",
                custom_attrs={"data-fits": state.fits.to_string()},
            ),
            rx.cond(
                (state.unfit > 0) & (state.fits > 0),
                rx.el.p(
                    t("Rows that stay as they are: %(count)s. They are not at the stage for this.",
                      count=state.unfit),
                    class_name="help",
                ),
            ),
        ),
    )  # fmt: skip


def bulk_dialogs(state: State) -> rx.Component:
    """Return the progress of an action on many rows, and the report of it."""
    return rx.fragment(_progress(state), _report(state))


def _progress(state: State) -> rx.Component:
    stop = rx.cond(
        state.bulk_stopping,
        rx.el.p(t("Stopping after the rows that are being changed now …"), class_name="help"),
        base.button(t("Stop"), on_click=state.stop_work, custom_attrs={"data-bulk-stop": ""}),
    )
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("Working"), class_name="dialog-title"),
            rx.dialog.description(
                t(
                    "%(done)s of %(total)s rows. What is done stays done if you stop or leave.",
                    done=state.bulk_done,
                    total=state.bulk_total,
                ),
                class_name="hint",
            ),
            rx.el.progress(value=state.bulk_done, max=state.bulk_total, aria_label=t("Rows done")),
            rx.el.div(stop, class_name="foot"),
            class_name="dialog",
            # It goes away by itself; a click beside it must not hide what is under way.
            on_escape_key_down=rx.prevent_default,
            on_interact_outside=rx.prevent_default,
        ),
        open=state.bulk_total > 0,
    )


def _report(state: State) -> rx.Component:
    def line(row: rx.Var[dict[str, str]]) -> rx.Component:
        done = rx.el.span(base.icon("check", 13), row["why"], class_name="badge badge-good")
        return rx.el.li(
            rx.el.b(row["label"]),
            rx.cond(row["ok"] != "", done, rx.el.span(row["why"], class_name="soft")),
        )

    return dialog(
        rx.el.p(state.outcome, class_name="question"),
        rx.el.ul(rx.foreach(state.outcomes, line), class_name="outcomes"),
        rx.el.div(
            base.button(t("Close"), kind="primary", on_click=state.close_outcomes),
            class_name="foot",
        ),
        is_open=state.outcomes.length() > 0,
        on_close=state.close_outcomes,
        title=t("What became of each row"),
    )
