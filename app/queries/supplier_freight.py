"""A supplier's freight template."""

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.services.freight import FreightDraft


async def freight_template(actor: Actor) -> FreightDraft | None:
    """Return the actor's default template, or None before there is one."""
    return (await stored_freight(actor))[0]


async def stored_freight(actor: Actor) -> tuple[FreightDraft | None, int]:
    """Return the actor's default template with its version; None and 0 before there is one."""
    actor.require("supplier:freight:read")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select name, first_cents, additional_cents, free_from_cents, region_surcharges,"
                " refused_regions, row_version from freight_templates"
                " where supplier_id = (select app_supplier()) and is_default"
            )
        )
        row = found.mappings().first()
    if row is None:
        return None, 0
    stored = dict(row)
    version: int = stored.pop("row_version")
    return FreightDraft.model_validate(stored), version
