"""Products are found by their titles, texts, categories, spec values and codes."""

import asyncio
from collections.abc import Sequence
from json import dumps
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM
from app.kit.search import CURRENT, index_grams
from app.services.engine import engine_transaction
from app.services.shelf import refresh_products

BATCH = 500


async def index_products(session: AsyncSession, product_ids: Sequence[UUID]) -> None:
    """Write under which grams some products are found; their shelf rows are the caller's."""
    found = await session.execute(_SOURCES, {"ids": list(product_ids)})
    rows = [dict(row) for row in found.mappings()]
    if not rows:
        return
    # Pinyin takes half a millisecond a title, too long for the event loop if there are many.
    grams = await asyncio.to_thread(lambda: [_grams(row) for row in rows])
    written = [{"id": str(row["id"]), "grams": own} for row, own in zip(rows, grams, strict=True)]
    await session.execute(_WRITE, {"rows": dumps(written)})


async def index_stale_products() -> int:
    """Index what was written without it, or as it was done before. Returns how many."""
    indexed = 0
    while True:
        async with engine_transaction(SYSTEM, "search.index") as session:
            found = await session.execute(_STALE, {"batch": BATCH})
            ids = [row.id for row in found]
            await index_products(session, ids)
            await refresh_products(session, ids)
        indexed += len(ids)
        if len(ids) < BATCH:
            return indexed


def _grams(row: dict[str, Any]) -> list[str]:
    return index_grams(
        row["title"],
        row["title_en"],
        row["name_zh"],
        row["parent_zh"],
        texts=(row["subtitle"], row["name_en"], row["parent_en"], *row["specs"]),
        codes=row["codes"],
    )


_SOURCES = text(
    "select p.id, p.title, p.title_en, p.subtitle, p.search_grams, c.name_zh, c.name_en,"
    " a.name_zh as parent_zh, a.name_en as parent_en,"
    " coalesce((select array_agg(distinct v.value) from skus k,"
    "  jsonb_array_elements_text(k.spec_values) v(value) where k.product_id = p.id), '{}')"
    "  as specs,"
    " coalesce((select array_agg(k.code) from skus k where k.product_id = p.id), '{}') as codes"
    " from products p join categories c on c.id = p.category_id"
    " left join categories a on a.id = c.parent_id where p.id = any(:ids)"
)
_WRITE = text(
    "update products p set search_grams = x.grams from (select cast(r ->> 'id' as uuid) as id,"
    " array(select jsonb_array_elements_text(r -> 'grams'))::varchar[] as grams"
    " from jsonb_array_elements(cast(:rows as jsonb)) r) x"
    " where p.id = x.id and p.search_grams <> x.grams"
)
_STALE = text(
    f"select id from products where not (search_grams @> array['{CURRENT}']::varchar[])"
    " limit :batch for update skip locked"
)
