"""The first operator of an installation without demo data, let in by a token on its disk."""

import secrets
from pathlib import Path

from sqlalchemy import text

from app.access import PUBLIC
from app.kit.rate_limits import hit
from app.kit.settings import settings
from app.services.accounts import NewUser, add_user, check_password
from app.services.engine import engine_transaction
from app.services.one_time import LinkExpired
from app.services.passwords import hash_password
from app.services.sessions import Client, start


def token_file() -> Path:
    """Return where ``tongshang up --empty`` leaves the token."""
    return settings().data_dir / "setup-token"


def check_token(token: str) -> None:
    """Raise LinkExpired unless ``token`` is the one on the disk."""
    file = token_file()
    kept = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    if not kept or not secrets.compare_digest(kept.encode(), token.encode()):
        raise LinkExpired()


async def set_up(token: str, wish: NewUser, client: Client) -> str:
    """Make the platform's owner and remove the token; return the session's token.

    Raises LinkExpired for a wrong token or once there is any user, Invalid, TooMany.
    """
    await hit("token", address=client.ip)
    check_token(token)
    check_password(wish.password, wish.email)
    hashed = await hash_password(wish.password)
    async with engine_transaction(PUBLIC, "first_operator.set_up") as session:
        # Of two who come at once the second waits here, and then finds a user.
        await session.execute(text("lock table users in share row exclusive mode"))
        if await session.scalar(text("select exists (select 1 from users)")):
            raise LinkExpired()
        user_id = await add_user(session, wish, hashed)
        await session.execute(
            text(
                "insert into memberships (id, user_id, role_id) select new_uuid(), :user, id"
                " from roles where code = 'platform_owner' and is_built_in"
            ),
            {"user": user_id},
        )
        fresh = await start(session, user_id, client, passed=False)
    token_file().unlink(missing_ok=True)
    return fresh
