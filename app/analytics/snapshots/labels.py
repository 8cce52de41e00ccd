"""Names for the keys that an answer holds."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import text

from app.access import Actor
from app.kit.db import Database, database
from app.services.engine import engine_transaction


@dataclass(frozen=True)
class Name:
    """What a key stands for; ``parent_key`` is a product's category or a category's parent."""

    id: UUID
    label: str
    label_en: str
    parent_key: int | None = None


NAMES_SQL = {
    "category": "select short_key(id) as key, id, name_zh as label, name_en as label_en,"
    " short_key(parent_id) as parent_key from categories",
    "product": "select short_key(id) as key, id, title as label, coalesce(title_en, title)"
    " as label_en, short_key(category_id) as parent_key from products",
    "merchant": "select short_key(id) as key, id, name as label, name as label_en,"
    " cast(null as bigint) as parent_key from merchants",
    "store": "select short_key(id) as key, id, name as label, name as label_en,"
    " short_key(distributor_id) as parent_key from stores",
}
"""Kind of thing → SELECT of its names."""
_KINDS = {"supplier": "merchant", "distributor": "merchant"}


KEPT_SECONDS = 60.0
"""So long a process takes a name for the present one."""
_MOST_KEPT = 100_000

_Kept = dict[tuple[str, int], tuple[float, Name]]
_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()


async def names(actor: Actor, kind: str, keys: Iterable[int]) -> dict[int, Name]:
    """Return the names of keys that an answer of the actor already holds.

    ``kind`` is the dimension: category, product, supplier, distributor or store. Raises
    LookupError for another.
    """
    table = _KINDS.get(kind, kind)
    if table not in NAMES_SQL:
        raise LookupError(f"{kind} has no names")
    kept = _kept.setdefault(database(), {})
    wanted, at = set(keys), time.monotonic()
    missing = [key for key in wanted if kept.get((table, key), (0.0, None))[0] < at]
    if missing:
        if len(kept) + len(missing) > _MOST_KEPT:
            kept.clear()
        for key, name in (await _read(actor, table, missing)).items():
            kept[table, key] = (at + KEPT_SECONDS, name)
    return {key: kept[table, key][1] for key in wanted if (table, key) in kept}


async def campaign_names(actor: Actor, codes: Iterable[str]) -> dict[str, str]:
    """Return the names of those campaigns whose links the actor may see, by their codes.

    A code that several stores use has none, and neither has a word of ``utm_campaign``.
    """
    statement = (
        "select code, min(name) as name from store_campaigns"
        " where code = any(cast(:codes as text[])) group by code having count(*) = 1"
    )
    async with database().transaction(actor) as session:
        found = await session.execute(text(statement), {"codes": sorted(set(codes))})
        return {row.code: row.name for row in found}


def forget() -> None:
    """Read every name anew from now on (for tests that rename)."""
    _kept.clear()


async def _read(actor: Actor, table: str, keys: Sequence[int]) -> dict[int, Name]:
    statement = f"select * from ({NAMES_SQL[table]}) n where key = any(cast(:keys as bigint[]))"
    async with engine_transaction(actor, "snapshots.names") as session:
        found = await session.execute(text(statement), {"keys": sorted(keys)})
        return {row.key: Name(row.id, row.label, row.label_en, row.parent_key) for row in found}
