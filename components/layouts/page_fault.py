"""What stands in the place of a page that could not be filled."""

import reflex as rx

from app.kit.i18n import N_
from components.ui import base
from components.ui.text import t
from state.page_fault import PageFault

_WORDS = (
    (
        "denied",
        "lock",
        N_("You may not open this page"),
        N_("Your role in this workspace does not include it. Ask the owner to give it to you."),
    ),
    (
        "missing",
        "search-x",
        N_("This was not found"),
        N_("It may have been removed, or it belongs to another workspace."),
    ),
    (
        "away",
        "unplug",
        N_("Part of this service is being restarted"),
        N_("This page asks again by itself in a few seconds."),
    ),
    (
        "broken",
        "circle-alert",
        N_("That went wrong on our side"),
        N_("The fault was noted. Load the page again; if it stays, tell the platform."),
    ),
)
"""Kind of fault, its icon, and what is said in both languages."""


def page_fault() -> rx.Component:
    """Return the notice; the stylesheet hides what it stands for."""
    return rx.cond(PageFault.kind != "", rx.match(PageFault.kind, *_fixed(), _refused()))


def _fixed() -> list[tuple[str, rx.Component]]:
    return [(kind, _notice(kind, icon, t(title), t(hint))) for kind, icon, title, hint in _WORDS]


def _refused() -> rx.Component:
    return _notice("refused", "circle-alert", t("This page cannot be shown"), PageFault.said)


def _notice(kind: str, icon: str, title: rx.Var[str], hint: rx.Var[str]) -> rx.Component:
    again = [] if kind in ("denied", "missing") else [_again()]
    return rx.el.section(
        rx.el.h1(title, class_name="sr-only"),
        base.empty(title, hint, *again, name=icon),
        role="alert",
        class_name="card page-fault",
        custom_attrs={"data-console-fault": kind},
    )


def _again() -> rx.Component:
    # A whole page load: nothing that was half filled stays.
    return rx.el.button(
        base.icon("rotate-cw"),
        rx.el.span(t("Try again")),
        type="button",
        class_name="btn btn-primary",
        custom_attrs={"data-console-reload": ""},
    )
