"""The shelves of the catalogue, in two levels, kept in the operator's order."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pypinyin import lazy_pinyin
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database
from app.kit.errors import Invalid, NotFound, TradeError
from app.kit.ids import new_id
from app.kit.search import CURRENT
from app.kit.text import Text
from app.services.engine import engine_transaction
from app.services.versions import check_version

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")


class CategoryInUse(TradeError):
    """The category still holds categories, products or split rules."""

    code = "category_in_use"
    status = 409
    message = "This category is in use: move its products, categories and split rules first."


class CategoryDraft(BaseModel):
    """A category as the operator types it; without a slug one is made of its name."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: UUID | None = None
    parent_id: UUID | None = None
    name_zh: Annotated[str, Text(60, 1)]
    name_en: Annotated[str, Text(60, 1)]
    slug: Annotated[str, Text(60)] = ""


async def save_category(actor: Actor, draft: CategoryDraft, version: int | None = None) -> UUID:
    """Create a category at the end of its shelf, or change one.

    ``version`` is that of the category; see ``check_version``. Raises NotFound; Stale; Invalid for
    a slug that is taken or malformed, or for a third level.
    """
    actor.require("platform:categories:write")
    slug = draft.slug or slug_of(draft.name_en) or slug_of(" ".join(lazy_pinyin(draft.name_zh)))
    # A change reaches into all suppliers' products, which are found by its name, too.
    changing = engine_transaction(actor, "search.index")
    async with changing if draft.id else database().transaction(actor) as session:
        if draft.id is not None:
            await check_version(session, "categories", draft.id, version)
        await _check(session, draft, slug)
        written = await session.execute(
            _CREATE if draft.id is None else _CHANGE,
            {**draft.model_dump(), "id": draft.id or new_id(), "slug": slug},
        )
        row = written.first()
        if row is None:
            raise NotFound()
        if draft.id is not None:
            # A job indexes them anew.
            await session.execute(_STALE, {"id": draft.id, "mark": CURRENT})
        return row.id


_STALE = text(
    "update products p set search_grams = array_remove(search_grams, cast(:mark as varchar))"
    " from categories c where c.id = p.category_id and :id in (c.id, c.parent_id)"
)


def slug_of(name: str) -> str:
    """Return a name as it may stand in an address: ``Tea & Coffee`` → ``tea-coffee``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:59]


async def _check(session: AsyncSession, draft: CategoryDraft, slug: str) -> None:
    if not SLUG.fullmatch(slug):
        raise Invalid({"slug": "Use lower-case letters, digits and hyphens."})
    taken = await session.execute(
        text("select 1 from categories where slug = :slug and id is distinct from :id"),
        {"slug": slug, "id": draft.id},
    )
    if taken.first() is not None:
        raise Invalid({"slug": "This short name is taken. Choose another."})
    if draft.parent_id is not None:
        await _check_level(session, draft)


async def _check_level(session: AsyncSession, draft: CategoryDraft) -> None:
    """Hold to two levels: a parent is on the first, and what has children stays there."""
    found = await session.execute(
        text(
            "select (select parent_id is null and id is distinct from :id from categories"
            "  where id = :parent_id) as fits,"
            " exists (select 1 from categories where parent_id = :id) as has_children"
        ),
        {"id": draft.id, "parent_id": draft.parent_id},
    )
    row = found.one()
    if not row.fits or row.has_children:
        raise Invalid({"parent_id": "Categories have two levels: choose a first-level category."})


_CREATE = text(
    "insert into categories (id, parent_id, slug, name_zh, name_en, position) values (:id,"
    " :parent_id, :slug, :name_zh, :name_en, (select coalesce(max(position), -1) + 1"
    " from categories where parent_id is not distinct from :parent_id)) returning id"
)

_CHANGE = text(
    "update categories set parent_id = :parent_id, slug = :slug, name_zh = :name_zh,"
    " name_en = :name_en where id = :id returning id"
)


async def move_category(actor: Actor, category_id: UUID, *, up: bool) -> None:
    """Move a category one place up or down among those beside it."""
    actor.require("platform:categories:write")
    async with database().transaction(actor) as session:
        await session.execute(_MOVE, {"id": category_id, "step": -1 if up else 1})


_MOVE = text(
    "with beside as (select id, row_number() over (order by position, id) as rank from categories"
    "  where parent_id is not distinct from (select parent_id from categories where id = :id)),"
    " swap as (select me.rank as mine, other.rank as theirs from beside me"
    "  join beside other on other.rank = me.rank + cast(:step as int) where me.id = :id)"
    " update categories c set position = case beside.rank when swap.mine then swap.theirs"
    "  when swap.theirs then swap.mine else beside.rank end"
    " from beside, swap where beside.id = c.id"
)


async def delete_category(actor: Actor, category_id: UUID) -> None:
    """Delete an empty category. Raises NotFound, CategoryInUse."""
    actor.require("platform:categories:write")
    try:
        async with database().transaction(actor) as session:
            gone = await session.execute(
                text("delete from categories where id = :id returning id"), {"id": category_id}
            )
            if gone.first() is None:
                raise NotFound()
    except IntegrityError as error:
        # The database knows all that refers to it, also what this actor may not read.
        raise CategoryInUse() from error
