"""What every form of the console carries, so that nothing typed is lost and nothing undone.

``unsaved`` keeps drafts in the browser and says what the form was loaded with; ``merge_dialog``
asks where two people changed the same field.
"""

from collections.abc import Iterable
from typing import Any

import reflex as rx

from components.ui import base, forms
from components.ui.dialogs import dialog
from components.ui.text import t
from state.merging import BASE
from state.screens import Action
from state.shell import ShellState

_LIBRARY = "$/public/forms.js"


def _structure(structure: rx.Var[str]) -> list[rx.Var[str]]:
    return [structure]


class FormKeeper(rx.Component):
    """The component of ``assets/forms.js`` that keeps what is typed into its form."""

    library = _LIBRARY
    tag = "FormKeeper"

    owner: rx.Var[str]
    place: rx.Var[str]
    record: rx.Var[str]
    part: rx.Var[str]
    round: rx.Var[str]
    structure: rx.Var[str]
    texts: rx.Var[dict[str, str]]
    on_lay: rx.EventHandler[_structure]


class LeaveGuard(rx.Component):
    """The component of ``assets/forms.js`` that asks before unsaved input is left."""

    library = _LIBRARY
    tag = "LeaveGuard"


def unsaved(
    record: Any,
    *,
    state: Any = None,
    part: str = "",
    round: Any = "",  # noqa: A002 (the word of the states)
    structure: Any = "",
    on_lay: Any = None,
    notes: bool = True,
) -> rx.Component:
    """Return what a form carries: put it among its children.

    ``record`` names what is edited, such as ``freight`` or ``role:`` with an id. ``state`` is a
    ``MergeState`` whose form this is, under ``part``; ``round`` changes with what the form shows.
    ``notes`` says here that the record was changed meanwhile.
    """
    handlers = {} if on_lay is None else {"on_lay": on_lay}
    keeper = FormKeeper.create(
        owner=ShellState.user_id,
        place=ShellState.path,
        record=record,
        part=part,
        round=f"{round}" if isinstance(round, str) else round.to_string(),
        structure=structure,
        texts={
            "leave": t("There are unsaved changes. Leave without saving?"),
            "kept": t("What you typed here is not saved yet. It is from"),
            "changed": t("The stored record has changed since; saving asks what to keep."),
            "restore": t("Bring it back"),
            "drop": t("Drop it"),
        },
        **handlers,
    )  # fmt: skip
    if state is None:
        return keeper
    loaded = rx.el.input(
        type="hidden",
        name=BASE,
        key=state.bases_made,
        default_value=state.bases.get(part, ""),
    )
    return rx.fragment(keeper, loaded, _changed_note(state) if notes else rx.fragment())


def _changed_note(state: Any) -> rx.Component:
    if not hasattr(state, "show_stored"):
        return rx.fragment()
    text = t("Somebody changed this while you were cut off. What you typed is still here;"
             " saving it keeps both, and asks where both changed the same.")  # fmt: skip
    return rx.cond(
        state.changed_meanwhile,
        rx.el.div(
            base.note(text, "warn"),
            base.button(t("Show what is stored"), on_click=state.show_stored, once=True),
            class_name="changed-note",
        ),
    )


def edits(actions: Iterable[Action]) -> bool:
    """Say whether one of the actions changes a record whose values it shows first."""
    return any(action.fields and action.prefill is not None for action in actions)


def merge_dialog(state: Any) -> rx.Component:
    """Return the dialog that shows what both changed, side by side; ``state`` is a MergeState."""
    return dialog(
        rx.el.form(
            rx.el.div(rx.foreach(state.clashes, _clash), class_name="clashes"),
            forms.form_buttons(t("Save what I chose"), cancel=state.unsettle),
            on_submit=state.settle,
            custom_attrs={"data-form": "clashes"},
        ),
        is_open=state.clashes.length() > 0,
        on_close=state.unsettle,
        title=t("You both changed this"),
        hint=t("Somebody saved other values while you were editing. Choose for each field; what"
               " only one of you changed is kept from both."),
        wide=True,
    )  # fmt: skip


def _clash(clash: Any) -> rx.Component:
    def choice(kind: str, label: Any) -> rx.Component:
        return rx.el.label(
            rx.el.input(type="radio", name="clash-" + clash["place"], value=kind),
            rx.el.span(rx.el.b(label), rx.el.span(clash[kind], class_name="clash-value")),
            class_name="clash-choice",
        )

    return rx.el.fieldset(
        rx.el.legend(clash["label"]),
        choice("mine", t("Yours")),
        choice("theirs", t("Theirs")),
        rx.cond(
            clash["was"] != "",
            rx.el.p(t("As it was: "), clash["was"], class_name="soft clash-was"),
        ),
        class_name="clash",
        key=clash["place"],
    )
