"""The dialog for many rows at once: a box to paste into, and what became of each row."""

from typing import Any

import reflex as rx

from app.kit.i18n import plural
from components.ui import base, forms
from components.ui.dialogs import dialog
from components.ui.text import t
from components.unsaved import unsaved
from state.supplier.pasting import PasteState

_SUCCEEDED = plural(
    "%(good)s of %(count)s row succeeded.",
    "%(good)s of %(count)s rows succeeded.",
)


def paste_dialog(
    state: type[PasteState], *, title: Any, hint: Any, sample: str, label: Any
) -> rx.Component:
    """Return the dialog of a PasteState; ``sample`` shows in the empty box how rows look."""
    return dialog(
        rx.el.form(
            unsaved(f"{state.__name__}"),
            forms.field(
                t("Rows"),
                forms.area("typed", state.typed, rows="8", placeholder=sample, key=state.typed,
                           spell_check=False),
                name="typed",
                error=state.fault,
                help=t("One row per line. Paste from a spreadsheet, or choose a CSV file."),
            ),
            rx.el.label(
                base.icon("file-up"),
                rx.el.span(t("Choose a file")),
                rx.el.input(type="file", accept=".csv,.txt,.tsv,text/csv,text/plain",
                            class_name="sr-only", aria_label=t("Choose a file"),
                            custom_attrs={"data-console-fills": "f-typed"}),
                class_name="btn btn-plain file-button",
            ),
            _results(state),
            forms.form_buttons(label, cancel=state.close),
            on_submit=state.submit,
        ),
        is_open=state.is_open,
        on_close=state.close,
        title=title,
        hint=hint,
        wide=True,
    )  # fmt: skip


def _results(state: type[PasteState]) -> rx.Component:
    said = t(
        _SUCCEEDED,
        good=state.good,
        count=state.results.length(),
    )
    return rx.cond(
        state.results.length() > 0,
        rx.el.div(
            base.note(said, "info"),
            rx.el.div(
                rx.el.table(
                    rx.el.tbody(
                        rx.foreach(
                            state.results,
                            lambda result: rx.el.tr(
                                rx.el.td(result["row"], class_name="num faint"),
                                rx.el.td(result["what"], class_name="num"),
                                rx.el.td(
                                    result["said"],
                                    class_name=rx.cond(result["good"] != "", "ok", "fault"),
                                ),
                                key=result["row"],
                            ),
                        )
                    ),
                    class_name="mini-table",
                ),
                class_name="results",
            ),
            class_name="stack",
            role="status",
        ),
    )
