"""The wizard of an import, step by step: files and mapping, the work, what it found."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import IMPORT_STATE
from components.actions import action_button
from components.platform.import_files import preparation
from components.platform.import_report import report
from components.record import here, poll_button
from components.ui import base
from components.ui.text import speaker, t, word
from state.platform.imports import ImportState

run = ImportState.run
STEPS = (
    ("files", N_("Files")),
    ("mapping", N_("Mapping")),
    ("check", N_("Check")),
    ("preview", N_("Preview")),
    ("import", N_("Import")),
    ("report", N_("import|Report")),
)
STAGES = (
    ("waiting", N_("Waiting for another import to end")),
    ("fetch", N_("Fetching the files")),
    ("read", N_("Reading every row")),
    ("check", N_("Comparing the rows with each other and with what is here")),
    ("catalogue", N_("Writing merchants, categories and products")),
    ("customers", N_("Writing customers")),
    ("orders", N_("Writing orders and posting their money")),
    ("reviews", N_("Writing reviews")),
)


def wizard() -> tuple[Any, ...]:
    """Return the parts of the page, of which the run's state shows some."""
    return (
        speaker(ImportState.speak),
        head(),
        steps(),
        rx.match(
            run.state,
            ("DRAFT", preparation()),
            ("CHECKING", work()),
            ("QUEUED", work()),
            ("RUNNING", rx.cond(run.is_wizard, work(), report())),
            report(),
        ),
    )


def head() -> rx.Component:
    """Return what and whose it is, and what can be done with it now."""
    is_over = (run.state == "CANCELLED") | (run.state == "STOPPED")
    fits_change = run.is_wizard & (is_over | (run.state == "CHECKED"))
    return base.page_head(
        rx.el.span(
            rx.cond(run.source != "", run.source, t("New import")),
            " ",
            base.badge(run.state, IMPORT_STATE),
            class_name="titled",
        ),
        action_button(
            ImportState, "discard", run.id, kind="plain",
            fits=run.may_discard & (fits_change | (run.state == "DRAFT")),
        ),
        action_button(ImportState, "change", run.id, fits=fits_change),
        action_button(
            ImportState, "resume", run.id, kind="primary",
            fits=run.is_wizard & is_over & ~run.in_doubt,
        ),
        action_button(
            ImportState, "carry_on", run.id, kind="primary",
            fits=(run.state == "CHECKED") & ~run.in_doubt,
        ),
        hint=rx.el.span(run.started_at, rx.cond(run.by != "", " · " + run.by, ""),
                        class_name="num"),
        back=here("imports"),
    )  # fmt: skip


def steps() -> rx.Component:
    """Return the steps of the wizard with the one at hand."""
    names = [code for code, _ in STEPS]
    place: Any = rx.match(run.step, *((code, at) for at, code in enumerate(names)), 0)
    place = place.to(int)

    name = "wizard-step"

    def step(at: int, label: str) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                rx.cond(place > at, base.icon("check", 14), str(at + 1)),
                class_name="step-place",
                aria_hidden="true",
            ),
            rx.el.span(t(label)),
            class_name=rx.cond(
                place > at, f"{name} done", rx.cond(place == at, f"{name} now", name)
            ),
            aria_current=rx.cond(place == at, "step", "false"),
        )

    return rx.cond(
        run.is_wizard,
        rx.el.ol(
            *(step(at, label) for at, (_, label) in enumerate(STEPS)),
            class_name="wizard-steps",
            aria_label=t("Steps of the import"),
        ),
    )


def work() -> rx.Component:
    """Return how far the work is; the page looks again by itself."""
    return base.card(
        rx.el.ol(rx.foreach(run.stages, _stage), class_name="stages"),
        poll_button(ImportState.look),
        rx.el.div(
            rx.cond(
                run.is_cancelling,
                rx.el.span(t("It stops in a moment."), class_name="soft"),
                rx.el.span(t("You may leave this page: the work goes on."), class_name="soft"),
            ),
            action_button(ImportState, "cancel", run.id, kind="plain", fits=~run.is_cancelling),
            class_name="row-between foot-line",
        ),
        title=rx.cond(
            run.state == "CHECKING", t("The files are being checked"), t("The import is under way")
        ),
        aria_live="polite",
    )


def _stage(stage: Any) -> rx.Component:
    bar = rx.cond(
        (stage.state == "now") & (stage.percent != ""),
        rx.el.progress(value=stage.percent, max="100", aria_label=t("Progress")),
    )
    return rx.el.li(
        rx.match(
            stage.state,
            ("done", base.icon("circle-check", 18)),
            ("now", rx.el.span(class_name="spinner", aria_hidden="true")),
            base.icon("circle", 18),
        ),
        rx.el.div(
            rx.el.div(
                rx.el.span(word(stage.code, STAGES)),
                rx.el.span(stage.says, class_name="soft num"),
                class_name="row-between",
            ),
            bar,
        ),
        class_name="stage " + stage.state.to(str),
    )
