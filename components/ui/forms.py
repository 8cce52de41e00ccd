"""Inputs with label, help and inline fault; uncontrolled, so that input methods are left alone."""

from collections.abc import Iterable
from typing import Any

import reflex as rx

from components.ui.base import ONCE
from components.ui.text import ENGLISH, t, word


def field(
    label: Any,
    control: rx.Component,
    *,
    name: str,
    error: Any = "",
    help: Any = None,  # noqa: A002 (the word that forms use)
    required: bool = False,
) -> rx.Component:
    """Return a labelled input; the fault stands below it and is read out when it appears."""
    star = rx.el.span("*", class_name="required", aria_hidden="true") if required else rx.fragment()
    under = rx.el.p(help, class_name="help") if help is not None else rx.fragment()
    return rx.el.div(
        rx.el.label(label, star, html_for=f"f-{name}"),
        control,
        under,
        rx.cond(error != "", rx.el.p(error, class_name="fault", role="alert", id=f"e-{name}")),
        class_name="field",
    )


def text_input(name: str, value: Any = "", **props: Any) -> rx.Component:
    """Return a one-line input."""
    props.setdefault("type", "text")
    return rx.el.input(
        name=name,
        id=f"f-{name}",
        default_value=value,
        class_name="input",
        auto_complete="off",
        **props,
    )


def area(name: str, value: Any = "", **props: Any) -> rx.Component:
    """Return a many-line input."""
    props.setdefault("rows", "3")
    return rx.el.textarea(
        name=name, id=f"f-{name}", default_value=value, class_name="input area", **props
    )


def select(name: str, options: list[Any], value: Any = "", **props: Any) -> rx.Component:
    """Return the platform's own choice control, which works on every phone."""
    return rx.el.div(
        rx.el.select(
            *options, name=name, id=f"f-{name}", default_value=value, class_name="input", **props
        ),
        class_name="select",
    )


def option(label: Any, value: Any) -> rx.Component:
    """Return one choice of a ``select``."""
    return rx.el.option(label, value=value)


def found_options(state: Any, key: str, words: Iterable[tuple[str, str]] = ()) -> rx.Component:
    """Return the choices of ``state.choices``: value, label and, where it differs, the English.

    ``words`` are the texts of labels that come as codes.
    """
    words = tuple(words)

    def label(found: Any) -> Any:
        if words:
            return word(found[1], words)
        return rx.cond(ENGLISH & (found.length() > 2), found[2], found[1])

    return rx.foreach(
        state.choices.get(key, []).to(list[list[str]]),
        lambda found: rx.el.option(label(found), value=found[0]),
    )


def switch(name: str, label: Any, checked: Any = False) -> rx.Component:
    """Return a labelled on/off control."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            id=f"f-{name}",
            default_checked=checked,
            value="true",
            role="switch",
            class_name="switch",
        ),
        rx.el.span(label),
        class_name="switch-row",
    )


def form_buttons(label: Any, *, cancel: Any = None, danger: bool = False) -> rx.Component:
    """Return the foot of a form: cancel at the left of the one thing it does."""
    kind = "danger" if danger else "primary"
    leave = (
        rx.el.button(
            t("Cancel"),
            type="button",
            on_click=cancel,
            class_name="btn btn-plain",
            # Who cancels wants nothing of it kept.
            custom_attrs={"data-form-drop": ""},
        )
        if cancel is not None
        else rx.fragment()
    )
    return rx.el.div(
        leave,
        rx.el.button(label, type="submit", class_name=f"btn btn-{kind}", custom_attrs=ONCE),
        class_name="foot",
    )
