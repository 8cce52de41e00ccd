"""A supplier's freight template."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import select

from app.access import Actor
from app.kit.db import database
from app.kit.regions import NAMES
from app.kit.text import Text
from app.services.addresses import NO_PROVINCE
from app.services.versions import Stale
from models.catalog import FreightTemplate

Cents = Annotated[int, Field(ge=0, le=10**8)]


def _known(code: str) -> str:
    if code not in NAMES:
        raise PydanticCustomError("text", "{message}", {"message": NO_PROVINCE})
    return code


ProvinceCode = Annotated[str, AfterValidator(_known)]


class FreightDraft(BaseModel):
    """What shipping costs, in cents; regions are two-digit province codes."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(60, 1)] = "默认模板"
    first_cents: Cents
    additional_cents: Cents = 0
    free_from_cents: Cents | None = None
    region_surcharges: dict[ProvinceCode, Cents] = {}
    refused_regions: tuple[ProvinceCode, ...] = ()


async def save_freight(actor: Actor, draft: FreightDraft, version: int | None = None) -> UUID:
    """Make or change the supplier's default template; placed orders keep their freight.

    ``version`` is that of the template that the draft was made of, 0 for none; without one
    nothing is compared. Raises Stale.
    """
    actor.require("supplier:freight:write")
    async with database().transaction(actor) as session:
        found = await session.execute(
            select(FreightTemplate)
            .where(
                FreightTemplate.supplier_id == actor.merchant,  # type: ignore[arg-type]
                FreightTemplate.is_default,  # type: ignore[arg-type]
            )
            .with_for_update()
        )
        stored = found.scalar_one_or_none()
        if version is not None and version != (stored.row_version if stored else 0):
            raise Stale()
        template = stored or FreightTemplate(supplier_id=actor.merchant, name="")
        template.name = draft.name
        template.first_cents = draft.first_cents
        template.additional_cents = draft.additional_cents
        template.free_from_cents = draft.free_from_cents
        template.region_surcharges = dict(draft.region_surcharges)
        template.refused_regions = list(draft.refused_regions)
        session.add(template)
        await session.flush()
        return template.id
