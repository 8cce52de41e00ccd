"""The schema ``staging``: unlogged tables without policies, filled by COPY, gone after the run."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from io import BytesIO
from types import NoneType
from typing import Any, cast
from uuid import UUID

import polars as pl
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import Database
from app.kit.ids import id_range
from app.services.engine import engine_transaction
from app.services.imports.layout import KINDS, SQL_TYPES, Kind
from app.services.imports.problems import Problem

_PROBLEMS = """\
create unlogged table staging.problems (n bigint generated always as identity, kind text, line int,
  field text, problem text, value text default '', params text default '')"""

_DROP = """\
do $$ declare t record; begin
  for t in select tablename from pg_tables where schemaname = 'staging' loop
    execute format('drop table staging.%I', t.tablename);
  end loop;
end $$"""


@asynccontextmanager
async def work(
    actor: Actor, *, writes: bool = False, through: Database | None = None
) -> AsyncGenerator[AsyncSession]:
    """Open one transaction of the import, with memory for its joins."""
    async with engine_transaction(actor, "imports.bring", through) as session:
        await session.execute(text("set local work_mem = '128MB'"))
        await session.execute(text("set local jit = off"))
        if writes:
            await by_index(session, always=True)
        yield session


async def by_index(session: AsyncSession, *, always: bool) -> None:
    """Let plans of this transaction read by index wherever they can, or as the planner likes.

    The plans by which foreign keys are checked stay for the session. One that reads the whole of a
    table, made while it had few rows, would read it for each new row.
    """
    await session.execute(text(f"set local enable_seqscan = {'off' if always else 'on'}"))


def new_ids(number: str = "row_number() over ()") -> str:
    """Return SQL for a new identifier in each row of a statement, which tells rows by ``number``.

    It takes a fifteenth of the time of ``new_uuid()``, which asks the system for chance each time.
    """
    return f"(:id_range || lpad(to_hex({number}), 8, '0'))::uuid"


async def run(session: AsyncSession, statement: str, **params: object) -> Any:
    """Execute a statement with those of ``params`` that it names, each cast to its type.

    It may use ``new_ids`` once.
    """
    used: dict[str, object] = {}
    for name, value in {**params, "id_range": id_range()}.items():
        place = re.compile(rf"(?<![:\w]):{name}\b")
        if place.search(statement):
            # One that is only selected would otherwise have no type, or two.
            statement = place.sub(f"cast(:{name} as {_TYPES[type(value)]})", statement)
            used[name] = value
    return await session.execute(text(statement), used)


_TYPES: Mapping[type, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    datetime: "timestamptz",
    UUID: "uuid",
    NoneType: "uuid",
}
"""``None`` only stands for an identifier here."""


async def number(session: AsyncSession, statement: str, **params: object) -> int:
    """Return the one number that a statement answers."""
    return int((await run(session, statement, **params)).scalar_one() or 0)


async def refresh_statistics(session: AsyncSession, step: str) -> None:
    """Let the planner know the rows of a step; in a transaction of its own, for it takes locks."""
    await session.execute(text("select analyze_history(:step)"), {"step": step})


async def clear(session: AsyncSession) -> None:
    """Remove what an earlier run left."""
    await session.execute(text(_DROP))


async def prepare(session: AsyncSession, files: Mapping[str, str]) -> None:
    """Make an empty table for each kind, one for problems and one that names the files."""
    await clear(session)
    await session.execute(text(_PROBLEMS))
    await session.execute(text("create unlogged table staging.files (kind text, file text)"))
    names = pl.DataFrame({"kind": list(files), "file": list(files.values())})
    await copy_frame(session, "files", names)
    for kind in KINDS.values():
        await session.execute(text(_table(kind)))


def _table(kind: Kind) -> str:
    columns = ", ".join(f"{column.name} {SQL_TYPES[column.type]}" for column in kind.columns)
    return f"create unlogged table staging.{kind.name} (row int, {columns})"


async def _connection(session: AsyncSession) -> AsyncConnection[Any]:
    raw = await (await session.connection()).get_raw_connection()
    return cast("AsyncConnection[Any]", raw.driver_connection)


async def copy_frame(session: AsyncSession, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into ``staging.table``, whose columns have the frame's names."""
    if frame.is_empty():
        return
    buffer = BytesIO()
    frame.write_csv(buffer, include_header=False, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    columns = ", ".join(frame.columns)
    statement = f"copy staging.{table} ({columns}) from stdin (format csv)"
    connection = await _connection(session)
    async with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        await copy.write(buffer.getvalue())


_PROBLEM_COLUMNS: Mapping[str, type[pl.DataType]] = {
    "kind": pl.String,
    "line": pl.Int64,
    "field": pl.String,
    "problem": pl.String,
    "value": pl.String,
    "params": pl.String,
}


async def copy_problems(session: AsyncSession, problems: Sequence[Problem]) -> None:
    """COPY problems into ``staging.problems``."""
    rows = [(p.kind, p.line, p.field, p.problem, p.value, p.params) for p in problems]
    frame = pl.DataFrame(rows, schema=dict(_PROBLEM_COLUMNS), orient="row")
    # An empty text is a text here, not nothing.
    await copy_frame(session, "problems", frame.with_columns(pl.col(pl.String).fill_null("")))


async def fill_provinces(session: AsyncSession, provinces: Mapping[str, str]) -> None:
    """Keep the names of provinces by their codes, for addresses."""
    await session.execute(text("create unlogged table staging.provinces (code text, name text)"))
    schema = {"code": pl.String, "name": pl.String}
    frame = pl.DataFrame(list(provinces.items()), schema=schema, orient="row")
    await copy_frame(session, "provinces", frame)


def good(kind: str, alias: str = "s") -> str:
    """Return the condition that a staged row is not refused."""
    return (
        f"not exists (select 1 from staging.problems bad where bad.kind = '{kind}'"
        f" and bad.line = {alias}.row)"
    )
