"""The built-in roles as rows, so that memberships can refer to them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import BUILT_IN_ROLES, SYSTEM
from app.services.engine import engine_transaction
from app.services.ledger import open_platform_accounts


async def sync_built_in_roles() -> None:
    """Write the built-in roles of ``app.access`` into the database. Idempotent."""
    async with engine_transaction(SYSTEM, "roles.sync") as session:
        for role in BUILT_IN_ROLES:
            role_id = await _role_id(session, role.code, role.name, platform=role.platform)
            wanted = sorted(role.permissions)
            await session.execute(
                text(
                    "delete from role_permissions"
                    " where role_id = :role and permission <> all(:wanted)"
                ),
                {"role": role_id, "wanted": wanted},
            )
            await session.execute(
                text(
                    "insert into role_permissions (role_id, permission)"
                    " select :role, unnest(cast(:wanted as text[])) on conflict do nothing"
                ),
                {"role": role_id, "wanted": wanted},
            )
        await open_platform_accounts(session)


async def _role_id(session: AsyncSession, code: str, name: str, *, platform: bool) -> object:
    found = await session.execute(
        text("select id from roles where code = :code and merchant_id is null"), {"code": code}
    )
    row = found.first()
    if row is not None:
        return row.id
    made = await session.execute(
        text(
            "insert into roles (id, code, name, is_platform, is_built_in)"
            " values (new_uuid(), :code, :name, :platform, true) returning id"
        ),
        {"code": code, "name": name, "platform": platform},
    )
    return made.scalar_one()
