"""What kind of installation this is."""

from sqlalchemy import text

from app.access import PUBLIC
from app.kit.db import database

DEMO = "demo"
"""The key in platform_settings; ``{"on": true}`` where the demo's data and logins are present."""


async def is_demo() -> bool:
    """Say whether the demo market was made here, so that its logins may be shown to anybody."""
    async with database().transaction(PUBLIC) as session:
        found = await session.scalar(
            text(
                "select coalesce((value ->> 'on')::boolean, false) from platform_settings"
                " where key = :key"
            ),
            {"key": DEMO},
        )
    return bool(found)
