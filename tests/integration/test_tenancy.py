"""Tenancy is the database's: nobody reads or writes another's rows, whatever the code does."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access import PERMISSIONS, SYSTEM, Actor, Scope
from app.kit.db import Database
from tests.integration.world import COST, STRANGERS_OWN, World, build_world

WITHOUT_TENANT = {
    "alembic_version": "the migration's own mark",
    "shelf_items": "public search text of the stores; nothing in it is confidential",
}
"""Tables without row-level security, each with its reason."""

PUBLIC_TO_ALL = {"categories", "platform_settings"}
"""Tables whose every row any actor may read."""


def _actor(scope: Scope, **who: Any) -> Actor:
    return Actor(scope, permissions=PERMISSIONS, **who)


@pytest.fixture
async def world(database: Database) -> World:
    async with database.engine_transaction(SYSTEM) as session:
        return await build_world(session)


async def _names(database: Database, condition: str) -> set[str]:
    """Return the tables for which ``condition`` on pg_class holds, without the job queue's."""
    async with database.transaction(SYSTEM) as session:
        rows = await session.scalars(
            text(
                "select relname from pg_class c where relkind in ('r', 'p')"
                f" and relnamespace = 'public'::regnamespace and ({condition})"
            )
        )
        return {name for name in rows if not name.startswith("procrastinate_")}


async def _tenant_tables(database: Database) -> list[str]:
    return sorted(await _names(database, "true") - set(WITHOUT_TENANT))


async def test_every_table_without_a_policy_is_a_listed_exception(database: Database) -> None:
    unguarded = await _names(
        database,
        "not (relrowsecurity and relforcerowsecurity and exists"
        " (select 1 from pg_policy p where p.polrelid = c.oid))",
    )
    assert unguarded == set(WITHOUT_TENANT)


async def test_the_app_role_neither_owns_nor_bypasses(database: Database) -> None:
    async with database.transaction(SYSTEM) as session:
        roles = (
            await session.execute(
                text(
                    "select rolname, rolsuper or rolbypassrls or rolcreaterole as mighty"
                    " from pg_roles where rolname in ('tongshang_app', 'tongshang_engine')"
                )
            )
        ).all()
    assert sorted(roles) == [("tongshang_app", False), ("tongshang_engine", False)]
    owners = "relowner in ('tongshang_app'::regrole, 'tongshang_engine'::regrole)"
    assert await _names(database, owners) == set()


async def test_the_world_has_a_row_in_every_tenant_table(database: Database, world: World) -> None:
    """Without this, "the stranger sees nothing" could be true of empty tables."""
    async with database.engine_transaction(SYSTEM) as session:
        empty = [
            table
            for table in await _tenant_tables(database)
            if not await session.scalar(text(f"select exists (select 1 from {table})"))
        ]
    assert empty == []


def _stranger(world: World, who: str) -> Actor:
    return {
        "other_supplier": _actor(
            Scope.SUPPLIER, merchant_id=world.other_supplier, user_id=world.stranger
        ),
        "other_distributor": _actor(
            Scope.DISTRIBUTOR, merchant_id=world.other_distributor, user_id=world.stranger
        ),
        "other_consumer": _actor(
            Scope.CONSUMER, consumer_id=world.other_consumer, store_id=world.other_store
        ),
        "passer_by": _actor(Scope.PUBLIC, store_id=world.other_store),
        "account": _actor(Scope.ACCOUNT, user_id=world.stranger),
        "nobody": _actor(Scope.PUBLIC),
        # A forged mixture: a supplier's merchant under a scope that has none.
        "account_with_merchant": _actor(
            Scope.ACCOUNT, user_id=world.stranger, merchant_id=world.supplier
        ),
    }[who]


SEEN_ON_PURPOSE: dict[str, set[str]] = {
    "other_supplier": set(),
    # The pool, as every distributor sees it: with supply prices, without the supplier's cost.
    "other_distributor": {
        "freight_templates",
        "merchants",
        "pool_entries",
        "product_images",
        "products",
        "skus",
        "stock",
        "supply_prices",
    },
    # Open shop fronts, and what shipping costs.
    "other_consumer": {"freight_templates", "stores"},
    "passer_by": {"freight_templates", "stores"},
    "nobody": {"freight_templates", "stores"},
    "account": set(),
    "account_with_merchant": set(),
}


async def _rows_of(database: Database, world: World, table: str, actor: Actor) -> int:
    """Count the rows of ``table`` that name anything of the world's trade."""
    theirs = [str(value) for name, value in vars(world).items() if name not in STRANGERS_OWN]
    async with database.transaction(actor) as session:
        found = await session.scalar(
            text(f"select count(*) from {table} t where to_jsonb(t)::text ~ :ids"),
            {"ids": "|".join(theirs)},
        )
    return found or 0


