"""The card with the first steps of a new workspace; it goes when all of them are done."""

from typing import Any

import reflex as rx

from components.ui import base
from components.ui.text import t
from state.checklists import CHECKLISTS, ChecklistState, Step
from state.shell import ShellState


def checklist(scope: str, renew: Any = "") -> rx.Component:
    """Return the card of a scope; it reads its own progress, so any page may show it.

    ``renew`` is a var whose change has the progress read again, such as the open dialog's name.
    """
    found = CHECKLISTS[scope]
    count = len(found.steps)
    card = base.card(
        rx.el.progress(
            value=ChecklistState.done.length().to_string(),
            max=f"{count}",
            aria_label=t("Progress"),
            class_name="checklist-bar",
        ),
        rx.el.ol(
            *(_step(place, step) for place, step in enumerate(found.steps, 1)),
            class_name="checklist-steps",
        ),
        title=t(found.title),
        actions=rx.el.div(
            rx.el.span(
                t("%(done)s of %(all)s done", done=ChecklistState.done.length(), all=count),
                class_name="soft num",
            ),
            base.button(t("Hide"), kind="quiet", on_click=ChecklistState.hide),
            class_name="actions",
        ),
        class_name="checklist not-printed",
    )
    return rx.el.div(
        rx.cond(ChecklistState.shown, card),
        key=renew,
        on_mount=ChecklistState.load,
        class_name="checklist-place",
    )


def _step(place: int, step: Step) -> rx.Component:
    done = ChecklistState.done.contains(step.key)
    leads = rx.cond(
        ShellState.may.contains(step.permission),
        base.link_button(t(step.action), ShellState.path + f"/{step.page}"),
    )
    return rx.el.li(
        rx.el.span(rx.cond(done, base.icon("check", 14), f"{place}"), class_name="checklist-mark"),
        rx.el.div(rx.el.b(t(step.title)), rx.el.p(t(step.hint), class_name="soft")),
        rx.cond(done, rx.el.span(t("Done"), class_name="badge badge-good"), leads),
        class_name=rx.cond(done, "checklist-step done", "checklist-step"),
        custom_attrs={"data-step": step.key},
    )
