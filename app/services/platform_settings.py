"""What the operator of the whole platform sets; each setting takes effect at its next use."""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import PUBLIC, Actor
from app.kit.db import database
from app.kit.errors import TradeError
from app.kit.settings import MAX_RESERVATION, MIN_RESERVATION, settings
from app.kit.text import Text
from app.services.sessions import REQUIRE_PLATFORM_TOTP
from app.services.versions import Stale

DEMO = "demo"
PLATFORM = "platform"
RESERVATION = "reservation"


class PlatformSettings(BaseModel):
    """All settings, checked.

    ``contact`` stands below every mail; ``reservation_minutes`` is how long an unpaid order holds
    its stock; ``shows_demo_logins`` whether the page to sign in offers the demo's logins.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(60)] = ""
    contact: Annotated[str, Text(120)] = ""
    reservation_minutes: Annotated[int, Field(ge=MIN_RESERVATION, le=MAX_RESERVATION)]
    requires_second_factor: bool = False
    shows_demo_logins: bool = False


class OwnFactorFirst(TradeError):
    """The rule would lock out the one who makes it."""

    code = "own_factor_first"
    status = 409
    message = "Set up your own two-step verification first, or this rule would lock you out."


async def current() -> PlatformSettings:
    """Return the settings as they are."""
    async with database().transaction(PUBLIC) as session:
        return await read_in(session)


async def read_in(session: AsyncSession) -> PlatformSettings:
    """Return the settings inside a transaction of whatever role."""
    found = await session.execute(
        text("select key, value from platform_settings where key = any(:keys)"),
        {"keys": [DEMO, PLATFORM, RESERVATION, REQUIRE_PLATFORM_TOTP]},
    )
    values = {row.key: row.value for row in found}
    place = values.get(PLATFORM, {})
    return PlatformSettings(
        name=place.get("name", ""),
        contact=place.get("contact", ""),
        reservation_minutes=values.get(RESERVATION, {}).get(
            "minutes", settings().reservation_minutes
        ),
        requires_second_factor=values.get(REQUIRE_PLATFORM_TOTP, {}).get("on", False),
        shows_demo_logins=values.get(DEMO, {}).get("on", False),
    )


async def version(actor: Actor) -> int:
    """Return the version of the settings: the sum of those of their rows."""
    actor.require("platform:settings:read")
    async with database().transaction(actor) as session:
        return await _version(session)


async def _version(session: AsyncSession) -> int:
    found = await session.scalar(
        text("select coalesce(sum(row_version), 0) from platform_settings where key = any(:keys)"),
        {"keys": [PLATFORM, RESERVATION, REQUIRE_PLATFORM_TOTP, DEMO]},
    )
    return int(found or 0)


async def change(actor: Actor, wish: PlatformSettings, made_of: int | None = None) -> None:
    """Store the settings; only what differs is written, so that the audit trail stays readable.

    ``made_of`` is the version that the wish was made of; without one nothing is compared. Raises
    Stale, Forbidden, or OwnFactorFirst where the rule would lock the actor out.
    """
    actor.require("platform:settings:write")
    values: dict[str, dict[str, object]] = {
        PLATFORM: {"name": wish.name, "contact": wish.contact},
        RESERVATION: {"minutes": wish.reservation_minutes},
        REQUIRE_PLATFORM_TOTP: {"on": wish.requires_second_factor},
        DEMO: {"on": wish.shows_demo_logins},
    }
    async with database().transaction(actor) as session:
        # Rows that are not there yet cannot be locked, so changes wait for one another here.
        await session.execute(_ONE_AFTER_ANOTHER)
        if made_of is not None and made_of != await _version(session):
            raise Stale()
        if await read_in(session) == wish:
            return
        if wish.requires_second_factor:
            await _check_own_factor(session, actor)
        for key, value in values.items():
            await session.execute(_STORE, {"key": key, "value": json.dumps(value)})


async def _check_own_factor(session: AsyncSession, actor: Actor) -> None:
    since = await session.scalar(
        text("select totp_enabled_at from users where id = :id"), {"id": actor.user_id}
    )
    if since is None:
        raise OwnFactorFirst()


_ONE_AFTER_ANOTHER = text("select pg_advisory_xact_lock(hashtextextended('settings', 21))")

_STORE = text(
    "insert into platform_settings (key, value) values (:key, cast(:value as jsonb))"
    " on conflict (key) do update set value = excluded.value, updated_at = now()"
    " where platform_settings.value <> excluded.value"
)
