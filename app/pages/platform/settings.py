"""The settings of the whole platform."""

import reflex as rx

from app.kit.i18n import N_
from components.actions import form_field
from components.ui import base, forms
from components.ui.text import t
from components.unsaved import merge_dialog, unsaved
from state.platform.settings import SettingsState

ROUTE = "/platform/[merchant]/settings"
TITLE = N_("Settings")
LOAD = SettingsState.load


def _form() -> rx.Component:
    form = rx.el.form(
        unsaved("settings", state=SettingsState, part="form", round=SettingsState.bases_made),
        *(form_field(SettingsState, field) for field in SettingsState.fields),
        forms.form_buttons(t("Save")),
        on_submit=SettingsState.submit,
        class_name="stack",
        key=SettingsState.bases_made.to_string(),
        custom_attrs={"data-form": "settings"},
    )
    return rx.fragment(form, merge_dialog(SettingsState))


def page() -> rx.Component:
    """Return the page."""
    return rx.el.div(
        base.page_head(t("Settings"), hint=t("They take effect at once, for everybody.")),
        base.card(rx.cond(SettingsState.loaded, _form(), base.skeleton(5)), class_name="narrow"),
        class_name="stack",
    )
