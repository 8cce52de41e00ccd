"""A second way into the database, for histories of millions of rows."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy.engine import URL

from app.kit.db import Database

_OPTIONS = "-c session_replication_role=replica -c temp_buffers=128MB"
"""Batches are prepared in temporary tables, which lie in files where there is no room for them."""


@asynccontextmanager
async def bulk_writer(owner: URL) -> AsyncGenerator[Database | None]:
    """Open the database without its foreign keys' triggers, where the owner may do that.

    They are more than half of the work, one look-up for each of some forty references of an
    order, all of which the statements took from the tables referred to. The tests write the same
    history with them, and ``verify`` compares it afterwards.
    """
    if not _is_superuser(owner):
        yield None
        return
    url = owner.update_query_dict({"options": _OPTIONS})
    writer = Database(url.render_as_string(hide_password=False), pool_size=4)
    try:
        yield writer
    finally:
        await writer.close()


def _is_superuser(owner: URL) -> bool:
    url = owner.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        found = connection.execute("select rolsuper from pg_roles where rolname = current_user")
        return found.fetchone() == (True,)
