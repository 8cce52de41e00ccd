"""Search over a whole workspace, for the palette: orders, products, merchants, customers."""

from dataclasses import dataclass
from unicodedata import normalize

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.search import code_query_grams, fold, query_grams
from app.queries.resource import GOODS_SEARCH
from app.queries.titles import title

EACH = 5


@dataclass(frozen=True)
class Found:
    """A record: what kind, its name, a hint beside it, and its page below the workspace."""

    kind: str
    label: str
    hint: str
    page: str


@dataclass(frozen=True)
class _Kind:
    permission: str
    kind: str
    sql: str


_IN_TITLE_FIRST = (
    "order by position(:folded in lower(normalize(p.title, nfkc))) = 0, p.updated_at desc"
    " limit :each"
)
_KINDS = (
    _Kind(
        "platform:orders:read",
        "order",
        "select number, status, 'orders/' || number from orders where number like :like"
        " order by placed_at desc limit :each",
    ),
    _Kind(
        "distributor:orders:read",
        "order",
        "select number, status, 'orders/' || number from orders where number like :like"
        " or exists (select 1 from order_addresses a where a.order_id = orders.id"
        " and a.phone like '%' || :digits) and length(:digits) >= 4"
        " order by placed_at desc limit :each",
    ),
    _Kind(
        "supplier:orders:read",
        "order",
        "select number, status, 'orders/' || number from supplier_orders where number like :like"
        " order by placed_at desc limit :each",
    ),
    _Kind(
        "supplier:products:read",
        "product",
        f"select {title()}, p.status, 'products/' || p.id from products p"
        f" where ({GOODS_SEARCH}) and p.supplier_id = (select app_supplier()) {_IN_TITLE_FIRST}",
    ),
    _Kind(
        "platform:products:read",
        "product",
        f"select {title()}, p.status, 'products/' || p.id from products p"
        f" where {GOODS_SEARCH} {_IN_TITLE_FIRST}",
    ),
    _Kind(
        "distributor:sourcing:read",
        "product",
        f"select {title()}, '', 'sourcing/' || p.id from products p"
        f" join pool_entries e on e.product_id = p.id where {GOODS_SEARCH} {_IN_TITLE_FIRST}",
    ),
    _Kind(
        "platform:merchants:read",
        "merchant",
        "select name, code, 'merchants/' || code from merchants"
        " where normalize(name, nfkc) ilike '%' || :like or code ilike '%' || :like"
        " order by name limit :each",
    ),
    _Kind(
        "distributor:customers:read",
        "customer",
        "select name, '', 'customers/' || id from consumers"
        " where normalize(name, nfkc) ilike '%' || :like order by name limit :each",
    ),
)


async def find(actor: Actor, typed: str) -> list[Found]:
    """Return the records that match, a few of each kind that the actor may read."""
    typed = normalize("NFKC", typed.replace("\0", "")).strip()[:60]
    grams = query_grams(typed)
    # One letter finds too much; one character of Chinese, or a sign, is a word.
    if not typed or (len(typed) < 2 and typed.isascii()):
        return []
    params = {
        "like": typed.replace("%", r"\%").replace("_", r"\_") + "%",
        "digits": "".join(char for char in typed if char.isdigit()),
        "grams": grams,
        "code_grams": code_query_grams(typed),
        "folded": fold(typed),
        "each": EACH,
        "english": actor.locale == "en",
    }
    found: list[Found] = []
    async with database().transaction(actor) as session:
        for kind in (k for k in _KINDS if actor.may(k.permission)):
            rows = await session.execute(text(kind.sql), params)
            found += [Found(kind.kind, row[0], row[1], row[2]) for row in rows]
    return found
