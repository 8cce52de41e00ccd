"""What actions need on a page: their buttons for those permitted, and their dialogs."""

from typing import Any

import reflex as rx

from components.choice import record_choice
from components.ui import base, forms
from components.ui.dialogs import dialog
from components.ui.text import t
from components.unsaved import unsaved
from state.screens import Action, Field
from state.shell import ShellState

MANY = 6
"""A form of more fields gets a wide dialog with two columns."""


def permitted(action: Action, shown: rx.Component) -> rx.Component:
    """Show something only to those who may run the action (the gate checks it again)."""
    return rx.cond(ShellState.may.contains(action.permission), shown, rx.fragment())


def action_button(
    state: Any, name: str, key: Any, *, kind: Any = None, fits: Any = None, small: bool = False
) -> rx.Component:
    """Return the button of an action on the record ``key``, shown while ``fits`` holds."""
    action = next(a for a in state.actions if a.name == name)
    kind = kind or ("danger" if action.danger else "plain")
    shown = base.button(
        t(action.label),
        kind=kind,
        icon_name="" if small else action.icon,
        on_click=state.ask(action.name, key),
        once=False,
        custom_attrs=action_attributes(action, key),
    )
    return permitted(action, shown if fits is None else rx.cond(fits, shown, rx.fragment()))


def action_icon(state: Any, name: str, key: Any) -> rx.Component:
    """Return the button of an action as an icon alone."""
    action = next(a for a in state.actions if a.name == name)
    shown = base.icon_button(
        action.icon,
        t(action.label),
        on_click=state.ask(action.name, key),
        custom_attrs=action_attributes(action, key),
    )
    return permitted(action, shown)


def action_attributes(action: Action, key: Any) -> dict[str, Any]:
    """Return the attributes of an action's button: whether a double click may act twice."""
    if action.is_step:
        return {"data-action": action.name, "data-console-step": f"{action.name}:" + key}
    return {"data-action": action.name, **base.ONCE}


def action_dialog(state: Any, action: Action, *, note: rx.Component | None = None) -> rx.Component:
    """Return the dialog of an action; ``state`` is of a list or of a record.

    ``note`` stands above the fields.
    """
    question = [rx.el.p(t(action.question), class_name="question")] if action.question else []
    many = len(action.fields) > MANY
    return dialog(
        rx.el.form(
            unsaved(
                f"{state.__name__}:{action.name}:" + state.target,
                state=state,
                part="dialog",
                round=state.target,
                notes=False,
            )
            if action.fields
            else rx.fragment(),
            *question,
            note or rx.fragment(),
            rx.el.div(
                # What is to be typed first has the focus, not the button that closes.
                *(_asked(state, action, f, first=not n) for n, f in enumerate(action.fields)),
                class_name="form-grid" if many else "stack-s",
            ),
            *([_foreseen(state)] if action.preview else []),
            forms.form_buttons(t(action.label), cancel=state.dismiss, danger=action.danger),
            on_submit=state.submit,
            # The server says what is wrong beside the field, in the reader's language.
            no_validate=True,
            custom_attrs={"data-form": action.name},
        ),
        is_open=state.asking == action.name,
        on_close=state.dismiss,
        title=t(action.label),
        hint=t(action.explain) if action.explain else None,
        wide=many,
    )


def _asked(state: Any, action: Action, f: Field, *, first: bool) -> rx.Component:
    """Return a field; where the action knows limits, with what is possible, or not at all."""
    shown = form_field(
        state,
        f,
        first=first,
        hint=state.hints.get(f.name, "") if action.limits else None,
        foresees=action.preview is not None,
    )
    return rx.cond(state.hidden.contains(f.name), rx.fragment(), shown) if action.limits else shown


def _foreseen(state: Any) -> rx.Component:
    """Return what will happen with what was typed, as it changes."""
    return rx.el.dl(
        rx.foreach(
            state.foreseen,
            lambda row: rx.el.div(
                rx.el.dt(row[0]), rx.el.dd(row[1], class_name="num"), class_name="row-between"
            ),
        ),
        class_name="sums foreseen",
        aria_live="polite",
        custom_attrs={"data-foreseen": ""},
    )


def form_field(
    state: Any, f: Field, *, first: bool = False, hint: Any = None, foresees: bool = False
) -> rx.Component:
    """Return the input of a declared field; ``state`` holds values, errors and choices.

    The ``first`` one of a dialog takes the focus when it opens. ``hint`` stands in for the help
    where it says something; a field that ``foresees`` tells the server when it was left.
    """
    value = state.values.get(f.name, "")
    error = state.errors.get(f.name, "")
    if f.kind == "switch":
        return rx.el.div(forms.switch(f.name, t(f.label), value == "true"), class_name="field")
    told = t(f.help) if f.help else None
    if hint is not None:
        told = rx.cond(hint != "", hint, told if told is not None else "")
    return forms.field(
        t(f.label),
        _control(state, f, value, first=first, foresees=foresees),
        name=f.name,
        error=error,
        help=told,
        required=f.required,
    )


def is_searched(state: Any, key: str) -> bool:
    """Say whether a field's records are searched on the server instead of listed."""
    resource = getattr(state, "resource", None)
    return resource is not None and any(f.key == key and f.options_sql for f in resource.filters)


_MODES = {"money": "decimal", "percent": "decimal", "number": "numeric"}
_TYPES = {"password": "password", "email": "email", "date": "date"}


def _control(
    state: Any, f: Field, value: Any, *, first: bool, foresees: bool = False
) -> rx.Component:
    # A new value from the server replaces what an uncontrolled input shows only under a new key.
    props: dict[str, Any] = {"key": value}
    if first:
        props["auto_focus"] = True
    if foresees and f.kind in _MODES:
        props["on_change"] = lambda typed: state.foresee(f.name, typed).debounce(250)
    if f.placeholder:
        props["placeholder"] = t(f.placeholder)
    if f.kind == "area":
        return forms.area(f.name, value, **props)
    if f.kind == "many":
        return _boxes(state, f, value)
    if f.kind == "choice" and f.options and is_searched(state, f.options):
        return record_choice(
            state, f.options, value=value, label=t(f.label),
            pick=lambda chosen: state.choose(f.name, chosen), empty="—", name=f.name,
        )  # fmt: skip
    if f.kind == "choice":
        fixed: list[Any] = [forms.option("—", "")]
        fixed += [forms.option(t(label), code) for code, label in f.words]
        if f.options:
            fixed.append(forms.found_options(state, f.options, f.option_words))
        return forms.select(f.name, fixed, value, **props)
    if f.kind in _MODES:
        props["input_mode"] = _MODES[f.kind]
    control = forms.text_input(f.name, value, type=_TYPES.get(f.kind, "text"), **props)
    if f.kind in ("money", "percent"):
        sign = "¥" if f.kind == "money" else "%"
        return rx.el.div(
            rx.el.span(sign, aria_hidden="true"), control, class_name=f"affix affix-{f.kind}"
        )
    return control


def _boxes(state: Any, f: Field, value: Any) -> rx.Component:
    """Return a box to tick for each of the options."""
    return rx.el.div(
        rx.foreach(
            state.choices.get(f.options, []).to(list[list[str]]),
            lambda found: rx.el.label(
                rx.el.input(
                    type="checkbox",
                    name=f"{f.name}:" + found[0],
                    default_checked=value.contains(found[0]),
                    key=value + found[0],
                ),
                rx.el.span(found[1]),
                class_name="check",
            ),
        ),
        id=f"f-{f.name}",
        role="group",
        aria_label=t(f.label),
        class_name="boxes",
    )
