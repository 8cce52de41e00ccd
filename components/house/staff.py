"""The page of a workspace's people."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui import base
from components.ui.dialogs import dialog
from components.ui.text import t
from state.house.staff import StaffState
from state.shell import ShellState


def staff_page(state: type[StaffState]) -> rx.Component:
    """Return the page: the list, and the link of an invitation that no mail carries."""
    return rx.fragment(
        list_page(
            state,
            hint=t("Who works in this workspace, and in which role."),
            empty_hint=N_("Invite somebody to work with you."),
        ),
        _waiting(state),
        _invitation(state),
    )


def _waiting(state: type[StaffState]) -> rx.Component:
    """Return the invitations that nobody has taken up yet."""
    return rx.cond(
        state.waiting.length() > 0,
        base.card(
            rx.el.ul(
                rx.foreach(state.waiting, lambda one: _open_one(state, one)), class_name="parts"
            ),
            title=t("Open invitations"),
        ),
    )


def _open_one(state: type[StaffState], one: rx.Var[list[str]]) -> rx.Component:
    scope = state.resource.permission.split(":")[0]
    return rx.el.li(
        rx.el.div(
            rx.el.b(one[1]),
            rx.el.span(one[2], " · ", t("Valid until"), " ", one[3], class_name="soft"),
        ),
        rx.cond(
            ShellState.may.contains(f"{scope}:staff:write"),
            base.button(t("Take back"), on_click=state.take_back(one[0])),
        ),
    )


def _invitation(state: type[StaffState]) -> rx.Component:
    return dialog(
        rx.el.div(
            rx.el.input(
                value=state.invitation,
                read_only=True,
                id="invitation-link",
                aria_label=t("Link of the invitation"),
                class_name="input",
            ),
            base.button(
                t("Copy"),
                kind="primary",
                icon_name="copy",
                on_click=[
                    rx.set_clipboard(state.invitation),
                    rx.toast.success(t("Copied.")),
                ],
            ),
            class_name="copy-row",
        ),
        is_open=state.invitation != "",
        on_close=state.handed_on,
        title=t("Invitation"),
        hint=t(
            "No mail server is configured, so nothing was sent. Hand this link on yourself; it"
            " works once within 7 days, and is not shown again."
        ),
    )
