"""A supplier's freight template."""

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.services.freight import FreightDraft


async def freight_template(actor: Actor) -> FreightDraft | None:
    """Return the actor's default template, or None before there is one."""
    actor.require("supplier:freight:read")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select name, first_cents, additional_cents, free_from_cents, region_surcharges,"
                " refused_regions from freight_templates"
                " where supplier_id = (select app_supplier()) and is_default"
            )
        )
        row = found.mappings().first()
        return None if row is None else FreightDraft.model_validate(dict(row))
