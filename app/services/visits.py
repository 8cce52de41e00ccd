"""Counting what visitors do in the stores, without knowing them and without making them wait.

A visitor is known for a day and a store only, by a salted hash; no cookie is set for it. Acts are
held in this process and written for all stores by one statement every few seconds and when the
process ends in order. A process that dies takes the acts of its last ``FLUSH_SECONDS`` with it;
orders are never among them, see ``note_order``.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import structlog
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.access import SYSTEM
from app.kit.clock import BUSINESS_ZONE, now
from app.kit.errors import Unavailable
from app.kit.secrets import derive_key
from app.services.engine import engine_transaction
from app.services.rules.traffic import DIRECT, WEAK_MEDIUM, Arrival, kept_term
from app.services.visits_sql import FLUSH_SQL, ORDER_VISIT_SQL

log = structlog.get_logger()

FLUSH_SECONDS = 3.0
MOST_HELD = 20_000
"""So many counters are held at most; what comes on top before the next round is not counted."""

MOST_ACTS = 60
"""A visitor who does more within one round is no person, and is not counted any further."""

Kind = Literal["page", "product", "search", "cart", "checkout", "order"]

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "page": ("page_views",),
    "product": ("page_views", "product_views"),
    "search": ("page_views", "searches"),
    "cart": ("cart_adds",),
    "checkout": ("checkouts",),
    "order": ("orders",),
}
"""What a visitor does → the columns that count it."""


@dataclass(frozen=True)
class Act:
    """Something that a visitor did, and with what."""

    kind: Kind
    listing: UUID | None = None
    skus: tuple[UUID, ...] = ()
    words: str = ""
    results: int = 0


@dataclass(frozen=True)
class Visitor:
    """A visitor's day in a store, and from where the request came."""

    store_id: UUID
    day: str
    hash: str
    came: Arrival = DIRECT
    device: str = "computer"
    is_new: bool = True

    @property
    def key(self) -> tuple[UUID, str, str]:
        """By what the visitor's day is counted."""
        return self.store_id, self.day, self.hash


def today() -> str:
    """Return the present day of the business time zone as visits are counted by it."""
    return now().astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d")


def visitor_hash(store_id: UUID, day: str, address: str, agent: str) -> str:
    """Return a visitor's name in one store for one day; elsewhere and tomorrow it is another."""
    seen = f"{store_id.hex}\n{address}\n{agent}"
    return hmac.new(_salt(day), seen.encode(), hashlib.sha256).hexdigest()[:32]


@lru_cache(maxsize=2)
def _salt(day: str) -> bytes:
    return derive_key(f"visits {day}")


@dataclass
class _Day:
    """What one visitor did since the last round."""

    visitor: Visitor
    first_at: datetime
    counts: dict[str, int] = field(default_factory=dict[str, int])
    acts: int = 0

    def add(self, visitor: Visitor, kind: Kind) -> bool:
        """Count an act; say whether it was one too many."""
        self.acts += 1
        if self.acts > MOST_ACTS:
            return False
        for column in COLUMNS[kind]:
            self.counts[column] = self.counts.get(column, 0) + 1
        if _tells_more(visitor.came, self.visitor.came):
            self.visitor = visitor
        return True

    def row(self) -> dict[str, Any]:
        came = self.visitor.came
        return {
            "store": self.visitor.store_id.hex,
            "day": self.visitor.day,
            "visitor": self.visitor.hash,
            "source": came.source,
            "medium": came.medium,
            "campaign": came.campaign,
            "code": came.code,
            "device": self.visitor.device,
            "is_new": self.visitor.is_new,
            "first_at": self.first_at.isoformat(),
            **self.counts,
        }


def _tells_more(later: Arrival, before: Arrival) -> bool:
    """Say whether a later arrival replaces the one before; the statement judges likewise."""
    if later == DIRECT:
        return False
    return later.medium != WEAK_MEDIUM or before == DIRECT


