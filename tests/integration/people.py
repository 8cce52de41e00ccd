"""People with logins for tests: users, the companies they work for, and their sessions."""

import re
import secrets
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import SYSTEM, Actor
from app.kit.clock import now
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.settings import settings
from app.routes import Workspace
from app.services import accounts, logins, mails
from app.services.passwords import hash_password
from app.services.roles import sync_built_in_roles
from app.services.sessions import Client, actor_for, token_hash
from models.identity import Membership, Merchant, User, UserSecret, UserSession

PASSWORD = "correct horse battery"
HERE = Client("192.0.2.1", "Firefox")


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


async def waiting_jobs(database: Database, task: str) -> list[dict[str, Any]]:
    """Take the waiting jobs of a task out of the queue."""
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalars(
            text("delete from procrastinate_jobs where task_name = :task returning args"),
            {"task": f"tongshang:{task}"},
        )
        return list(found)


async def sent_mails(database: Database) -> list[Any]:
    """Do the worker's part; return the messages in the outbox."""
    for job in await waiting_jobs(database, "mail_reset_link"):
        await accounts.mail_reset_link(**job)
    for job in await waiting_jobs(database, "send_mail"):
        await mails.send_sealed(**job)
    files = sorted((settings().data_dir / "outbox").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def token_in(mail: Any) -> str:
    found = re.search(r"token=(\S+)", mail.get_content())
    assert found
    return found[1]


async def account_of(database: Database, user: User) -> tuple[Actor, UUID, str]:
    token = (await logins.log_in(user.email, PASSWORD, HERE)).token
    actor, entered = await actor_for(token, Workspace("account"))
    return actor, entered.session_id, token
