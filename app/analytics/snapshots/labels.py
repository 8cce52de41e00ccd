"""Names for the keys that an answer holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
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
    " null::bigint as parent_key from merchants",
    "store": "select short_key(id) as key, id, name as label, name as label_en,"
    " short_key(distributor_id) as parent_key from stores",
}
"""Kind of thing → SELECT of its names."""
_KINDS = {"supplier": "merchant", "distributor": "merchant"}


async def names(actor: Actor, kind: str, keys: Iterable[int]) -> dict[int, Name]:
    """Return the names of keys that an answer of the actor already holds.

    ``kind`` is the dimension: category, product, supplier, distributor or store. Raises
    LookupError for another.
    """
    statement = NAMES_SQL.get(_KINDS.get(kind, kind))
    if statement is None:
        raise LookupError(f"{kind} has no names")
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    async with engine_transaction(actor, "snapshots.names") as session:
        found = await session.execute(
            text(
                f"select * from ({statement.replace('::', chr(92) + ':' + chr(92) + ':')}) n"
                " where key = any(cast(:keys as bigint[]))"
            ),
            {"keys": wanted},
        )
        return {row.key: Name(row.id, row.label, row.label_en, row.parent_key) for row in found}