@pytest.mark.parametrize("who", sorted(SEEN_ON_PURPOSE))
async def test_a_stranger_reads_nothing_of_the_world(
    database: Database, world: World, who: str
) -> None:
    seen: set[str] = set()
    for table in set(await _tenant_tables(database)) - PUBLIC_TO_ALL:
        try:
            if await _rows_of(database, world, table, _stranger(world, who)):
                seen.add(table)
        except DBAPIError as error:
            assert "permission denied" in str(error), table
    assert seen == SEEN_ON_PURPOSE[who]


async def _fingerprints(database: Database, world: World) -> dict[str, tuple[int, str | None]]:
    async with database.engine_transaction(SYSTEM) as session:
        prints: dict[str, tuple[int, str | None]] = {}
        for table in await _tenant_tables(database):
            row = (
                await session.execute(
                    text(
                        f"select count(*), md5(string_agg(line, '|' order by line))"
                        f" from (select to_jsonb(t)::text as line from {table} t) as lines"
                    )
                )
            ).one()
            prints[table] = (row[0], row[1])
        return prints


async def _write_column(database: Database, table: str) -> str:
    async with database.transaction(SYSTEM) as session:
        name = await session.scalar(
            text(
                "select attname from pg_attribute where attrelid = cast(:t as regclass)"
                " and attnum > 0 and not attisdropped and attidentity = '' limit 1"
            ),
            {"t": table},
        )
        return str(name)


@pytest.mark.parametrize("who", sorted(SEEN_ON_PURPOSE))
async def test_a_stranger_changes_nothing_of_the_world(
    database: Database, world: World, who: str
) -> None:
    """Deletes and updates everything in sight; only rows of the stranger's own may go."""
    actor = _stranger(world, who)
    for table in await _tenant_tables(database):
        column = await _write_column(database, table)
        for verb in (f"delete from {table} t", f"update {table} t set {column} = {column}"):
            guarded = f"{verb} where to_jsonb(t)::text ~ :ids"
            ids = [str(value) for name, value in vars(world).items() if name not in STRANGERS_OWN]
            try:
                async with database.transaction(actor) as session:
                    result: Any = await session.execute(text(guarded), {"ids": "|".join(ids)})
            except DBAPIError as error:
                assert "permission denied" in str(error), (table, str(error))
            else:
                assert result.rowcount == 0, (table, verb)


CONFIDENTIAL_FOR: dict[str, set[str]] = {
    "consumer": {
        "account_balances",
        "fulfilment_lines",
        "listing_sku_bases",
        "listing_terms",
        "order_line_terms",
        "postings",
        "sku_costs",
        "split_rules",
        "splits",
        "order_visits",
        "store_campaigns",
        "store_product_traffic",
        "store_searches",
        "store_sources",
        "store_terms",
        "store_visits",
        "supply_prices",
    },
    "supplier": {
        "consumers",
        "listing_sku_bases",
        "listing_skus",
        "listing_terms",
        "listings",
        "order_line_terms",
        "order_lines",
        "order_visits",
        "orders",
        "payments",
        "split_rules",
        "store_campaigns",
        "store_searches",
        "store_sources",
        "store_terms",
        "store_visits",
        "stores",
    },
    "distributor": {"sku_costs", "split_rules", "stock_movements"},
}


@pytest.mark.parametrize("who", sorted(CONFIDENTIAL_FOR))
async def test_parties_to_an_order_see_no_confidential_table(
    database: Database, world: World, who: str
) -> None:
    actor = {
        "consumer": _actor(Scope.CONSUMER, consumer_id=world.consumer, store_id=world.store),
        "supplier": _actor(Scope.SUPPLIER, merchant_id=world.supplier, user_id=world.user),
        "distributor": _actor(Scope.DISTRIBUTOR, merchant_id=world.distributor),
    }[who]
    leaks = {
        table
        for table in CONFIDENTIAL_FOR[who]
        if await _rows_of(database, world, table, actor) > 0
    }
    assert leaks == set()


