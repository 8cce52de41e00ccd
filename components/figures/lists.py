"""The pages of saved analyses, of mailed reports, and of what became of them."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui import base
from components.ui.text import t
from state.analyses import AnalysesState
from state.reports import DeliveriesState, SchedulesState
from state.shell import ShellState


def analyses_page(state: type[AnalysesState]) -> rx.Component:
    """Return the list of saved analyses."""
    return list_page(
        state,
        hint=t("Your own saved analyses and those that others share with you."),
        head_actions=(
            base.link_button(
                t("New analysis"), ShellState.path + "/explore", kind="primary", icon_name="plus"
            ),
        ),
        empty_hint=N_("Analyses that you save in the explorer appear here."),
    )


def schedules_page(state: type[SchedulesState]) -> rx.Component:
    """Return the list of mailed reports."""
    return list_page(
        state,
        hint=t("Dashboards and analyses that go out by mail, to each with their own permissions."),
        head_actions=(
            base.link_button(
                t("Deliveries"), ShellState.path + "/deliveries", kind="quiet", icon_name="history"
            ),
        ),
        empty_hint=N_("Receive a dashboard or an analysis by e-mail, for example every Monday."),
    )


def deliveries_page(state: type[DeliveriesState]) -> rx.Component:
    """Return the list of what became of reports."""
    return list_page(
        state,
        hint=t("Which report went to whom, and why one did not."),
        head_actions=(
            base.link_button(
                t("Scheduled reports"),
                ShellState.path + "/reports",
                kind="quiet",
                icon_name="arrow-left",
            ),
        ),
        empty_hint=N_("Nothing has been sent yet."),
    )
