"""What lies on a store's public shelf: lists, search, and one product with its SKUs.

No supplier is named here, nor anything that only traders may know.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database
from app.kit.search import code_query_grams, query_grams, query_words

PAGE_SIZE = 24
MOST_PAGES = 400
RELATED = 6
LOW_STOCK = 5


class Sort(StrEnum):
    """In which order a shelf is shown."""

    POPULAR = "popular"
    NEWEST = "newest"
    CHEAPEST = "price"
    DEAREST = "price-desc"


_ORDER: dict[Sort, str] = {
    # What the store features stands below zero.
    Sort.POPULAR: "least(position, 0), in_stock desc, sold desc, position, listing_id",
    Sort.NEWEST: "listed_at desc, position, listing_id",
    Sort.CHEAPEST: "min_cents, position, listing_id",
    Sort.DEAREST: "min_cents desc, position, listing_id",
}


@dataclass(frozen=True)
class Card:
    """One product in a list; prices in cents."""

    listing_id: UUID
    title: str
    title_en: str
    image_key: str | None
    min_cents: int
    max_cents: int
    in_stock: bool
    sold: int


@dataclass(frozen=True)
class Shelf:
    """One page of a list; ``is_close`` when nothing matched wholly and these come close."""

    cards: tuple[Card, ...]
    total: int
    page: int
    is_close: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, min(MOST_PAGES, -(-self.total // PAGE_SIZE)))


@dataclass(frozen=True)
class Variant:
    """A SKU as a shopper chooses it; ``left`` counts units that can be bought now."""

    sku_id: UUID
    values: tuple[str, ...]
    cents: int
    left: int
    is_off: bool = False
    """Not on sale, whatever is left of it."""

    @property
    def name(self) -> str:
        """The spec values in one line."""
        return " / ".join(self.values)

    @property
    def is_low(self) -> bool:
        """Whether the last units are on sale."""
        return 0 < self.left <= LOW_STOCK


@dataclass(frozen=True)
class Picture:
    """A picture of a product."""

    key: str
    alt: str
    spec_value: str
    """The spec value that it shows, '' for the product."""


@dataclass(frozen=True)
class Product:
    """A product's page; ``description_html`` was cleaned when it was saved."""

    card: Card
    subtitle: str
    description_html: str
    category_id: UUID
    spec_names: tuple[str, ...]
    pictures: tuple[Picture, ...]
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class OffSale:
    """What is left to say of a product that the store has offered and does not sell now."""

    title: str
    title_en: str
    image_key: str | None
    category_id: UUID
    related: tuple[Card, ...]


_CARD = (
    "i.listing_id, i.title, coalesce(i.title_en, '') as title_en, i.image_key, i.min_cents,"
    " i.max_cents, i.in_stock, i.sold"
)


async def shelf(
    actor: Actor, categories: Sequence[UUID] = (), sort: Sort = Sort.POPULAR, page: int = 1
) -> Shelf:
    """Return one page of the actor's store, of some categories if given."""
    where = "category_id = any(:categories)" if categories else "true"
    async with database().transaction(actor) as session:
        return await _page(session, actor, where, {"categories": list(categories)}, sort, page)


async def search(actor: Actor, words: str, sort: Sort = Sort.POPULAR, page: int = 1) -> Shelf:
    """Return what matches all of the words, or else what comes closest to them."""
    if not words.strip():
        return Shelf((), 0, 1)
    params = {
        "grams": query_grams(words),
        "code_grams": code_query_grams(words),
        "words": query_words(words),
    }
    async with database().transaction(actor) as session:
        whole = "(grams @> cast(:grams as varchar[]) or grams @> cast(:code_grams as varchar[]))"
        found = await _page(session, actor, whole, params, sort, page)
        if found.total or page > 1:
            return found
        close = await session.execute(_CLOSE, {**params, "store": actor.store_id})
        cards = tuple(_card(dict(row)) for row in close.mappings())
        return Shelf(cards, len(cards), 1, is_close=bool(cards))


async def _page(
    session: AsyncSession,
    actor: Actor,
    where: str,
    params: dict[str, Any],
    sort: Sort,
    page: int,
) -> Shelf:
    # Who searches wants what is called so before what only mentions it.
    first = f"{_IN_TITLE} desc, " if "words" in params and sort is Sort.POPULAR else ""
    found = await session.execute(
        text(
            f"select {_CARD}, count(*) over () as total from shelf_items i"
            f" where i.store_id = :store and {where}"
            f" order by {first}{_ORDER[sort]} limit :limit offset :offset"
        ),
        {
            **params,
            "store": actor.store_id,
            "limit": PAGE_SIZE,
            "offset": (page - 1) * PAGE_SIZE,
        },
    )
    rows = [dict(row) for row in found.mappings()]
    total = rows[0]["total"] if rows else 0
    return Shelf(tuple(_card(row) for row in rows), total, page)


