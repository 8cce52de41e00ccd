"""What the form of a mailed report offers and shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound


@dataclass(frozen=True)
class Colleague:
    """Somebody to whom a report may go."""

    id: UUID
    name: str
    email: str


async def colleagues(actor: Actor) -> Sequence[Colleague]:
    """Return who works in the actor's workspace. Raises Forbidden."""
    actor.require(f"{actor.scope}:analytics:write")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text("select id, name, email from colleagues() order by name, email")
        )
        return [Colleague(**row) for row in found.mappings()]


@dataclass(frozen=True)
class NamedAnalysis:
    """A saved analysis that the actor may open."""

    id: UUID
    name: str


async def analyses_of(actor: Actor) -> Sequence[NamedAnalysis]:
    """Return the analyses that the actor may open, by name."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text("select id, name from analyses order by name, id limit 300")
        )
        return [NamedAnalysis(**row) for row in found.mappings()]


async def schedule_of(actor: Actor, schedule_id: UUID) -> dict[str, Any]:
    """Return a schedule's columns and its ``receivers``. Raises NotFound."""
    async with database().transaction(actor) as session:
        row = (
            (
                await session.execute(
                    text(
                        "select s.*, array(select r.user_id::text from report_receivers r"
                        " where r.schedule_id = s.id and r.unsubscribed_at is null) as receivers"
                        " from report_schedules s where s.id = :id"
                    ),
                    {"id": schedule_id},
                )
            )
            .mappings()
            .first()
        )
        if row is None:
            raise NotFound()
        return dict(row)
