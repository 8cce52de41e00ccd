"""Every handler of every scope, called by everybody who has no business there.

Events go through Reflex's pipeline and the gate. The judge is the database: no row of anybody
else is gone, changed or added, and nothing of anybody else comes back. A sample always runs; with
TONGSHANG_DEEP=1 every handler meets every attacker at every address with every payload.
"""

import inspect
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
import reflex as rx
from psycopg import sql
from reflex_base.registry import RegistrationContext
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import SYSTEM
from app.kit.db import Database
from app.kit.ids import new_id
from models import identity
from state import gate
from tests.integration.people import make_user, open_session
from tests.integration.world import World, build_world
from tests.state.pipeline import Pipeline, Tab

IS_DEEP = os.environ.get("TONGSHANG_DEEP") == "1"
SHARE = 1 if IS_DEEP else 61
"""One event of so many is sent; a prime number, so that each payload and path has its turn."""
RECIPIENT, PHONE, CONTACT, MAIL = "藏名收件人", "+8613877665544", "+8613966554433", "zang-of-a"
SECRETS = (RECIPIENT, PHONE[3:], CONTACT[3:], MAIL, "argon2")
"""What is the world's own and is never sent along with an event."""


@dataclass(frozen=True)
class Attacker:
    """Somebody with a session or none, the addresses tried, and what is theirs in the tables."""

    name: str
    cookie: str | None
    places: tuple[str, ...]
    own: tuple[UUID, ...]
    reads: bool = False
    """May see the world, but not change it."""


@pytest.fixture
async def world(database: Database) -> World:
    async with database.engine_transaction(SYSTEM) as session:
        world = await build_world(session)
        for statement, value in (
            ("update order_addresses set recipient = :v where order_id = :order", RECIPIENT),
            ("update order_addresses set phone = :v where order_id = :order", PHONE),
            ("update merchant_details set contact_phone = :v where merchant_id = :supplier",
             CONTACT),
            ("update merchant_details set contact_phone = :v where merchant_id = :distributor",
             CONTACT),
            ("update users set email = :v where id = :user", f"{MAIL}-{new_id().hex}@a.example"),
        ):  # fmt: skip
            ids = {"order": world.order, "supplier": world.supplier, "user": world.user,
                   "distributor": world.distributor}  # fmt: skip
            await session.execute(
                text(statement),
                {"v": value} | {k: v for k, v in ids.items() if f":{k}" in statement},
            )
    return world


async def _member(
    database: Database, merchant: UUID | None, permissions: Iterable[str]
) -> tuple[UUID, str]:
    """Return a fresh user with a role of their own, and a session's token."""
    user = await make_user(database)
    async with database.engine_transaction(SYSTEM) as session:
        role = identity.Role(merchant_id=merchant, code=f"r{new_id().hex[-8:]}", name="Role")
        session.add(role)
        await session.flush()
        for permission in permissions:
            session.add(
                identity.RolePermission(
                    role_id=role.id, permission=permission, merchant_id=merchant
                )
            )
        session.add(identity.Membership(user_id=user.id, merchant_id=merchant, role_id=role.id))
    return user.id, await open_session(database, user.id)


def _of(scope: str, *, reading: bool = False) -> list[str]:
    from app.access import PERMISSIONS

    return [
        p for p in PERMISSIONS
        if p.startswith(f"{scope}:") and (not reading or p.endswith(":read"))
    ]  # fmt: skip