async def test_the_parties_see_their_own_side(database: Database, world: World) -> None:
    """The walls have doors: each party does read its own part of the order."""
    supplier = _actor(Scope.SUPPLIER, merchant_id=world.supplier)
    distributor = _actor(Scope.DISTRIBUTOR, merchant_id=world.distributor)
    consumer = _actor(Scope.CONSUMER, consumer_id=world.consumer, store_id=world.store)
    for actor, tables in (
        (
            supplier,
            (
                "supplier_orders",
                "fulfilment_lines",
                "order_addresses",
                "sku_costs",
                "store_product_traffic",
            ),
        ),
        (
            distributor,
            (
                "orders",
                "order_lines",
                "order_line_terms",
                "supply_prices",
                "store_visits",
                "store_product_traffic",
                "store_searches",
                "store_sources",
                "order_visits",
                "store_campaigns",
            ),
        ),
        (consumer, ("orders", "order_lines", "shipments", "tracking_events", "payments")),
    ):
        for table in tables:
            assert await _rows_of(database, world, table, actor) > 0, (actor.scope, table)


async def test_a_supplier_never_reads_the_distributors_split(
    database: Database, world: World
) -> None:
    async with database.transaction(_actor(Scope.SUPPLIER, merchant_id=world.supplier)) as session:
        kinds = await session.scalars(text("select kind from splits"))
        assert set(kinds) == {"SUPPLY", "FREIGHT"}


async def test_cost_needs_its_own_permission(database: Database, world: World) -> None:
    packer = Actor(
        Scope.SUPPLIER,
        merchant_id=world.supplier,
        permissions=frozenset({"supplier:products:read", "supplier:audit:read"}),
    )
    boss = _actor(Scope.SUPPLIER, merchant_id=world.supplier)
    costs = text("select count(*) from sku_costs where sku_id = :sku and cost_cents = :cost")
    trail = text(
        "select count(*) from audit_entries where table_name = 'sku_costs' and row_id = :sku"
    )
    for actor, expected in ((packer, 0), (boss, 1)):
        async with database.transaction(actor) as session:
            assert await session.scalar(costs, {"sku": world.sku, "cost": COST}) == expected
            assert await session.scalar(trail, {"sku": str(world.sku)}) == expected


async def test_a_supplier_cannot_approve_its_own_product(database: Database, world: World) -> None:
    actor = _actor(Scope.SUPPLIER, merchant_id=world.supplier)
    change = text("update pool_entries set status = :status where product_id = :product")
    async with database.transaction(actor) as session:
        await session.execute(change, {"status": "WITHDRAWN", "product": world.product})
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.transaction(actor) as session:
            await session.execute(change, {"status": "APPROVED", "product": world.product})


APPEND_ONLY = (
    "audit_entries",
    "ledger_transactions",
    "order_events",
    "payment_callbacks",
    "postings",
    "split_rule_versions",
    "stock_movements",
    "tracking_events",
)


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_not_even_the_engine_edits_history(database: Database, table: str) -> None:
    column = await _write_column(database, table)
    for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.engine_transaction(SYSTEM) as session:
                await session.execute(text(statement))


async def test_the_trail_tells_who_changed_what(database: Database, world: World) -> None:
    actor = _actor(Scope.SUPPLIER, merchant_id=world.supplier, user_id=world.user)
    async with database.transaction(actor) as session:
        await session.execute(text("update products set title = '白瓷茶杯'"))
    async with database.transaction(actor) as session:
        entry = (
            await session.execute(
                text(
                    "select scope, user_id, acting_merchant_id, before, after from audit_entries"
                    " where table_name = 'products' and action = 'update' and row_id = :id"
                ),
                {"id": str(world.product)},
            )
        ).one()
    before, after = {"title": "青釉茶杯"}, {"title": "白瓷茶杯"}
    assert tuple(entry) == ("supplier", world.user, world.supplier, before, after)


async def test_splits_must_equal_the_payment(database: Database, world: World) -> None:
    with pytest.raises(DBAPIError, match="its splits are"):
        async with database.engine_transaction(SYSTEM) as session:
            await session.execute(
                text("update splits set amount_cents = amount_cents + 1 where kind = 'MARGIN'")
            )
            await session.execute(text("update payments set provider_ref = 'touched'"))


async def test_an_order_must_equal_its_lines(database: Database, world: World) -> None:
    with pytest.raises(DBAPIError, match="does not add up"):
        async with database.engine_transaction(SYSTEM) as session:
            await session.execute(
                text(
                    "insert into orders (id, number, store_id, distributor_id, buyer_kind, status,"
                    " goods_cents, total_cents, idempotency_key, request_hash, access_hash,"
                    " locale, expires_at) values (gen_random_uuid(), 'odd', :store, :distributor,"
                    " 'GUEST', 'PENDING_PAYMENT', 5, 5, 'odd', 'h', 'h', 'zh_CN', now())"
                ),
                {"store": world.store, "distributor": world.distributor},
            )
