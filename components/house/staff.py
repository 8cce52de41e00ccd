"""The page of a workspace's people."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui import base
from components.ui.dialogs import dialog
from components.ui.text import t
from state.house.staff import StaffState


def staff_page(state: type[StaffState]) -> rx.Component:
    """Return the page: the list, and the link of an invitation that no mail carries."""
    return rx.fragment(
        list_page(
            state,
            hint=t("Who works in this workspace, and in which role."),
            empty_hint=N_("Invite somebody to work with you."),
        ),
        _invitation(state),
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