@pytest.fixture
async def attackers(database: Database, world: World) -> list[Attacker]:
    async with database.engine_transaction(SYSTEM) as session:
        codes = {
            row.id: row.code
            for row in await session.execute(text("select id, code from merchants"))
        }
    a, b = f"supplier/{codes[world.supplier]}", f"distributor/{codes[world.distributor]}"
    x, y = (
        f"supplier/{codes[world.other_supplier]}",
        f"distributor/{codes[world.other_distributor]}",
    )
    every = (a, b, "platform/main")
    rival, rival_token = await _member(database, world.other_supplier, _of("supplier"))
    bazaar, bazaar_token = await _member(database, world.other_distributor, _of("distributor"))
    reader, reader_token = await _member(database, world.supplier, _of("supplier", reading=True))
    buyer, buyer_token = await _member(
        database, world.distributor, _of("distributor", reading=True)
    )
    looker, looker_token = await _member(database, None, _of("platform", reading=True))
    suspended = await make_user(database)
    return [
        Attacker("outsider", None, every, ()),
        Attacker("forged", "x" * 43, every, ()),
        Attacker("of no company", await open_session(database, suspended.id), every,
                 (suspended.id,)),
        Attacker("other supplier", rival_token, (x, *every), (rival, world.other_supplier)),
        Attacker("other distributor", bazaar_token, (y, *every),
                 (bazaar, world.other_distributor, world.other_store)),
        Attacker("reader of the supplier", reader_token, every, (reader,), reads=True),
        Attacker("reader of the distributor", buyer_token, every, (buyer,), reads=True),
        Attacker("reader of the platform", looker_token, every, (looker,), reads=True),
    ]  # fmt: skip


# What is sent -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handler:
    """A handler as the registry knows it."""

    full_name: str
    arguments: Mapping[str, Any]


def _handlers(console: rx.App) -> list[Handler]:
    with console.set_contexts():
        registered = dict(RegistrationContext.get().event_handlers)
    return [
        Handler(name, dict(list(inspect.signature(one.handler.fn).parameters.items())[1:]))
        for name, one in sorted(registered.items())
        if getattr(one.handler.fn, "__needs__", None) is not None
    ]


def _value(kind: Any, name: str, ids: Mapping[str, str], turn: int) -> Any:
    """Return a value of an argument's type: an identifier, an action's name, or a form of them."""
    values = list(ids.values())
    if kind is int:
        return (0, 1, -1, 10**12)[turn % 4]
    if kind is bool:
        return bool(turn % 2)
    if kind is list or "list" in str(kind):
        return values[:3]
    if "dict" in str(kind):
        return {**ids, "name": "劫", "code": "hijack", "email": "h@x.example", "quantity": "1",
                      "q": "a", "status": "ACTIVE", "amount": "1", "note": "hijack"}  # fmt: skip
    named = next((value for key, value in ids.items() if key in name), None)
    if name in ("name", "action"):
        words = ("create", "edit", "delete", "approve", "reject", "suspend", "ship", "refund")
        return words[turn % len(words)]
    return named or values[turn % len(values)]


def _payloads(handler: Handler, ids: Mapping[str, str], own: Mapping[str, str]) -> Iterator[Any]:
    for turn, found in enumerate((ids, own, ids)):
        yield {
            name: _value(p.annotation, name, found, turn) for name, p in handler.arguments.items()
        }
    full = {n: _value(p.annotation, n, ids, 1) for n, p in handler.arguments.items()}
    yield full | {"merchant_id": ids["supplier"], "self": "x", "actor": {"scope": "platform"}}
    yield {}
    yield {key: {"$ne": None} for key in full}
    yield dict.fromkeys(full, "\0\ud800")


def _paths(place: str, world: World) -> list[str]:
    records = (f"N{world.order.hex[-12:]}", f"S{world.part.hex[-12:]}", str(world.product),
               str(world.listing), str(world.supplier), str(world.store))  # fmt: skip
    return [f"/{place}/orders", *(f"/{place}/orders/{one}" for one in records)]


# The judge --------------------------------------------------------------------------------------


class Judge:
    """What is in the tables that belongs to none of the attackers."""

    UNJUDGED = ("procrastinate_", "alembic_version", "store_visits")

    def __init__(self, owner_url: URL) -> None:
        url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute("set role tongshang_engine")
        found = self._connection.execute(
            "select relname from pg_class where relkind in ('r', 'p')"
            " and relnamespace = 'public'::regnamespace and not relispartition order by relname"
        ).fetchall()
        self._tables = [name for (name,) in found if not name.startswith(self.UNJUDGED)]

    def rows(self) -> dict[str, set[str]]:
        """Return every table's rows as text."""
        return {
            table: {
                row[0]
                for row in self._connection.execute(
                    sql.SQL("select t::text from {} t").format(sql.Identifier(table))
                )
            }
            for table in self._tables
        }

    def close(self) -> None:
        self._connection.close()


