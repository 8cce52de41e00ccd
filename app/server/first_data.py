"""What a new installation starts with: built-in roles always, the demo unless told otherwise."""

import asyncio
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import psycopg

from app.kit.db import Database, use_database
from app.kit.settings import Settings
from app.server.postgres import DatabaseUrls


def fill(
    settings: Settings, urls: DatabaseUrls, *, empty: bool, say: Callable[[str], None]
) -> None:
    """Bring roles and, on a first start, the demo or a set-up token into the database.

    A demo market that was interrupted is taken away first and made anew.
    """
    with _alone(urls) as owner:
        if _has_half_a_demo(owner):
            _take_all_away(owner)
        first = not _has_users(owner)
        asyncio.run(_fill(urls, demo=first and not empty, say=say))
    token = settings.data_dir / "setup-token"
    if empty and first and not token.exists():
        token.touch(mode=0o600)
        token.write_text(secrets.token_urlsafe(24))


@contextmanager
def _alone(urls: DatabaseUrls) -> Generator[psycopg.Connection[Any]]:
    """Open a connection of the owner that keeps every other filling of this database waiting."""
    with psycopg.connect(urls.owner_text, autocommit=True) as owner:
        owner.execute("select pg_advisory_lock(hashtext('first data'))")
        yield owner


def _as_engine(owner: psycopg.Connection[Any], question: str) -> bool:
    with owner.transaction():
        owner.execute("set local role tongshang_engine")
        return owner.execute(question.encode()).fetchone() == (True,)


def _has_users(owner: psycopg.Connection[Any]) -> bool:
    return _as_engine(owner, "select exists (select 1 from users)")


def _has_half_a_demo(owner: psycopg.Connection[Any]) -> bool:
    """Say whether a demo was begun and not ended, with nobody else in the database since."""
    return _as_engine(
        owner,
        "select exists (select 1 from platform_settings where key = 'demo'"
        " and value ->> 'whole' = 'false')"
        " and not exists (select 1 from users where email not like '%@demo.example')"
        " and not exists (select 1 from user_sessions)"
        " and not exists (select 1 from import_runs)",
    )


def _take_all_away(owner: psycopg.Connection[Any]) -> None:
    tables = owner.execute(
        "select string_agg(format('%I', tablename), ', ') from pg_tables"
        " where schemaname = current_schema() and tablename <> 'alembic_version'"
    ).fetchone()
    if tables:
        owner.execute(f"truncate {tables[0]} cascade".encode())


async def _fill(urls: DatabaseUrls, *, demo: bool, say: Callable[[str], None]) -> None:
    from app.services.roles import sync_built_in_roles

    database = Database(urls.app_text, pool_size=4)
    use_database(database)
    try:
        await sync_built_in_roles()
        if demo:
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
