"""One store: texts, look, usual pricing, featured goods, link and QR code."""

import reflex as rx

from app.kit.i18n import N_
from app.kit.pictures import MAX_BYTES, TooLarge
from components.actions import form_field
from components.distributor.campaigns import campaign_links
from components.distributor.pricing import rule_inputs
from components.house.audit import history_link
from components.record import record_page
from components.ui import base, forms
from components.ui.links import file_link, outside_link
from components.ui.text import t
from components.ui.uploads import PICTURE_TYPES, UPLOAD_FAILED
from components.unsaved import unsaved
from state.distributor.stores import LOOK_FIELDS, TEXT_FIELDS, StoreState
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/stores/[store]"
TITLE = N_("Store")
LOAD = StoreState.load

_State = StoreState
_SWATCHES = ("#9a4f2c", "#a32d45", "#7a3f86", "#3a4bb0", "#1f6a8c", "#0f766e", "#3f6b2f", "#44484e")


def page() -> rx.Component:
    """Return the page."""
    return record_page(_State, _content(), back=ShellState.path + "/stores")


def _may(shown: rx.Component) -> rx.Component:
    return rx.cond(ShellState.may.contains("distributor:store:write"), shown)


def _content() -> rx.Component:
    return rx.el.div(
        base.page_head(
            _State.values["name"],
            history_link("distributor", _State.store_id),
            outside_link(
                base.icon("external-link"),
                rx.el.span(t("Open my store")),
                # Who works here is no visitor to count.
                href=_State.address + "?count=off",
                new_tab=True,
                class_name="btn btn-primary",
            ),
            back=ShellState.path + "/stores",
        ),
        rx.el.div(
            rx.el.div(_form(), _featured(), class_name="stack"),
            rx.el.div(_link(), _usual(), class_name="stack"),
            class_name="columns",
        ),
        campaign_links(),
        class_name="stack",
    )


def _form() -> rx.Component:
    texts = [form_field(_State, f) for f in TEXT_FIELDS]
    look = [form_field(_State, f) for f in LOOK_FIELDS]
    return rx.el.form(
        unsaved("store:" + _State.store_id, state=_State, part="store", round=_State.round),
        base.card(
            rx.el.div(*texts, class_name="form-grid"),
            forms.switch("is_open", t("Open to customers"), _State.values["is_open"] == "true"),
            title=t("Store"),
        ),
        base.card(
            _logo(),
            _accent(),
            *look,
            _may(forms.form_buttons(t("Save"))),
            title=t("Appearance"),
        ),
        on_submit=_State.save,
        key=_State.round.to_string(),
        class_name="stack",
        custom_attrs={"data-form": "store"},
    )


def _logo() -> rx.Component:
    """A picture goes to the server at once; the form then carries its key."""
    key = _State.values["logo_key"]
    src = rx.cond(key != "", "/media/" + key + "/240.webp", "/no-picture.svg")
    return rx.el.div(
        rx.el.span(t("Logo"), class_name="label"),
        rx.el.div(
            rx.el.img(src=src, alt=t("Logo"), class_name="thumb",
                      style={"width": "64px", "height": "64px"},
                      custom_attrs={"data-console-upload-picture": ""}),
            rx.el.label(
                base.icon("upload"),
                rx.el.span(t("Choose a picture")),
                rx.el.input(
                    type="file", accept=PICTURE_TYPES, class_name="sr-only",
                    custom_attrs={"data-console-upload": "/upload" + ShellState.path + "/picture"},
                ),
                class_name="btn btn-plain",
            ),
            rx.el.button(t("Remove"), type="button", class_name="btn btn-quiet",
                         custom_attrs={"data-console-upload-clear": ""}),
            rx.el.input(type="hidden", name="logo_key", key="logo" + key, default_value=key,
                        custom_attrs={"data-console-upload-key": ""}),
            class_name="upload-row",
        ),
        rx.el.p(class_name="fault", hidden=True, role="alert",
                custom_attrs={"data-console-upload-fault": "",
                              "data-console-max-bytes": str(MAX_BYTES),
                              "data-console-too-large": t(TooLarge.message),
                              "data-console-failed": t(UPLOAD_FAILED)}),
        class_name="field",
        custom_attrs={"data-console-upload-field": ""},
    )  # fmt: skip


def _accent() -> rx.Component:
    value = _State.values["accent"]
    swatches = [
        rx.el.button(
            type="button",
            aria_label=t("Colour %(colour)s", colour=colour),
            style={"background": colour},
            class_name="swatch",
            custom_attrs={"data-console-swatch": colour},
        )
        for colour in _SWATCHES
    ]
    return forms.field(
        t("Colour"),
        rx.el.div(
            rx.el.input(type="color", name="accent", id="f-accent", key=value,
                        default_value=value, class_name="colour"),
            *swatches,
            class_name="swatches",
        ),
        name="accent",
        error=_State.errors.get("accent", ""),
        help=t("For buttons and links. Darkened or lightened automatically where it would be hard "
               "to read."),
    )  # fmt: skip


def _link() -> rx.Component:
    return base.card(
        rx.el.img(src=_State.qr, alt=t("QR code of the store's link"), class_name="qr"),
        rx.el.code(_State.address, class_name="address"),
        rx.el.div(
            base.button(t("Copy the link"), icon_name="copy",
                        on_click=[rx.set_clipboard(_State.address),
                                  rx.toast.success(t("Copied."))]),
            file_link(base.icon("download"), rx.el.span(t("Download QR code")), href=_State.qr,
                    name=_State.slug + ".svg", class_name="btn btn-plain"),
            class_name="actions",
        ),
        title=t("Share"),
    )  # fmt: skip


def _usual() -> rx.Component:
    return base.card(
        rx.el.form(
            unsaved(
                "usual:" + _State.store_id,
                state=_State,
                part="usual",
                round=_State.round,
                notes=False,
            ),
            rule_inputs(_State, prefix="usual-"),
            _may(forms.form_buttons(t("Save"))),
            on_submit=_State.save_usual,
            class_name="stack tight",
            custom_attrs={"data-form": "usual"},
        ),
        rx.el.p(t("One-click listing uses it; each listing can differ."), class_name="help"),
        title=t("Usual prices"),
    )


def _featured() -> rx.Component:
    return base.card(
        rx.el.p(t("Shown first on the store's home page, in this order."), class_name="soft"),
        rx.cond(
            _State.featured.length() > 0,
            rx.el.ol(rx.foreach(_State.featured, _featured_row), class_name="picked-list"),
        ),
        _may(
            rx.el.div(
                rx.el.input(
                    placeholder=t("Find a product of this store"),
                    aria_label=t("Find a product of this store"),
                    on_change=_State.look_up.debounce(250),
                    auto_complete="off",
                    class_name="input",
                ),
                rx.el.ul(rx.foreach(_State.found, _found_row), class_name="picked-list"),
                class_name="stack tight",
            )
        ),
        title=t("Featured products"),
    )


def _featured_row(row: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        base.picture(row["picture"], size=36),
        rx.el.span(row["title"], class_name="grow"),
        rx.el.span(row["price_cents"], class_name="soft num"),
        _may(
            rx.el.span(
                base.icon_button("arrow-up", t("Move up"), on_click=_State.raise_up(row["id"])),
                base.icon_button("x", t("Stop featuring"), on_click=_State.drop(row["id"])),
            )
        ),
        key=row["id"],
    )


def _found_row(row: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        base.picture(row["picture"], size=36),
        rx.el.span(row["title"], class_name="grow"),
        base.button(t("Feature"), icon_name="plus", on_click=_State.add(row["id"])),
        key=row["id"],
    )
