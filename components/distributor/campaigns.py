"""A store's campaign links: a small table, and each link as a code to print or send."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import CHANNEL
from components.actions import action_button, action_dialog, action_icon
from components.ui import base
from components.ui.dialogs import dialog
from components.ui.links import file_link
from components.ui.text import t, word
from state.distributor.campaigns import CampaignsState

_State = CampaignsState
_HEADS = (
    (N_("Campaign"), ""),
    (N_("Channel"), ""),
    (N_("Link"), ""),
    (N_("Visitors"), "right"),
    (N_("Orders"), "right"),
    (N_("Paid value"), "right"),
    (N_("Created on"), ""),
)


def campaign_links() -> rx.Component:
    """Return the card with the links of the store that the page is about."""
    return base.card(
        rx.cond(
            _State.loaded,
            rx.cond(_State.links.length() > 0, _table(), _nothing()),
            rx.el.div(base.skeleton(3), class_name="pad"),
        ),
        *(action_dialog(_State, action) for action in _State.actions if action.asks),
        _code(),
        title=t("Campaign links"),
        actions=action_button(_State, "create", ""),
        class_name="flush",
        on_mount=_State.load,
        custom_attrs={"data-campaigns": ""},
    )


def _nothing() -> rx.Component:
    return base.empty(
        t("No campaign links yet"),
        t("Create one for each channel and see which brings customers."),
        name="megaphone",
    )


def _table() -> rx.Component:
    heads = [rx.el.th(t(head), scope="col", class_name=side) for head, side in _HEADS]
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*heads, rx.el.th(rx.el.span(t("Actions"), class_name="sr-only")))),
            rx.el.tbody(rx.foreach(_State.links, _row)),
            class_name="table",
        ),
        class_name="table-wrap",
    )


def _row(link: rx.Var[dict[str, str]]) -> rx.Component:
    cells = (
        (link["name"], "c-title"),
        (word(link["channel"], CHANNEL), ""),
        (rx.el.code("?c=" + link["code"].to(str)), "c-code"),
        (link["visitors"], "right num"),
        (link["orders"], "right num"),
        (link["paid_cents"], "right num"),
        (link["created_at"], "c-day"),
    )
    shown = [
        rx.el.td(
            rx.el.span(t(head), class_name="phone-label", aria_hidden="true"),
            value,
            class_name=class_name,
        )
        for (head, _), (value, class_name) in zip(_HEADS, cells, strict=True)
    ]
    buttons = rx.el.div(
        base.icon_button("qr-code", t("Show QR code"), on_click=_State.share(link["id"]),
                         custom_attrs={"data-action": "share"}),
        base.icon_button("copy", t("Copy the link"), on_click=_copied(link["address"])),
        action_icon(_State, "end", link["id"]),
        class_name="row-actions",
    )  # fmt: skip
    return rx.el.tr(*shown, rx.el.td(buttons, class_name="last"), key=link["id"])


def _copied(address: Any) -> list[Any]:
    return [rx.set_clipboard(address), rx.toast.success(t("Copied."))]


def _code() -> rx.Component:
    shared = _State.shared
    return dialog(
        rx.el.div(
            rx.el.img(src=shared["picture"], alt=t("QR code of the campaign's link"),
                      class_name="qr"),
            rx.el.code(shared["address"], class_name="address"),
            rx.el.div(
                base.button(t("Copy the link"), kind="primary", icon_name="copy",
                            on_click=_copied(shared["address"])),
                file_link(base.icon("download"), rx.el.span(t("Download QR code")),
                        href=shared["picture"], name=shared["file"],
                        class_name="btn btn-plain"),
                class_name="actions",
            ),
            class_name="stack-s share",
        ),
        is_open=shared.length() > 0,
        on_close=_State.unshare,
        title=shared["name"],
        hint=t("Visitors and orders of this link are counted within a minute."),
    )  # fmt: skip
