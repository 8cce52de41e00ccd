"""What the audit trail says of a record, as old → new, for those who may read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.i18n import moment_text
from app.queries.changes import changes_of
from app.queries.platform_order import rows
from app.queries.record_names import ids_in, label_of, names_of
from app.queries.titles import title

MOST = 40
_SAYS_NOTHING = frozenset(
    {"position", "created_at", "submitted_at", "reviewed_at", "reviewed_by", "approved_at"}
)
"""What says nothing that the other fields, or the entry's own moment, do not say."""


@dataclass(frozen=True)
class Change:
    """One field of one row that changed; texts are cut where they are long."""

    at: str
    who: str
    scope: str
    table: str
    about: str
    """The product that the row belongs to, where it does."""
    action: str
    field: str
    before: str
    after: str


_ENTRIES = (
    "select a.at, a.scope, a.table_name, a.row_id, a.action, a.before, a.after,"
    " coalesce(u.name, '') as who,"
    f" {title()} as about from audit_entries a left join users u on u.id = a.user_id"
    " left join products p on p.id = case when a.table_name in ('products', 'pool_entries')"
    "  then cast(a.row_id as uuid) end"
)
_OF_ROWS = text(
    f"{_ENTRIES}"
    " where a.table_name = any(:tables) and a.row_id = any(:keys) and a.action = any(:actions)"
    " order by a.at desc, a.id desc limit :most"
)
_OF_MERCHANT = text(
    f"{_ENTRIES} where a.merchant_id = :merchant"
    " and (a.action = 'update' or a.table_name in ('memberships', 'stores', 'merchants'))"
    " order by a.at desc, a.id desc limit :most"
)


async def changes_of_rows(
    session: AsyncSession, tables: Sequence[str], keys: Sequence[str], locale: str
) -> list[Change]:
    """Return the latest updates of given rows, newest first."""
    wanted = {"tables": list(tables), "keys": list(keys), "actions": ["update"]}
    return await _read(session, _OF_ROWS, wanted, locale)


async def changes_of_merchant(
    session: AsyncSession, merchant_id: UUID, locale: str
) -> list[Change]:
    """Return the latest changes of what belongs to a merchant, newest first."""
    return await _read(session, _OF_MERCHANT, {"merchant": merchant_id}, locale)


async def _read(
    session: AsyncSession, statement: TextClause, wanted: Mapping[str, Any], locale: str
) -> list[Change]:
    english = locale == "en"
    found = await rows(session, statement, {**wanted, "most": MOST, "english": english})
    ids = {one for row in found for one in ids_in(row)}
    ids |= {part for row in found for part in row["row_id"].split("/")}
    names = await names_of(session, ids, english=english)
    return [change for row in found for change in _changes(row, names, locale)][:MOST]


def _changes(row: Mapping[str, Any], names: Mapping[str, str], locale: str) -> list[Change]:
    head = {
        "at": moment_text(row["at"]),
        "who": row["who"],
        "scope": row["scope"] or "",
        "table": row["table_name"],
        "about": row["about"] or "",
        "action": row["action"],
    }
    if row["action"] != "update":
        return [Change(**head, field="", before="", after=label_of(row["row_id"], row, names))]
    entry = {**row, "table": row["table_name"]}
    return [
        Change(**head, field=one.column, before=one.before or "–", after=one.after or "–")
        for one in changes_of(entry, names, locale)
        if one.column not in _SAYS_NOTHING
    ]
