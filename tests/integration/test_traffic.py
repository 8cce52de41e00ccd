"""What visitors do is counted in rounds: by visitor, product, search and source; who reads it."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.access import PERMISSIONS, PUBLIC, SYSTEM, Actor, Scope
from app.kit.clock import frozen, now
from app.kit.db import Database
from app.kit.errors import Forbidden, NotFound
from app.kit.ids import new_id
from app.services import traffic, visits
from app.services.campaigns import CampaignDraft, end, make
from app.services.placing import OrderItem, PlaceOrder, SoldOut, place_order
from app.services.rules.traffic import Arrival
from app.services.visits import MOST_ACTS, Act, Tally, Visitor, today, visitor_hash
from tests.integration.market import ADDRESS, Market, open_market, scalar

WECHAT = Arrival("wechat", "social")


@pytest.fixture
async def market(database: Database) -> AsyncIterator[Market]:
    visits.forget()
    yield await open_market(database)
    visits.forget()


def _visitor(market: Market, name: str = "a", **fields: Any) -> Visitor:
    return Visitor(market.store, today(), name, **fields)


async def _row(database: Database, table: str, market: Market) -> dict[str, Any]:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.execute(
            text(f"select * from {table} where store_id = :s"), {"s": market.store}
        )
        return dict(found.mappings().one())


async def _listing(database: Database, market: Market, place: int = 0) -> UUID:
    found = await scalar(
        database,
        "select id from listings where product_id = :p",
        p=market.goods[place].product,
    )
    assert isinstance(found, UUID)
    return found


async def test_a_round_counts_visitor_product_and_search(
    database: Database, market: Market
) -> None:
    visitor, listing = _visitor(market), await _listing(database, market)
    for act in (
        Act("page"),
        Act("search", words=" 龙井 ", results=4),
        Act("search", words="龙井", results=3),
        Act("search", words="13811112222", results=0),
        Act("product", listing=listing),
        Act("cart", skus=(market.goods[0].sku,)),
        Act("checkout"),
        Act("order", skus=(market.goods[0].sku, market.goods[0].sku, market.goods[1].sku)),
    ):
        visits.note(visitor, act)
    assert await visits.flush() > 0
    assert await visits.flush() == 0
    seen = await _row(database, "store_visits", market)
    names = ("page_views", "product_views", "searches", "cart_adds", "checkouts", "orders")
    assert [seen[name] for name in names] == [5, 1, 3, 1, 1, 1]
    found = await _row(database, "store_searches", market)
    assert (found["term"], found["count"], found["results"]) == ("龙井", 2, 3)
    assert found["distributor_id"] == market.distributor
    async with database.engine_transaction(SYSTEM) as session:
        products = await session.execute(
            text(
                "select product_id, supplier_id, views, cart_adds, buyers"
                " from store_product_traffic where store_id = :s order by views desc"
            ),
            {"s": market.store},
        )
        first, second = market.goods
        assert [tuple(row) for row in products] == [
            (first.product, first.supplier, 1, 1, 1),
            (second.product, second.supplier, 0, 0, 1),
        ]


async def test_goods_and_stores_of_others_are_not_counted(
    database: Database, market: Market
) -> None:
    other = await open_market(database)
    visits.note(_visitor(market), Act("product", listing=await _listing(database, other)))
    visits.note(_visitor(market), Act("cart", skus=(other.goods[0].sku, new_id())))
    visits.note(Visitor(new_id(), today(), "x"), Act("page"))
    await visits.flush()
    assert (await _row(database, "store_visits", market))["product_views"] == 1
    for store in (market.store, other.store):
        count = "select count(*) from store_product_traffic where store_id = :s"
        assert await scalar(database, count, s=store) == 0


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        ([Arrival(), WECHAT, Arrival()], ("wechat", "social", "")),
        ([WECHAT, Arrival("sms", "message", "may")], ("sms", "message", "may")),
        ([Arrival("sms"), Arrival("wechat", "app")], ("sms", "", "")),
        ([Arrival(), Arrival("wechat", "app"), Arrival()], ("wechat", "app", "")),
        ([Arrival(code="nobody")], ("", "", "")),
        ([WECHAT, Arrival("baidu", "search", code="nobody")], ("baidu", "search", "")),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_the_last_source_that_says_something_counts(
    database: Database,
    market: Market,
    arrivals: list[Arrival],
    expected: tuple[str, ...],
    at_once: bool,
) -> None:
    """In one round of a process as between rounds."""
    for came in arrivals:
        visits.note(_visitor(market, came=came), Act("page"))
        if not at_once:
            await visits.flush()
    await visits.flush()
    row = await _row(database, "store_visits", market)
    assert (row["source"], row["medium"], row["campaign"]) == expected
    assert row["page_views"] == len(arrivals)


async def test_a_visitor_is_new_unless_every_page_knew_the_basket(
    database: Database, market: Market
) -> None:
    for name, news in (("a", (True, False)), ("b", (False, False))):
        for is_new in news:
            visits.note(_visitor(market, name, is_new=is_new), Act("page"))
            await visits.flush()
    known = "select array_agg(is_new order by visitor) from store_visits where store_id = :s"
    assert await scalar(database, known, s=market.store) == [True, False]


async def test_two_processes_add_to_the_same_rows_and_lose_nothing(
    database: Database, market: Market
) -> None:
    """Each has a tally and connections of its own; keys come in another order in each."""
    listings = [await _listing(database, market, place) for place in (0, 1)]
    people, terms = [f"v{n}" for n in range(30)], [f"茶{chr(0x4E00 + n)}" for n in range(20)]
    chance = random.Random(3)
    batches: list[Tally] = []
    for _ in range(6):
        tally = Tally()
        for name in chance.sample(people, len(people)):
            visitor = _visitor(market, name)
            for listing in chance.sample(listings, 2):
                tally.add(visitor, Act("product", listing=listing))
        for term in chance.sample(terms, len(terms)):
            tally.add(_visitor(market, "searcher"), Act("search", words=term, results=1))
        batches.append(tally)
    await asyncio.gather(*(visits._write(batch) for batch in batches))
    for sql, expected in (
        ("select sum(page_views) from store_visits", 6 * (60 + 20)),
        ("select count(*) from store_visits", 31),
        ("select sum(views) from store_product_traffic", 6 * 60),
        ("select count(*) from store_product_traffic", 2),
        ("select sum(count) from store_searches", 6 * 20),
    ):
        assert await scalar(database, f"{sql} where store_id = :s", s=market.store) == expected


async def test_a_database_that_is_away_makes_a_round_wait(
    database: Database, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = visits._write

    async def away(_: Tally) -> None:
        raise OperationalError("insert", {}, Exception("connection refused"))

    monkeypatch.setattr(visits, "_write", away)
    for name in ("a", "b"):
        visits.note(_visitor(market, name), Act("page"))
        assert await visits.flush() == 0
    for _ in range(visits.MOST_WAITING + 5):
        visits.note(_visitor(market, "c"), Act("checkout"))
        await visits.flush()
    assert len(visits._waiting) == visits.MOST_WAITING
    monkeypatch.setattr(visits, "_write", write)
    await visits.flush()
    row = await _row(database, "store_visits", market)
    assert (row["visitor"], row["checkouts"]) == ("c", visits.MOST_WAITING)


async def test_the_end_of_the_process_writes_what_is_left(
    database: Database, market: Market
) -> None:
    async with visits.counting():
        visits.note(_visitor(market), Act("page"))
    assert (await _row(database, "store_visits", market))["page_views"] == 1


def test_nobody_does_so_much_in_a_moment() -> None:
    tally, visitor = Tally(), Visitor(new_id(), today(), "flood")
    for place in range(MOST_ACTS * 3):
        tally.add(visitor, Act("search", words=f"word {chr(97 + place % 26)}{place}", results=0))
    assert len(tally.searches) == MOST_ACTS
    for place in range(visits.MOST_HELD + 10):
        tally.add(Visitor(visitor.store_id, visitor.day, str(place)), Act("page"))
    assert len(tally) == visits.MOST_HELD
    assert tally.refused > 0


def test_a_visitor_is_another_tomorrow_and_elsewhere() -> None:
    store, seen = new_id(), ("203.0.113.7", "Browser")
    named = visitor_hash(store, "2026-11-24", *seen)
    assert named == visitor_hash(store, "2026-11-24", *seen)
    others = {
        visitor_hash(store, "2026-11-25", *seen),
        visitor_hash(new_id(), "2026-11-24", *seen),
        visitor_hash(store, "2026-11-24", "203.0.113.8", "Browser"),
    }
    assert len(others | {named}) == 4


def _wish(market: Market, quantity: int = 1) -> PlaceOrder:
    return PlaceOrder(
        store_id=market.store,
        idempotency_key=new_id().hex,
        items=(OrderItem(sku_id=market.goods[0].sku, quantity=quantity),),
        address=ADDRESS,
    )


async def test_an_order_carries_where_its_visitor_came_from(
    database: Database, market: Market
) -> None:
    came = Arrival("douyin", "video", "live-1124")
    visits.note(_visitor(market, came=came), Act("page"))
    await visits.flush()
    visitor, wish = _visitor(market, device="phone"), _wish(market)
    placed = await place_order(PUBLIC, wish, visitor)
    assert (await place_order(PUBLIC, wish, visitor)).repeated
    row = await _row(database, "order_visits", market)
    whence = [row[name] for name in ("source", "medium", "campaign", "device", "day")]
    assert whence == ["douyin", "video", "live-1124", "phone", today()]
    assert (row["order_id"], row["distributor_id"]) == (placed.order_id, market.distributor)
    assert "visitor" not in row


async def test_an_order_without_a_visit_or_without_success_carries_none(
    database: Database, market: Market
) -> None:
    await market.order({0: 1})
    with pytest.raises(SoldOut):
        await place_order(PUBLIC, _wish(market, 999), _visitor(market))
    count = "select count(*) from order_visits where store_id = :s"
    assert await scalar(database, count, s=market.store) == 0
    # A visitor whose first page is not written yet came, as far as anybody knows, directly.
    await place_order(PUBLIC, _wish(market), _visitor(market))
    assert (await _row(database, "order_visits", market))["source"] == ""


async def test_a_source_has_its_visitors_orders_and_paid_value(
    database: Database, market: Market
) -> None:
    for name, came in (("a", WECHAT), ("b", WECHAT), ("c", Arrival())):
        visits.note(_visitor(market, name, came=came), Act("page"))
    await visits.flush()
    placed = await place_order(PUBLIC, _wish(market), _visitor(market, "a"))
    await traffic.refresh_sources()

    async def figures() -> list[tuple[Any, ...]]:
        async with database.engine_transaction(SYSTEM) as session:
            found = await session.execute(
                text(
                    "select source, visitors, orders, paid_cents from store_sources"
                    " where store_id = :s order by source"
                ),
                {"s": market.store},
            )
            return [tuple(row) for row in found]

    assert await figures() == [("", 1, 0, 0), ("wechat", 2, 1, 0)]
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update orders set paid_cents = total_cents, status = 'PAID' where id = :o"),
            {"o": placed.order_id},
        )
    # The direct visitor comes again, this time by a link.
    visits.note(_visitor(market, "c", came=Arrival("sms", "message")), Act("page"))
    await visits.flush()
    await asyncio.gather(traffic.refresh_sources(), traffic.refresh_sources())
    assert await figures() == [("sms", 1, 0, 0), ("wechat", 2, 1, placed.total_cents)]


async def test_old_visitors_are_forgotten_and_their_sums_stay(
    database: Database, market: Market
) -> None:
    long_ago = now() - timedelta(days=traffic.KEPT_DAYS + 1)
    with frozen(long_ago):
        visits.note(_visitor(market, came=WECHAT), Act("search", words="茶", results=1))
        await visits.flush()
        await traffic.refresh_sources()
    visits.note(_visitor(market, "today"), Act("page"))
    await visits.flush()
    assert await traffic.tidy() >= 1
    days = "select array_agg(visitor) from store_visits where store_id = :s"
    assert await scalar(database, days, s=market.store) == ["today"]
    kept = "select sum(visitors) from store_sources where store_id = :s and source = 'wechat'"
    assert await scalar(database, kept, s=market.store) == 1
    assert (await _row(database, "store_searches", market))["count"] == 1


# Who reads it -----------------------------------------------------------------------------------


def _actor(scope: Scope, **who: Any) -> Actor:
    return Actor(scope, new_id(), permissions=PERMISSIONS, **who)


async def _counts(database: Database, actor: Actor) -> dict[str, int]:
    tables = ("store_visits", "store_product_traffic", "store_searches", "store_sources")
    async with database.transaction(actor) as session:
        return {
            table: await session.scalar(text(f"select count(*) from {table}")) or 0
            for table in tables
        }


async def test_a_supplier_sees_how_its_own_products_are_looked_at_and_nothing_else(
    database: Database, market: Market
) -> None:
    visitor = _visitor(market, came=WECHAT)
    for place in (0, 1):
        visits.note(visitor, Act("product", listing=await _listing(database, market, place)))
    visits.note(visitor, Act("search", words="茶", results=1))
    await visits.flush()
    await traffic.refresh_sources()
    supplier = _actor(Scope.SUPPLIER, merchant_id=market.goods[0].supplier)
    assert await _counts(database, supplier) == {
        "store_visits": 0, "store_product_traffic": 1, "store_searches": 0, "store_sources": 0,
    }  # fmt: skip
    distributor = _actor(Scope.DISTRIBUTOR, merchant_id=market.distributor)
    assert await _counts(database, distributor) == {
        "store_visits": 1, "store_product_traffic": 2, "store_searches": 1, "store_sources": 1,
    }  # fmt: skip
    shopper = Actor(Scope.PUBLIC, store_id=market.store)
    assert set((await _counts(database, shopper)).values()) == {0}
    clerk = Actor(Scope.PLATFORM, new_id(), permissions=frozenset({"platform:orders:read"}))
    assert set((await _counts(database, clerk)).values()) == {0}


@pytest.mark.parametrize("scope", [Scope.DISTRIBUTOR, Scope.PUBLIC, Scope.SUPPLIER])
async def test_nobody_but_the_round_writes_counts(
    database: Database, market: Market, scope: Scope
) -> None:
    who = {"merchant_id": market.distributor} if scope is not Scope.PUBLIC else {}
    for sql in (
        "insert into store_visits (store_id, day, visitor, distributor_id, page_views,"
        " product_views, cart_adds, checkouts) values (:s, '2026-11-24', 'f', :d, 1, 0, 0, 0)",
        "insert into store_searches (store_id, day, term, distributor_id, count)"
        " values (:s, '2026-11-24', 'f', :d, 1)",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction(_actor(scope, store_id=market.store, **who)) as session:
                await session.execute(text(sql), {"s": market.store, "d": market.distributor})


# Campaign links ---------------------------------------------------------------------------------


async def test_who_comes_by_a_campaigns_link_counts_for_it(
    database: Database, market: Market
) -> None:
    seller = _actor(Scope.DISTRIBUTOR, merchant_id=market.distributor)
    code = await make(seller, CampaignDraft(store_id=market.store, name="春茶", channel="wechat"))
    visits.note(_visitor(market, came=Arrival("baidu", "search", code=code)), Act("page"))
    await visits.flush()
    row = await _row(database, "store_visits", market)
    assert (row["source"], row["medium"], row["campaign"]) == ("wechat", "social", code)
    # The link of an ended campaign is still out there: it goes on counting.
    key = await scalar(database, "select id from store_campaigns where code = :c", c=code)
    assert await end(seller, [key]) == 1  # type: ignore[list-item]
    visits.note(_visitor(market, "b", came=Arrival(code=code)), Act("page"))
    await visits.flush()
    counted = "select count(*) from store_visits where campaign = :c"
    assert await scalar(database, counted, c=code) == 2


async def test_campaigns_are_the_stores_own(database: Database, market: Market) -> None:
    other = await open_market(database)
    seller = _actor(Scope.DISTRIBUTOR, merchant_id=market.distributor)
    rival = _actor(Scope.DISTRIBUTOR, merchant_id=other.distributor)
    await make(seller, CampaignDraft(store_id=market.store, name="春茶", channel="sms"))
    with pytest.raises(NotFound):
        await make(seller, CampaignDraft(store_id=other.store, name="x", channel="sms"))
    key = await scalar(database, "select id from store_campaigns where store_id = :s",
                       s=market.store)  # fmt: skip
    assert await end(rival, [key]) == 0  # type: ignore[list-item]
    reader = Actor(Scope.DISTRIBUTOR, new_id(), market.distributor,
                   permissions=frozenset({"distributor:store:read"}))  # fmt: skip
    with pytest.raises(Forbidden):
        await make(reader, CampaignDraft(store_id=market.store, name="x", channel="sms"))
    with pytest.raises(Forbidden):
        await end(reader, [key])  # type: ignore[list-item]
