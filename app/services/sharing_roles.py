"""The roles of a workspace with which something can be shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database


@dataclass(frozen=True)
class SharingRole:
    """A role with which one may share; ``code`` names a built-in one."""

    id: UUID
    code: str
    name: str
    is_built_in: bool


_ROLES = text(
    "select id, code, name, is_built_in from roles"
    " where is_platform = ((select app_scope()) = 'platform')"
    " order by not is_built_in, created_at, id"
)


async def roles_to_share_with(actor: Actor, right: str) -> Sequence[SharingRole]:
    """Return the workspace's roles; none for who lacks ``right``, such as ``roles:write``."""
    if not actor.may(f"{actor.scope}:{right}"):
        return []
    async with database().transaction(actor) as session:
        found = await session.execute(_ROLES)
        return [SharingRole(**row) for row in found.mappings()]
