"""What a serving process opens when it starts and closes when it ends."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.engine import URL

from app.kit import logs
from app.kit.db import Database, use_database
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.postgres import prepare


def app_database_url() -> str:
    """Return the URL of the app's role: handed down by ``up``, or worked out by itself."""
    handed_down = settings().app_database_url
    return handed_down or prepare(settings(), master_secret()).app_text


def owner_database_url() -> URL:
    """Return the URL of the owner, as which only whole tables are written."""
    return prepare(settings(), master_secret()).owner


@asynccontextmanager
async def serving() -> AsyncGenerator[None]:
    """Hold the process's database open, and log as a process does."""
    logs.configure()
    opened = Database(app_database_url(), pool_size=settings().pool_size)
    use_database(opened)
    try:
        yield
    finally:
        use_database(None)
        await opened.close()