async def product(actor: Actor, listing_id: UUID) -> tuple[Product, tuple[Card, ...]] | None:
    """Return a product on sale in the actor's store and its neighbours; None if there is none."""
    async with database().transaction(actor) as session:
        which = {"id": listing_id, "store": actor.store_id}
        row = (await session.execute(_PRODUCT, which)).mappings().first()
        if row is None:
            return None
        related = await session.execute(
            _RELATED, {**which, "category": row["category_id"], "limit": RELATED}
        )
        return _product(dict(row)), tuple(_card(dict(near)) for near in related.mappings())


async def off_sale(actor: Actor, listing_id: UUID) -> OffSale | None:
    """Return a product of the actor's store that cannot be bought now; None if it never had it."""
    async with database().transaction(actor) as session:
        which = {"id": listing_id, "store": actor.store_id}
        row = (await session.execute(_OFF_SALE, which)).mappings().first()
        if row is None:
            return None
        near = {**which, "category": row["category_id"], "limit": RELATED}
        related = (await session.execute(_RELATED, near)).mappings()
        return OffSale(**row, related=tuple(_card(dict(one)) for one in related))


async def addresses_of(actor: Actor) -> list[tuple[UUID, str]]:
    """Return the listings on sale with the day of listing, for the site map."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select listing_id, to_char(listed_at, 'YYYY-MM-DD') as day from shelf_items"
                " where store_id = :store order by position, listing_id limit 50000"
            ),
            {"store": actor.store_id},
        )
        return [(row.listing_id, row.day) for row in found]


def _card(row: dict[str, Any]) -> Card:
    return Card(**{name: row[name] for name in Card.__dataclass_fields__})


def _product(row: dict[str, Any]) -> Product:
    return Product(
        card=_card(row),
        subtitle=row["subtitle"] or "",
        description_html=row["description_html"],
        category_id=row["category_id"],
        spec_names=tuple(row["spec_names"]),
        pictures=tuple(
            Picture(one["key"], one["alt"], one["spec_value"]) for one in row["pictures"]
        ),
        variants=tuple(
            Variant(
                UUID(one["id"]),
                tuple(one["values"]),
                one["cents"],
                0 if one["off"] else one["left"],
                one["off"],
            )
            for one in row["variants"]
        ),
    )


# The row of the shelf stands only while the listing can be bought.
_PRODUCT = text(
    f"select {_CARD}, p.subtitle, p.description_html, p.category_id, p.spec_names,"
    " (select coalesce(jsonb_agg(jsonb_build_object('key', m.blob_key, 'alt', m.alt,"
    "   'spec_value', m.spec_value)"
    "   order by m.position, m.id), '[]') from product_images m where m.product_id = p.id)"
    "  as pictures,"
    " (select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'values', k.spec_values,"
    "   'cents', o.retail_cents, 'off', o.needs_price,"
    "   'left', greatest(0, coalesce(s.on_hand - s.reserved, 0)))"
    "   order by k.position, k.id), '[]')"
    "  from listing_skus o join skus k on k.id = o.sku_id left join stock s on s.sku_id = k.id"
    "  where o.listing_id = i.listing_id and o.is_offered and k.is_active) as variants"
    " from shelf_items i join products p on p.id = i.product_id"
    " where i.listing_id = :id and i.store_id = :store"
)
_OFF_SALE = text(
    "select coalesce(l.title_override, p.title) as title, coalesce(p.title_en, '') as title_en,"
    " p.category_id,"
    # What was taken out of the pool may not be shown any more.
    " case when l.status <> 'OFF_POOL' then (select i.blob_key from product_images i"
    "  where i.product_id = p.id order by i.position, i.id limit 1) end as image_key"
    " from listings l join products p on p.id = l.product_id"
    " where l.id = :id and l.store_id = :store"
)
_IN_TITLE = (
    "(select bool_and(position(w in lower(normalize(i.title || ' ' || coalesce(i.title_en, ''),"
    " nfkc))) > 0) from unnest(cast(:words as text[])) w)"
)
_RELATED = text(
    f"select {_CARD} from shelf_items i where i.store_id = :store and i.listing_id <> :id"
    " order by i.category_id = :category desc, i.in_stock desc, i.sold desc, i.listing_id"
    " limit :limit"
)
_CLOSE = text(
    f"select {_CARD}, (select count(*) from unnest(i.grams) g where g = any(:grams)) as hits"
    " from shelf_items i where i.store_id = :store and i.grams && cast(:grams as varchar[])"
    f" order by hits desc, i.sold desc, i.listing_id limit {PAGE_SIZE // 2}"
)
