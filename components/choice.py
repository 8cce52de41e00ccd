"""The choice of a record: a button that opens a search, which asks the server for a few."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from components.ui import base
from components.ui.text import ENGLISH, t


def record_choice(
    state: Any,
    key: str,
    *,
    value: Any,
    label: Any,
    pick: Callable[[Any], Any],
    empty: Any,
    name: str = "",
) -> rx.Component:
    """Return the choice of a record of ``state``'s choice ``key``.

    ``value`` is what is chosen, ``pick`` makes the event that chooses another, and ``empty`` is
    what stands there while nothing is. With a ``name`` it is an input of the form around it.
    """
    own = state.named.get(name or key, [""]).to(list[str])
    chosen = rx.cond(value != "", rx.cond(own[0] != "", _name(own), value), empty)
    button = rx.el.button(
        rx.el.span(chosen, class_name="record-choice-name"),
        base.icon("chevrons-up-down", 14),
        type="button",
        id=f"f-{name}" if name else f"choice-{key}",
        aria_label=label,
        aria_haspopup="listbox",
        class_name="input record-choice",
        custom_attrs={"data-record-choice": name or key},
    )
    return rx.fragment(
        rx.popover.root(
            rx.popover.trigger(button),
            rx.popover.content(
                _search(state, key, label),
                _found(state, value, pick, empty),
                class_name="popover record-choice-menu",
                align="start",
            ),
            on_open_change=lambda is_open: state.open_choice(key, is_open),
        ),
        rx.el.input(type="hidden", name=name, value=value) if name else rx.fragment(),
    )


def _name(pair: Any) -> Any:
    return rx.cond(ENGLISH, pair[1], pair[0])


def _search(state: Any, key: str, label: Any) -> rx.Component:
    return rx.el.input(
        type="search",
        placeholder=t("Type a part of the name"),
        aria_label=label,
        auto_focus=True,
        auto_complete="off",
        on_change=lambda typed: state.look_for(key, typed).debounce(200),
        class_name="input",
        custom_attrs={"data-console-choice-input": ""},
    )


def _found(state: Any, value: Any, pick: Callable[[Any], Any], empty: Any) -> rx.Component:
    def option(found: Any) -> rx.Component:
        return rx.popover.close(
            rx.el.button(
                _name([found[1], found[2]]),
                rx.cond(value == found[0], base.icon("check", 14)),
                type="button",
                role="option",
                aria_selected=value == found[0],
                on_click=pick(found[0]),
                class_name="record-choice-option",
            )
        )

    none = rx.popover.close(
        rx.el.button(
            empty, type="button", on_click=pick(""), class_name="record-choice-option soft"
        )
    )
    return rx.el.div(
        rx.cond(value != "", none),
        rx.foreach(state.found, option),
        rx.cond(state.found.length() == 0, rx.el.p(t("Nothing matches"), class_name="soft pad")),
        rx.cond(
            state.found_more,
            rx.el.p(t("There are more: type a part of the name."), class_name="faint pad"),
        ),
        role="listbox",
        class_name="record-choice-list",
        custom_attrs={"data-console-choice-answered": state.found_for},
    )
