"""What the audit trail says of a record, as old → new, for those who may read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import BUSINESS_ZONE
from app.kit.i18n import moment_text, money_text
from app.queries.platform_order import rows
from app.queries.record_names import ids_in, names_of, short

MOST = 40
_HIDDEN = {
    *("id", "position", "search_grams", "created_at", "updated_at", "row_version"),
    *("submitted_at", "reviewed_at", "reviewed_by", "approved_at"),
}
"""What says nothing that the other fields, or the entry's own moment, do not say."""
_LONG = 160


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
    "select a.at, a.scope, a.table_name, a.action, a.before, a.after, coalesce(u.name, '') as who,"
    " p.title as about from audit_entries a left join users u on u.id = a.user_id"
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
    session: AsyncSession, tables: Sequence[str], keys: Sequence[str]
) -> list[Change]:
    """Return the latest updates of given rows, newest first."""
    found = await rows(
        session,
        _OF_ROWS,
        {"tables": list(tables), "keys": list(keys), "actions": ["update"], "most": MOST},
    )
    return await _named(session, found)


async def changes_of_merchant(session: AsyncSession, merchant_id: UUID) -> list[Change]:
    """Return the latest changes of what belongs to a merchant, newest first."""
    found = await rows(session, _OF_MERCHANT, {"merchant": merchant_id, "most": MOST})
    return await _named(session, found)


async def _named(session: AsyncSession, found: Sequence[Mapping[str, Any]]) -> list[Change]:
    names = await names_of(session, {one for row in found for one in ids_in(row)})
    return [change for row in found for change in _changes(row, names)][:MOST]


def _changes(row: Mapping[str, Any], names: Mapping[str, str]) -> list[Change]:
    head = {
        "at": moment_text(row["at"]),
        "who": row["who"],
        "scope": row["scope"] or "",
        "table": row["table_name"],
        "about": row["about"] or "",
        "action": row["action"],
    }
    before, after = (_told(row[side] or {}, names) for side in ("before", "after"))
    if row["action"] != "update":
        row_told = after or before
        name = str(row_told.get("name") or row_told.get("user_id") or "")
        return [Change(**head, field="", before="", after=name)]
    return [
        Change(**head, field=name, before=_text(name, before), after=_text(name, after))
        for name in after
        if name not in _HIDDEN and not (name == "currency" and before.get(name) == after[name])
    ]


def _told(side: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return one side of a change with names in the place of other records' identifiers."""
    return {
        column: names.get(value) or short(value) if ids_in({"after": {column: value}}) else value
        for column, value in side.items()
    }


def _text(name: str, side: Mapping[str, Any]) -> str:
    value = side.get(name)
    if value is None or value == "":
        return "–"
    if name.endswith("_cents") and isinstance(value, int):
        return money_text(value, side.get("currency"))
    if name.endswith("_at") and isinstance(value, str):
        return _moment(value)
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _LONG else f"{shown[:_LONG]}…"


def _moment(value: str) -> str:
    try:
        return moment_text(datetime.fromisoformat(value).astimezone(BUSINESS_ZONE))
    except ValueError:
        return value
