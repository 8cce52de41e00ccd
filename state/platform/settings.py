"""The settings of the whole platform."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx

from app.kit.i18n import N_
from app.services import platform_settings
from app.services.inputs import read
from state.forming import FormState
from state.gate import acting
from state.merging import Stored
from state.screens import Field


class SettingsState(FormState, rx.State):
    """The form of the settings; who may write is checked by the service."""

    permission: ClassVar[str] = "platform:settings:read"
    fields: ClassVar = (
        Field("name", N_("Name of the platform"),
              help=N_("Shown in invitations to the platform's own staff.")),
        Field("contact", N_("How to reach the platform"),
              help=N_("Shown at the end of every e-mail, such as a phone number or an address.")),
        Field("reservation_minutes", N_("Unpaid orders hold their stock (minutes)"), "number",
              required=True, help=N_("From 5 minutes to a day. Existing orders are not affected.")),
        Field("requires_second_factor", N_("Platform staff must use two-step verification"),
              "switch"),
        Field("shows_demo_logins", N_("Show the demo accounts on the sign-in page"), "switch"),
    )  # fmt: skip

    async def _read(self) -> Stored:
        version = await platform_settings.version(acting().actor)
        found = await platform_settings.current()
        values = {
            "name": found.name,
            "contact": found.contact,
            "reservation_minutes": str(found.reservation_minutes),
            "requires_second_factor": "true" if found.requires_second_factor else "",
            "shows_demo_logins": "true" if found.shows_demo_logins else "",
        }
        return Stored(version, values)

    async def _save(self, values: Mapping[str, Any], version: int | None) -> Any:
        wish = read(platform_settings.PlatformSettings, dict(values))
        await platform_settings.change(acting().actor, wish, version)
