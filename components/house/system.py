"""The cards of the page of the system's health."""

import reflex as rx

from app.kit.i18n import N_
from components.ui import base
from components.ui.text import t, word
from state.platform.system import MEANINGS, CheckView, PartView, SystemState
from state.shell import ShellState

_PART = (("OK", N_("Healthy")), ("NOTE", N_("Note")), ("BROKEN", N_("Broken")))
_RUN = (
    ("NEVER", N_("Never run")),
    ("RUNNING", N_("Under way")),
    ("GOOD", N_("Consistent")),
    ("BROKEN", N_("Differences found")),
)
_TONE = {"OK": "good", "GOOD": "good", "NOTE": "warn", "RUNNING": "info", "BROKEN": "bad"}


def _badge(code: rx.Var[str], words: tuple[tuple[str, str], ...]) -> rx.Component:
    tones = ((value, f"badge badge-{_TONE.get(value, 'plain')}") for value, _ in words)
    return rx.el.span(word(code, words), class_name=rx.match(code, *tones, "badge"))


def parts_card() -> rx.Component:
    """Return what the installation rests on, part by part."""
    return base.card(
        rx.cond(
            SystemState.loaded,
            rx.el.ul(rx.foreach(SystemState.parts, _part), class_name="parts"),
            base.skeleton(6),
        ),
        title=t("Components"),
    )


def _part(part: rx.Var[PartView]) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.b(part.name), rx.el.span(part.says, class_name="soft")),
        _badge(part.state, _PART),
    )


def sizes_card() -> rx.Component:
    """Return sizes and versions."""
    return base.card(
        base.facts(
            (t("Jobs waiting"), rx.el.span(SystemState.waiting, class_name="num")),
            (t("Jobs running"), rx.el.span(SystemState.running, class_name="num")),
            (t("Jobs failed"), rx.el.span(SystemState.failed, class_name="num")),
            (t("Database"), SystemState.database_size),
            (t("Pictures"), SystemState.folder_size),
        ),
        rx.el.details(
            rx.el.summary(t("Versions")),
            rx.el.dl(
                rx.foreach(
                    SystemState.versions,
                    lambda pair: rx.el.div(
                        rx.el.dt(pair[0]), rx.el.dd(pair[1], class_name="num"), class_name="fact"
                    ),
                ),
                class_name="facts",
            ),
            class_name="versions",
        ),
        title=t("Queue and storage"),
    )


def checks_card() -> rx.Component:
    """Return the newest comparison of all invariants, and the button that asks for one."""
    run = rx.cond(
        ShellState.may.contains("platform:system:write"),
        base.button(
            t("Run verify"),
            icon_name="scale",
            on_click=SystemState.run_verify,
            disabled=SystemState.verify_state == "RUNNING",
            custom_attrs={"data-action": "verify"},
        ),
    )
    return base.card(
        rx.el.p(
            t("Compares ledger, balances, shares, stock and orders with their sources."),
            class_name="soft",
        ),
        rx.el.div(
            _badge(SystemState.verify_state, _RUN),
            rx.el.span(SystemState.verify_at, " ", SystemState.verify_by, class_name="faint num"),
            class_name="actions",
            custom_attrs={"data-verify": SystemState.verify_state},
        ),
        rx.el.ul(rx.foreach(SystemState.checks, _check), class_name="checks"),
        title=t("Consistency"),
        actions=run,
    )


def _check(check: rx.Var[CheckView]) -> rx.Component:
    return rx.el.li(
        rx.cond(check.ok, base.icon("circle-check"), base.icon("circle-x")),
        rx.el.div(
            rx.el.span(word(check.meaning, MEANINGS)),
            rx.foreach(
                check.rows.to(list[str]), lambda row: rx.el.code(row, class_name="broken-row")
            ),
        ),
        class_name=rx.cond(check.ok, "check-good", "check-bad"),
    )
