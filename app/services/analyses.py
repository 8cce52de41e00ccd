"""Saved analyses: questions of the explorer under a name, one's own or shared.

Who opens a shared one gets the answer that their own permissions allow; nothing of an answer is
kept. Row-level security holds every statement to the workspace and to what is shared with one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import Forbidden, Invalid, NotFound
from app.kit.i18n import N_
from app.kit.text import Text
from app.services.versions import check_version
from models.analyses import Analysis, Sharing

MOST_OWN = 200
SHARES = "analytics:write"
"""The right to share an analysis."""
MOST_PINNED = 6
"""So many analyses at most stand on a dashboard."""


class AnalysisDraft(BaseModel):
    """An analysis as its owner wants it."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(80, 1)]
    sharing: Sharing = Sharing.OWN
    role_id: UUID | None = None
    is_pinned: bool = False

    @model_validator(mode="after")
    def _role_fits(self) -> "AnalysisDraft":
        if (self.sharing is Sharing.ROLE) != (self.role_id is not None):
            raise ValueError("role_id")
        return self


@dataclass(frozen=True)
class Saved:
    """An analysis as it is opened. ``is_mine``: whether the actor may change it."""

    id: UUID
    name: str
    question: Mapping[str, str]
    sharing: str
    role_id: UUID | None
    is_pinned: bool
    is_mine: bool
    owner: str
    row_version: int


async def save(actor: Actor, draft: AnalysisDraft, question: Mapping[str, str]) -> UUID:
    """Keep a question under a name. Raises Forbidden or Invalid."""
    _check_sharing(actor, draft.sharing)
    if actor.user_id is None:
        raise Forbidden()
    async with database().transaction(actor) as session:
        await _check_room(session, actor)
        await _check_role(session, actor, draft.role_id)
        row = Analysis(
            user_id=actor.user_id,
            scope=actor.scope,
            merchant_id=actor.merchant_id,
            question=dict(question),
            **draft.model_dump(),
        )
        session.add(row)
        await session.flush()
        await _note_opening(session, actor, row.id)
        return row.id


async def change(
    actor: Actor,
    analysis_id: UUID,
    draft: AnalysisDraft,
    question: Mapping[str, str] | None = None,
    version: int | None = None,
) -> None:
    """Rename, share or pin one's own analysis, and give it another question if there is one.

    ``version`` is that of the analysis; see ``check_version``. Raises NotFound for anything that is
    not one's own, Stale, Forbidden, Invalid.
    """
    _check_sharing(actor, draft.sharing)
    async with database().transaction(actor) as session:
        await _check_role(session, actor, draft.role_id)
        row = await _own(session, actor, analysis_id)
        await check_version(session, "analyses", analysis_id, version)
        row.sharing, row.role_id, row.name = draft.sharing, draft.role_id, draft.name
        row.is_pinned, row.updated_at = draft.is_pinned, now()
        if question is not None:
            row.question = dict(question)
        await session.flush()


async def remove(actor: Actor, analysis_id: UUID) -> None:
    """Forget an analysis; one that is shared can also go by who manages analyses.

    Raises NotFound.
    """
    actor.require(f"{actor.scope}:analytics:read")
    async with database().transaction(actor) as session:
        gone = await session.execute(
            text("delete from analyses where id = :id returning id"), {"id": analysis_id}
        )
        if gone.first() is None:
            raise NotFound()


_SAVED = (
    "select a.id, a.name, a.question, a.sharing, a.role_id, a.is_pinned,"
    " a.user_id = :user as is_mine, coalesce(c.name, '') as owner, a.row_version"
    " from analyses a left join colleagues() c on c.id = a.user_id"
)


async def open_saved(actor: Actor, analysis_id: UUID) -> Saved:
    """Return an analysis of the actor's own or one that is shared with them. Raises NotFound."""
    actor.require(f"{actor.scope}:analytics:read")
    async with database().transaction(actor) as session:
        saved = await look_at(session, actor, analysis_id)
        await _note_opening(session, actor, analysis_id)
        return saved


async def look_at(session: AsyncSession, actor: Actor, analysis_id: UUID) -> Saved:
    """Return an analysis that the actor may open, inside a transaction. Raises NotFound."""
    values = {"id": analysis_id, "user": actor.user_id}
    row = (await session.execute(text(f"{_SAVED} where a.id = :id"), values)).mappings().first()
    if row is None:
        raise NotFound()
    return Saved(**row)


async def pinned(actor: Actor) -> list[Saved]:
    """Return the analyses that stand on the actor's dashboard; none who may not explore."""
    if not actor.may(f"{actor.scope}:analytics:read"):
        return []
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(f"{_SAVED} where a.is_pinned order by a.created_at, a.id limit :most"),
            {"user": actor.user_id, "most": MOST_PINNED},
        )
        return [Saved(**row) for row in found.mappings()]


def _check_sharing(actor: Actor, sharing: Sharing) -> None:
    right = "read" if sharing is Sharing.OWN else "write"
    actor.require(f"{actor.scope}:analytics:{right}")


async def _check_room(session: AsyncSession, actor: Actor) -> None:
    own = await session.scalar(
        text("select count(*) from analyses where user_id = :user"), {"user": actor.user_id}
    )
    if (own or 0) >= MOST_OWN:
        raise Invalid({"name": N_("This is more than allowed.")})


async def _check_role(session: AsyncSession, actor: Actor, role_id: UUID | None) -> None:
    if role_id is None:
        return
    known = await session.scalar(
        text(
            "select 1 from roles where id = :id"
            " and is_platform = ((select app_scope()) = 'platform')"
        ),
        {"id": role_id},
    )
    if known is None:
        raise Invalid({"sharing": N_("Please choose one.")})


async def _own(session: AsyncSession, actor: Actor, analysis_id: UUID) -> Analysis:
    row = await session.get(Analysis, analysis_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound()
    return row


async def _note_opening(session: AsyncSession, actor: Actor, analysis_id: UUID) -> None:
    values: dict[str, Any] = {"id": analysis_id, "user": actor.user_id, "now": now()}
    await session.execute(
        text(
            "insert into analysis_readers (analysis_id, user_id, opened_at)"
            " values (:id, :user, :now)"
            " on conflict (analysis_id, user_id) do update set opened_at = excluded.opened_at"
        ),
        values,
    )
