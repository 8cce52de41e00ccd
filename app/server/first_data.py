"""What a new installation starts with: built-in roles always, the demo unless told otherwise."""

import asyncio
import secrets
from collections.abc import Callable
from hashlib import sha256

import psycopg

from app.kit.db import Database, use_database
from app.kit.settings import Settings
from app.server.postgres import DatabaseUrls


def fill(
    settings: Settings, urls: DatabaseUrls, *, empty: bool, say: Callable[[str], None]
) -> None:
    """Bring roles and, on a first start, the demo or a set-up token into the database."""
    # The demo takes several transactions, so an interrupted one is there in part.
    unfinished = settings.data_dir / "demo-unfinished"
    if unfinished.exists():
        say("The demo market was interrupted and lacks parts. For a whole one, remove the folder")
        say(f"{settings.data_dir} and start again.")
    elif not _has_users(urls):
        unfinished.touch(mode=0o600)
        asyncio.run(_fill(urls, empty=empty, say=say))
        unfinished.unlink()
    else:
        asyncio.run(_fill(urls, empty=empty, say=say))
    token = settings.data_dir / "setup-token"
    if empty and not _has_users(urls) and not token.exists():
        token.touch(mode=0o600)
        token.write_text(secrets.token_urlsafe(24))


def _has_users(urls: DatabaseUrls) -> bool:
    with psycopg.connect(urls.owner_text) as connection:
        connection.execute("set local role tongshang_engine")
        return connection.execute("select exists (select 1 from users)").fetchone() == (True,)


async def _fill(urls: DatabaseUrls, *, empty: bool, say: Callable[[str], None]) -> None:
    from app.services.roles import sync_built_in_roles

    database = Database(urls.app_text, pool_size=4)
    use_database(database)
    try:
        await sync_built_in_roles()
        if not empty and not _has_users(urls):
            from app.services.demo.market import seed_demo

            say("Making the demo market …")
            await seed_demo()
    finally:
        use_database(None)
        await database.close()


def logins(settings: Settings) -> list[str]:
    """Return the lines that tell a person where to begin."""
    token = settings.data_dir / "setup-token"
    if token.exists():
        address = f"{settings.origin}/setup?token={token.read_text().strip()}"
        return ["", f"  Set up the first operator: {address}", ""]
    from app.services.demo.goods import STORES
    from app.services.demo.market import LOGINS, PASSWORD

    lines = ["", f"  Demo logins (password {PASSWORD}):"]
    lines += [f"    {email:<28} {place}" for email, _, place in LOGINS]
    lines += ["", "  Demo stores:"]
    lines += [f"    {settings.origin}/s/{store[1]:<16} {store[2]}" for store in STORES]
    return [*lines, f"  Payment sandbox: {settings.sandbox_origin}", ""]


def token_hash(token: str) -> str:
    """Return the form in which tokens are kept."""
    return sha256(token.encode()).hexdigest()