@dataclass
class Tally:
    """The counters of one round."""

    days: dict[tuple[UUID, str, str], _Day] = field(
        default_factory=dict[tuple[UUID, str, str], _Day]
    )
    views: dict[tuple[UUID, str, UUID], int] = field(
        default_factory=dict[tuple[UUID, str, UUID], int]
    )
    adds: dict[tuple[UUID, str, UUID], int] = field(
        default_factory=dict[tuple[UUID, str, UUID], int]
    )
    bought: list[tuple[UUID, str, tuple[UUID, ...]]] = field(
        default_factory=list[tuple[UUID, str, tuple[UUID, ...]]]
    )
    searches: dict[tuple[UUID, str, str], tuple[int, int]] = field(
        default_factory=dict[tuple[UUID, str, str], tuple[int, int]]
    )
    refused: int = 0

    def __len__(self) -> int:
        """Return how many counters are held."""
        parts = (self.days, self.views, self.adds, self.bought, self.searches)
        return sum(len(part) for part in parts)

    def add(self, visitor: Visitor, act: Act) -> None:
        """Count one act of a visitor."""
        if len(self) >= MOST_HELD:
            self.refused += 1
            return
        day = self.days.get(visitor.key)
        if day is None:
            day = self.days[visitor.key] = _Day(visitor, now())
        if day.add(visitor, act.kind):
            self._add_goods(visitor, act)

    def _add_goods(self, visitor: Visitor, act: Act) -> None:
        store, day = visitor.store_id, visitor.day
        if act.listing is not None:
            key = store, day, act.listing
            self.views[key] = self.views.get(key, 0) + 1
        if act.kind == "order":
            self.bought.append((store, day, act.skus))
        elif act.kind == "cart":
            for sku in act.skus:
                self.adds[store, day, sku] = self.adds.get((store, day, sku), 0) + 1
        term = kept_term(act.words)
        if term:
            count, _ = self.searches.get((store, day, term), (0, 0))
            self.searches[store, day, term] = count + 1, act.results

    def document(self) -> str:
        """Return the counters as the statement reads them."""
        return json.dumps(
            {
                "visits": [day.row() for day in self.days.values()],
                "views": _rows(self.views, "listing"),
                "adds": _rows(self.adds, "sku"),
                "bought": [
                    {"store": store.hex, "day": day, "skus": [sku.hex for sku in skus]}
                    for store, day, skus in self.bought
                ],
                "searches": [
                    {"store": store.hex, "day": day, "term": term, "n": n, "results": results}
                    for (store, day, term), (n, results) in self.searches.items()
                ],
            }
        )


def _rows(counted: dict[tuple[UUID, str, UUID], int], what: str) -> list[dict[str, Any]]:
    return [
        {"store": store.hex, "day": day, what: key.hex, "n": n}
        for (store, day, key), n in counted.items()
    ]


_held = Tally()
_waiting: list[Tally] = []
"""Rounds that could not be written yet, oldest first."""

MOST_WAITING = 20
"""So many rounds wait for a database that is away; older ones are let go."""


def note(visitor: Visitor, act: Act) -> None:
    """Count one act of a visitor with the next round."""
    _held.add(visitor, act)


def forget() -> None:
    """Forget what was not written yet (for tests)."""
    global _held
    _held = Tally()
    _waiting.clear()


async def flush() -> int:
    """Write all that is held; return how many counters that were. It never raises.

    A round that the database could not take now is kept for the next time.
    """
    global _held
    if len(_held):
        _waiting.append(_held)
        _held = Tally()
    written = 0
    while _waiting:
        batch = _waiting.pop(0)
        try:
            await _write(batch)
        except (Unavailable, OperationalError) as error:
            _waiting.insert(0, batch)
            del _waiting[:-MOST_WAITING]
            log.warning("visits wait for the database", error=type(error).__name__)
            break
        except SQLAlchemyError as error:
            log.warning("visits not counted", error=type(error).__name__, counters=len(batch))
        else:
            written += len(batch)
    return written


async def _write(batch: Tally) -> None:
    if batch.refused:
        log.warning("acts not counted, too many at once", acts=batch.refused)
    async with engine_transaction(SYSTEM, "visits.flush") as session:
        await session.execute(text(FLUSH_SQL), {"doc": batch.document()})


@asynccontextmanager
async def counting() -> AsyncGenerator[None]:
    """Write what is counted every few seconds, and what is left at the end."""
    ending = asyncio.Event()
    rounds = asyncio.create_task(_rounds(ending))
    try:
        yield
    finally:
        # The round under way is not cut off: nobody would know whether it was written.
        ending.set()
        await rounds
        await flush()


async def _rounds(ending: asyncio.Event) -> None:
    while not ending.is_set():
        try:
            await asyncio.wait_for(ending.wait(), FLUSH_SECONDS)
        except TimeoutError:
            await flush()


async def note_order(connection: AsyncConnection[Any], order_id: UUID, visitor: Visitor) -> None:
    """Let an order carry from where its visitor came, in the order's own transaction.

    Nothing is written where the order was not.
    """
    parameters: Sequence[object] = [visitor.device, visitor.day, visitor.hash, order_id]
    await connection.execute(ORDER_VISIT_SQL, parameters)
