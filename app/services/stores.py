"""A distributor's stores: opened in minutes, decorated, closed."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import Invalid, NotFound
from app.services.merchants import SLUG
from models.store import Store, StoreStatus

RESERVED_SLUGS = {"admin", "api", "assets", "console", "media", "platform", "static", "www"}


class StoreDraft(BaseModel):
    """A store as its distributor types it. ``accent`` is a colour such as #0f766e."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: UUID | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    slug: Annotated[str, StringConstraints(pattern=SLUG)]
    tagline: Annotated[str, StringConstraints(max_length=120)] = ""
    announcement: Annotated[str, StringConstraints(max_length=200)] = ""
    contact_phone: Annotated[str, StringConstraints(max_length=20)] = ""
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#b4532a"
    is_open: bool = True


async def save_store(actor: Actor, draft: StoreDraft) -> UUID:
    """Open a store or change it. Raises NotFound, or Invalid when the address is taken."""
    actor.require("distributor:store:write")
    if draft.slug in RESERVED_SLUGS:
        raise Invalid({"slug": "This address is taken. Choose another."})
    try:
        async with database().transaction(actor) as session:
            store = Store(distributor_id=actor.merchant, slug=draft.slug, name=draft.name)
            if draft.id is not None:
                found = await session.execute(
                    select(Store).where(
                        Store.id == draft.id,  # type: ignore[arg-type]
                        Store.distributor_id == actor.merchant,  # type: ignore[arg-type]
                    )
                )
                store = found.scalar_one_or_none()
                if store is None:
                    raise NotFound()
            _fill(store, draft)
            session.add(store)
            await session.flush()
            return store.id
    except IntegrityError as error:
        raise Invalid({"slug": "This address is taken. Choose another."}) from error


def _fill(store: Store, draft: StoreDraft) -> None:
    store.slug = draft.slug
    store.name = draft.name
    store.tagline = draft.tagline or None
    store.announcement = draft.announcement or None
    store.contact_phone = draft.contact_phone or None
    store.theme = {**store.theme, "accent": draft.accent.lower()}
    store.status = StoreStatus.OPEN if draft.is_open else StoreStatus.CLOSED
    store.updated_at = now()
