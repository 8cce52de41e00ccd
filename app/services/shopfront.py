"""The shop front that an address names: what every page of a store needs before it can answer."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import PUBLIC, Actor, Scope
from app.services.engine import engine_transaction

REMEMBERED_SECONDS = 5
"""How long a front is remembered in this process: a change of the store shows within it."""

MOST_REMEMBERED = 2_000


@dataclass(frozen=True)
class Aisle:
    """A category that has goods in the store; ``children`` lie below it."""

    id: UUID
    slug: str
    name_zh: str
    name_en: str
    children: tuple["Aisle", ...] = ()


@dataclass(frozen=True)
class Front:
    """A store as its visitors meet it."""

    id: UUID
    distributor_id: UUID
    slug: str
    name: str
    tagline: str
    announcement: str
    contact_phone: str
    accent: str
    logo_key: str
    banner_title: str
    banner_text: str
    is_open: bool
    aisles: tuple[Aisle, ...]
    host_name: str = ""
    """A host name of its own, under which it stands without ``/s/{slug}``."""
    free_from_cents: int | None = None
    """From which amount of goods on it ships for free."""

    def actor(self, consumer_id: UUID | None = None) -> Actor:
        """Return who acts when somebody shops here, known or not."""
        scope = Scope.PUBLIC if consumer_id is None else Scope.CONSUMER
        return Actor(scope, consumer_id=consumer_id, store_id=self.id)

    def aisle(self, slug: str) -> tuple[Aisle, Aisle | None] | None:
        """Return the category of that slug and the one above it; None for one without goods."""
        for top in self.aisles:
            if top.slug == slug:
                return top, None
            for child in top.children:
                if child.slug == slug:
                    return child, top
        return None


_FRONT = text(
    "select s.id, s.distributor_id, s.slug, s.host_name, s.name, s.tagline, s.announcement,"
    " s.contact_phone, s.free_shipping_from_cents,"
    " s.theme, s.status = 'OPEN' and m.status = 'ACTIVE' and m.is_distributor as is_open,"
    " (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'parent', c.parent_id,"
    "   'slug', c.slug, 'zh', c.name_zh, 'en', c.name_en) order by c.position, c.slug), '[]')"
    "  from categories c where c.id in"
    "   (select k.category_id from shelf_items k where k.store_id = s.id union"
    "    select p.parent_id from shelf_items k join categories p on p.id = k.category_id"
    "    where k.store_id = s.id)) as categories"
    " from stores s join merchants m on m.id = s.distributor_id where s.slug = :slug"
)

_SLUG = re.compile(r"[a-z0-9-]{3,40}")
_remembered: dict[str, tuple[float, Front]] = {}
_hosts: dict[str, tuple[float, str | None]] = {}


async def front_of(slug: str) -> Front | None:
    """Return the front of a store, open or not; None for an address without a store.

    A closed store is returned too, so that its customers still find their orders.
    """
    if not _SLUG.fullmatch(slug):
        return None
    known = _remembered.get(slug)
    if known is not None and time.monotonic() - known[0] < REMEMBERED_SECONDS:
        return known[1]
    async with engine_transaction(PUBLIC, "stores.front") as session:
        row = (await session.execute(_FRONT, {"slug": slug})).mappings().first()
    if row is None:
        return None
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[slug] = (time.monotonic(), _front(dict(row)))
    return _remembered[slug][1]


async def slug_of_host(name: str) -> str | None:
    """Return the slug of the store whose own host name this is; None for a host of nobody's.

    Hosts of nobody's are remembered too, so that made-up ones cost no query each.
    """
    known = _hosts.get(name)
    if known is not None and time.monotonic() - known[0] < REMEMBERED_SECONDS:
        return known[1]
    async with engine_transaction(PUBLIC, "stores.front") as session:
        slug = await session.scalar(
            text("select slug from stores where host_name = :name"), {"name": name}
        )
    if len(_hosts) >= MOST_REMEMBERED:
        _hosts.clear()
    _hosts[name] = (time.monotonic(), slug)
    return slug


def forget_fronts() -> None:
    """Forget what was remembered (for tests)."""
    _remembered.clear()
    _hosts.clear()


def _front(row: dict[str, Any]) -> Front:
    theme: dict[str, Any] = row["theme"]
    return Front(
        id=row["id"],
        distributor_id=row["distributor_id"],
        slug=row["slug"],
        name=row["name"],
        tagline=row["tagline"] or "",
        announcement=row["announcement"] or "",
        contact_phone=row["contact_phone"] or "",
        accent=str(theme.get("accent", "")),
        logo_key=str(theme.get("logo_key") or ""),
        free_from_cents=row["free_shipping_from_cents"],
        banner_title=str(theme.get("banner_title") or ""),
        banner_text=str(theme.get("banner_text") or ""),
        is_open=row["is_open"],
        aisles=_aisles(row["categories"]),
        host_name=row["host_name"] or "",
    )


def _aisles(rows: Sequence[dict[str, Any]]) -> tuple[Aisle, ...]:
    below: dict[str | None, list[dict[str, Any]]] = {}
    known = {row["id"] for row in rows}
    for row in rows:
        below.setdefault(row["parent"] if row["parent"] in known else None, []).append(row)
    return tuple(
        _aisle(row, tuple(_aisle(child) for child in below.get(row["id"], [])))
        for row in below.get(None, [])
    )


def _aisle(row: dict[str, Any], children: tuple[Aisle, ...] = ()) -> Aisle:
    return Aisle(UUID(row["id"]), row["slug"], row["zh"], row["en"], children)