def _differences(
    before: Mapping[str, set[str]],
    after: Mapping[str, set[str]],
    own: Iterable[UUID],
    world: World,
) -> list[str]:
    """Return the rows that are gone or changed, and new ones in somebody else's name."""
    mine = {str(one) for one in own}
    others = {str(one) for one in (world.supplier, world.distributor, world.store, world.user)}
    found: list[str] = []
    for table, rows in before.items():
        gone = {row for row in rows - after[table] if not any(one in row for one in mine)}
        new = {
            row for row in after[table] - rows
            if any(one in row for one in others) and not any(one in row for one in mine)
        }  # fmt: skip
        found += [f"{table}: gone {row}" for row in gone] + [f"{table}: new {row}" for row in new]
    return found


async def _attack(
    attacker: Attacker, pipeline: Pipeline, world: World, handlers: list[Handler]
) -> tuple[int, list[str]]:
    """Send everything; return how many events, and which answers held a secret."""
    ids = {
        name: str(getattr(world, name))
        for name in ("supplier", "distributor", "store", "product", "sku", "listing", "order",
                     "part", "line", "payment", "user", "consumer", "category")
    }  # fmt: skip
    own = ids | {"supplier": str(world.other_supplier), "store": str(world.other_store),
                 "distributor": str(world.other_distributor)}  # fmt: skip
    sent, leaks, n = 0, list[str](), 0
    for place in attacker.places:
        tabs = [pipeline.tab(attacker.cookie, path) for path in _paths(place, world)]
        for handler in handlers:
            for payload in _payloads(handler, ids, own):
                n += 1
                if n % SHARE:
                    continue
                tab = tabs[(n // SHARE) % len(tabs)]
                answer = await _send(tab, handler, payload)
                sent += 1
                if not attacker.reads and any(one in answer for one in SECRETS):
                    leaks.append(f"{attacker.name} {tab.path} {handler.full_name} {payload}")
    return sent, leaks


async def _send(tab: Tab, handler: Handler, payload: dict[str, Any]) -> str:
    return (await tab.send_named(handler.full_name, payload)).text


async def test_nobody_changes_or_sees_what_is_somebody_elses(
    console: rx.App,
    pipeline: Pipeline,
    database: Database,
    owner_url: URL,
    world: World,
    attackers: list[Attacker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def at_any_speed(*_: object) -> None:
        """Let the suite be faster than hands."""

    monkeypatch.setattr(gate, "_slow_down", at_any_speed)
    handlers = _handlers(console)
    assert len(handlers) > 300
    judge = Judge(owner_url)
    counts: dict[str, int] = {}
    try:
        for attacker in attackers:
            before = judge.rows()
            assert sum(map(len, before.values())) > 80
            counts[attacker.name], leaks = await _attack(attacker, pipeline, world, handlers)
            assert not leaks, leaks[:5]
            changed = _differences(before, judge.rows(), attacker.own, world)
            assert not changed, (attacker.name, changed[:5])
    finally:
        judge.close()
    logging.getLogger(__name__).info("events sent: %s %s", sum(counts.values()), counts)
    assert all(count > 200 for count in counts.values()), counts
    assert not IS_DEEP or sum(counts.values()) > 50_000


async def test_the_judge_sees_a_change_of_somebody_elses(
    database: Database, owner_url: URL, world: World
) -> None:
    """Without this, "nothing changed" could be blindness."""
    judge = Judge(owner_url)
    before = judge.rows()
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update stock set on_hand = on_hand + 1 where sku_id = :sku"), {"sku": world.sku}
        )
        session.add(
            identity.ApiKey(merchant_id=world.supplier, scope="supplier", name="thief",
                            prefix="ts_thief", secret_hash="t")
        )  # fmt: skip
    found = _differences(before, judge.rows(), [world.other_supplier], world)
    judge.close()
    assert any(line.startswith("stock: gone") for line in found)
    assert any(line.startswith("api_keys: new") for line in found)
