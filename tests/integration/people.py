"""People with logins for tests: users, the companies they work for, and their sessions."""

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.access import SYSTEM
from app.kit.clock import now
from app.kit.db import Database
from app.kit.ids import new_id
from app.services.passwords import hash_password
from app.services.roles import sync_built_in_roles
from app.services.sessions import token_hash
from models.identity import Membership, Merchant, User, UserSecret, UserSession

PASSWORD = "correct horse battery"


async def make_user(database: Database, email: str | None = None, password: str = PASSWORD) -> User:
    """Return a fresh user."""
    user = User(email=email or f"u{new_id().hex[-10:]}@test.example", name="陈青")
    async with database.engine_transaction(SYSTEM) as session:
        session.add(user)
        await session.flush()
        session.add(UserSecret(user_id=user.id, password_hash=await hash_password(password)))
    return user


async def make_merchant(
    database: Database, *, supplier: bool = True, distributor: bool = False, status: str = "ACTIVE"
) -> Merchant:
    """Return a fresh company."""
    merchant = Merchant(
        code=f"m-{new_id().hex[-10:]}",
        name="青窑",
        is_supplier=supplier,
        is_distributor=distributor,
        status=status,
    )
    async with database.engine_transaction(SYSTEM) as session:
        session.add(merchant)
    return merchant


async def join(
    database: Database, user_id: UUID, merchant_id: UUID | None, role: str = "owner"
) -> None:
    """Give a user a built-in role in a company, or on the platform without one."""
    await sync_built_in_roles()
    async with database.engine_transaction(SYSTEM) as session:
        role_id = await session.scalar(
            text("select id from roles where code = :code and is_built_in"), {"code": role}
        )
        session.add(Membership(user_id=user_id, merchant_id=merchant_id, role_id=role_id))


async def open_session(database: Database, user_id: UUID) -> str:
    """Return the token of a fresh session."""
    token = secrets.token_urlsafe(32)
    async with database.engine_transaction(SYSTEM) as session:
        session.add(
            UserSession(
                user_id=user_id,
                token_hash=token_hash(token),
                expires_at=now() + timedelta(days=1),
            )
        )
    return token
