"""The distributor's screens, event by event: they show what is true and do what they say."""

from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import SYSTEM
from app.kit.db import Database
from app.kit.errors import Forbidden
from app.kit.ids import new_id
from app.queries.lists.distributor import LISTINGS, SOURCING
from app.queries.resource import ListQuery, fetch, rate_text
from app.services.listing_prices import preview
from app.services.listings import set_on_sale
from app.services.rules.pricing import PricingKind, PricingRule
from app.services.stores import StoreTermsDraft, save_terms, terms_of
from state.checklists import ChecklistState
from state.distributor.changes import ChangesState
from state.distributor.customers import CustomerState
from state.distributor.ledger import PostingsState, SharesState
from state.distributor.listing import ListingState
from state.distributor.listings import ListingsState
from state.distributor.orders import OrdersState, OrderState
from state.distributor.pricing import preview_shown
from state.distributor.product import ProductState
from state.distributor.sourcing import SourcingState
from state.distributor.stores import StoresState, StoreState
from state.gate import acting_as
from tests.integration.market import Market, open_market, scalar
from tests.state.selling import at, do, said, seller

WAITS = "Its supplier has not set a price in yuan yet."


async def _listing_of(database: Database, market: Market, place: int = 0) -> UUID:
    sql = "select id from listings where product_id = :product"
    found = await scalar(database, sql, product=market.goods[place].product)
    assert isinstance(found, UUID)
    return found


async def _unlist(database: Database, market: Market) -> None:
    await scalar(
        database,
        "with gone as (delete from listings where store_id = :store returning 1)"
        " select count(*) from gone",
        store=market.store,
    )


async def test_the_pool_shows_supply_price_margin_and_stock(database: Database) -> None:
    market = await open_market(database, on_hand=7)
    with acting_as(at(seller(market), "sourcing")):
        state = SourcingState()
        await do(state, "load")
    row = next(r for r in state.rows if r["id"] == str(market.goods[0].product))
    # 1,000 fen of supply price, 1,501 of suggested retail.
    assert (row["supply"], row["suggested"], row["margin"]) == ("¥10.00", "¥15.01", "27.8 %")
    assert (row["stock"], row["listed"]) == ("7", "YES")


async def test_one_click_lists_with_the_stores_usual_rule(database: Database) -> None:
    market = await open_market(database)
    await _unlist(database, market)
    actor = seller(market)
    usual = StoreTermsDraft(PricingRule(PricingKind.MARKUP, 5_000, 100))
    await save_terms(actor, market.store, usual)
    with acting_as(at(actor, "sourcing")):
        state = SourcingState()
        await do(state, "load")
        await do(state, "ask", "quick", str(market.goods[0].product))
    price = await scalar(
        database,
        "select retail_cents from listing_skus where sku_id = :sku",
        sku=market.goods[0].sku,
    )
    assert price == 1_000 + 500 + 100


async def test_a_bulk_listing_previews_lists_and_reports_what_it_skipped(
    database: Database,
) -> None:
    market = await open_market(database)
    await _unlist(database, market)
    with acting_as(at(seller(market), "sourcing")):
        state = SourcingState()
        await do(state, "load")
        for goods in market.goods:
            await do(state, "pick", str(goods.product))
        await do(state, "ask", "list", "")
        await do(state, "weigh", "kind", "markup")
        await do(state, "weigh", "percent", "0")
        assert (state.fine, state.refused) == (0, 2)
        await do(state, "weigh", "percent", "40")
        assert (state.fine, state.refused) == (2, 0)
        # 1,400 − 1,000 − 70 of commission (5 %) − 8 of payment fee (0.6 %).
        assert state.previews[0]["margin"] == "¥3.22"
        form = {**state.terms, "percent": "5"}
        await do(state, "submit", form)
    assert "Listed: 0." in state.outcome
    # The reason says which price would do.
    reasons = [row["why"].partition(" It can be sold from ¥") for row in state.outcomes]
    assert [reason for reason, _, _ in reasons] == [
        "This price is below cost (supply price plus platform fees)."
    ] * 2
    assert all(price for _, _, price in reasons)


async def _shelf(database: Database, market: Market) -> list[tuple[str, int]]:
    """Return status and price of what the store lists, in the order of the market's goods."""
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.execute(
            text(
                "select l.status, o.retail_cents from listings l"
                " join listing_skus o on o.listing_id = l.id where o.sku_id = any(:skus)"
                " and l.store_id = :store order by array_position(:skus, o.sku_id)"
            ),
            {"skus": [goods.sku for goods in market.goods], "store": market.store},
        )
        return [(row.status, row.retail_cents) for row in found]


async def test_listing_again_changes_nothing_unless_it_is_ticked(database: Database) -> None:
    market = await open_market(database)
    before = await _shelf(database, market)
    actor = seller(market)
    sql = "update products set title_en = 'Celadon cup' where id = :p returning id"
    await scalar(database, sql, p=market.goods[0].product)
    paused = await _listing_of(database, market)
    await set_on_sale(actor, [paused], on_sale=False)
    with acting_as(at(actor, "sourcing")):
        state = SourcingState()
        await do(state, "load")
        for goods in market.goods:
            await do(state, "pick", str(goods.product))
        await do(state, "ask", "list", "")
        await do(state, "weigh", "kind", "markup")
        await do(state, "weigh", "percent", "90")
        assert (state.fine, state.refused) == (0, 2)
        # What is left as it is shows what it costs, not what the rule would have made of it.
        kept = {(row["was"], row["prices"], row["margin_rate"]) for row in state.previews}
        assert ("", "¥15.01", "") in kept
        assert "Celadon cup" in {row["title"] for row in state.previews}
        await do(state, "submit", dict(state.terms))
        assert [row["why"] for row in state.outcomes] == [
            "It is in this store already, and its prices stay as they are."
        ] * 2
        assert await _shelf(database, market) == [("PAUSED", before[0][1]), before[1]]

        for goods in market.goods:
            await do(state, "pick", str(goods.product))
        await do(state, "ask", "list", "")
        await do(state, "weigh", "kind", "markup")
        await do(state, "weigh", "percent", "90")
        await do(state, "weigh", "update", "true")
        assert (state.fine, state.refused) == (2, 0)
        assert ("¥15.01", "¥19.00") in {(row["was"], row["prices"]) for row in state.previews}
        assert [row["paused"] for row in state.previews].count("1") == 1
        await do(state, "submit", {k: v for k, v in state.terms.items() if v})
    # Priced anew, but what was paused stays paused.
    after = await _shelf(database, market)
    assert [status for status, _ in after] == ["PAUSED", "ON_SALE"]
    assert after[0][1] == 1_900

    with acting_as(at(actor, "sourcing")):
        await do(state, "pick", str(market.goods[0].product))
        await do(state, "ask", "list", "")
        form = {k: v for k, v in state.terms.items() if v}
        await do(state, "submit", {**form, "wake": "true"})
        assert (await _shelf(database, market))[0][0] == "PAUSED"
        await do(state, "pick", str(market.goods[0].product))
        await do(state, "ask", "list", "")
        await do(state, "submit", {**form, "update": "true", "wake": "true"})
    assert (await _shelf(database, market))[0][0] == "ON_SALE"


async def test_one_product_that_is_listed_is_not_listed_over(database: Database) -> None:
    market = await open_market(database)
    goods = market.goods[0]
    before = await _shelf(database, market)
    with acting_as(at(seller(market), f"sourcing/{goods.product}")):
        state = ProductState()
        await do(state, "load")
        answer = await do(state, "list_it", {f"price-{goods.sku}": "99"})
    assert "on the listing's own page" in said(answer)
    assert await _shelf(database, market) == before


@pytest.mark.parametrize(("name", "typed"), [("percent", "2000"), ("percent", "-5"), ("add", "x")])
async def test_an_unreasonable_rule_is_a_fault_beside_its_field(
    database: Database, name: str, typed: str
) -> None:
    market = await open_market(database)
    with acting_as(at(seller(market), "sourcing")):
        state = SourcingState()
        await do(state, "load")
        await do(state, "pick", str(market.goods[0].product))
        await do(state, "ask", "list", "")
        await do(state, "weigh", "kind", "markup")
        await do(state, "weigh", name, typed)
        await do(state, "submit", state.terms)
    assert list(state.errors) == [name]
    assert state.asking == "list"


async def test_the_same_goods_have_one_margin_everywhere(database: Database) -> None:
    """Preview, product page, pool, list of listings and listing page: after commission and fees."""
    market = await open_market(database)
    goods = market.goods[0]
    who = seller(market)
    suggested = PricingRule(PricingKind.SUGGESTED)
    (candidate,) = await preview(who, market.store, [goods.product], suggested)
    listing = str(await scalar(database, "select id from listings where product_id = :p",
                               p=goods.product))  # fmt: skip
    pool = (await fetch(who, SOURCING, ListQuery.of(SOURCING, {}))).rows
    listed = (await fetch(who, LISTINGS, ListQuery.of(LISTINGS, {}))).rows
    shown_of = {"pool": next(r for r in pool if r["id"] == goods.product)["margin"],
                "list": next(r for r in listed if str(r["id"]) == listing)["margin"]}  # fmt: skip
    told = {name: rate_text(bps) for name, bps in shown_of.items()}
    with acting_as(at(who, f"sourcing/{goods.product}")):
        told["preview"] = preview_shown(candidate, "")["margin_rate"]
        product = ProductState()
        await do(product, "load")
        await do(product, "price", str(goods.sku), "15.01")
        told["product page"] = product.skus[0]["margin_rate"]
    with acting_as(at(who, f"listings/{listing}")):
        state = ListingState()
        await do(state, "load")
        told["listing page"] = state.skus[0]["margin_rate"]
    # 15.01 − 10.00 − 5 % − 0.6 % of 15.01 is 4.17.
    assert told == dict.fromkeys(told, "27.8 %")


async def test_a_product_shows_every_share_of_a_typed_price(database: Database) -> None:
    market = await open_market(database)
    await _unlist(database, market)
    goods = market.goods[0]
    with acting_as(at(seller(market), f"sourcing/{goods.product}")):
        state = ProductState()
        await do(state, "load")
        await do(state, "price", str(goods.sku), "20")
        sku = state.skus[0]
        told = (sku["commission"], sku["fee"], sku["margin"], sku["margin_rate"])
        assert told == ("¥1.00", "¥0.12", "¥8.88", "44.4 %")
        await do(state, "price", str(goods.sku), "10")
        assert state.skus[0]["loss"] == "1"
        await do(state, "list_it", {f"price-{goods.sku}": "10"})
        assert list(state.errors) == [f"price-{goods.sku}"]
        await do(state, "list_it", {f"price-{goods.sku}": "25"})
    sql = "select retail_cents from listing_skus where sku_id = :sku"
    assert await scalar(database, sql, sku=goods.sku) == 2_500


async def test_a_listing_is_repriced_by_hand_paused_and_given_a_title(database: Database) -> None:
    market = await open_market(database)
    listing, sku = await _listing_of(database, market), market.goods[0].sku
    with acting_as(at(seller(market), f"listings/{listing}")):
        state = ListingState()
        await do(state, "load")
        await do(state, "save", {f"price-{sku}": "19.90", f"offer-{sku}": "true"})
        assert state.skus[0]["typed"] == "19.90"
        await do(state, "save", {f"price-{sku}": "19.90"})
        assert state.errors["offered"].startswith("Offer at least one")
        await do(state, "save_texts", {"title": "明前龙井", "policy": "HOLD_PRICE"})
        await do(state, "sell", False)
    assert state.facts["title_override"] == "明前龙井"
    assert (state.facts["status"], state.facts["cost_policy"]) == ("PAUSED", "HOLD_PRICE")
    told = {(entry["kind"], entry["before"], entry["after"]) for entry in state.history}
    assert ("retail_price", "¥15.01", "¥19.90") in told
    assert ("status", "ON_SALE", "PAUSED") in told


async def test_new_prices_leave_a_paused_listing_paused(database: Database) -> None:
    market = await open_market(database)
    listing = await _listing_of(database, market)
    with acting_as(at(seller(market), "listings")):
        state = ListingsState()
        await do(state, "load")
        await do(state, "pick", str(listing))
        await do(state, "ask", "pause", "")
        await do(state, "pick", str(listing))
        await do(state, "ask", "reprice", "")
        assert state.fine == 1
        await do(state, "submit", {**state.terms, "kind": "markup", "percent": "80"})
    row = next(r for r in state.rows if r["id"] == str(listing))
    assert (row["status"], row["low"]) == ("PAUSED", "¥18.00")


async def test_changes_are_marked_as_seen(database: Database) -> None:
    market = await open_market(database)
    listing = await _listing_of(database, market)
    await scalar(
        database,
        "with made as (insert into listing_changes (id, listing_id, distributor_id, sku_id, kind,"
        " before, after, outcome) values (:id, :listing, :distributor, :sku, 'supply_price',"
        " '1000', '123456', 'held') returning 1) select 1 from made",
        id=new_id(),
        listing=listing,
        distributor=market.distributor,
        sku=market.goods[0].sku,
    )
    with acting_as(at(seller(market), "changes")):
        state = ChangesState()
        await do(state, "load")
        row = state.rows[0]
        assert (row["before"], row["after"], row["seen"]) == ("¥10.00", "¥1,234.56", "NEW")
        assert row["listing"] == str(listing)
        assert "listing" not in state.columns
        await do(state, "ask", "all_seen", "")
    assert state.rows[0]["seen"] == "SEEN"


async def test_an_order_shows_its_shares_and_is_cancelled_while_unpaid(database: Database) -> None:
    market = await open_market(database)
    placed = await market.order({0: 2, 1: 1})
    with acting_as(at(seller(market), f"orders/{placed.number}")):
        lists, state = OrdersState(), OrderState()
        await do(lists, "load")
        await do(state, "load")
        assert lists.rows[0]["number"] == placed.number
        assert {part["status"] for part in state.parts} == {"PENDING_PAYMENT"}
        assert (state.facts["goods_cents"], len(state.lines)) == ("¥56.68", 2)
        await do(state, "cancel")
        assert state.facts["status"] == "CLOSED"
        outcome = await do(state, "take_back", {"reason": "sold out"})
    assert "Somebody has just changed this" in said(outcome)


async def test_a_store_is_opened_decorated_and_features_goods(database: Database) -> None:
    market = await open_market(database)
    actor, slug = seller(market), f"tea-{new_id().hex[-8:]}"
    with acting_as(at(actor, "stores")):
        lists = StoresState()
        await do(lists, "load")
        await do(lists, "ask", "create", "")
        await do(lists, "submit", {"name": "茶", "slug": "Not a slug"})
        assert list(lists.errors) == ["slug"]
        await do(lists, "submit", {"name": "茶", "slug": slug, "contact_phone": "0571-1"})
        assert lists.total == 2
    await _featured(database, market, slug)


async def _featured(database: Database, market: Market, slug: str) -> None:
    actor = seller(market)
    own = await scalar(database, "select slug from stores where id = :id", id=market.store)
    with acting_as(at(actor, f"stores/{own}")):
        state = StoreState()
        await do(state, "load")
        assert state.qr.startswith("data:image/svg+xml")
        look = {**state.values, "accent": "#0F766E", "banner_title": "春茶", "is_open": "true"}
        await do(state, "save", look)
        assert (state.values["accent"], state.values["banner_title"]) == ("#0f766e", "春茶")
        await do(state, "save", {**look, "slug": slug})
        assert state.errors["slug"].startswith("This address is taken")
        await do(state, "save_usual", {**state.terms, "kind": "markup", "percent": "45"})
        first, second = [str(await _listing_of(database, market, place)) for place in (0, 1)]
        await do(state, "look_up", "龙井")
        assert {row["id"] for row in state.found} == {first, second}
        await do(state, "add", first)
        await do(state, "add", second)
        await do(state, "raise_up", second)
        assert [row["id"] for row in state.featured] == [second, first]
        await do(state, "drop", second)
        assert [row["id"] for row in state.featured] == [first]
    assert (await terms_of(actor, market.store)).pricing.bps == 4_500


async def test_balances_and_progress_come_from_the_data(database: Database) -> None:
    market = await open_market(database)
    with acting_as(at(seller(market), "ledger")):
        shares, postings, first = SharesState(), PostingsState(), ChecklistState()
        await do(shares, "load")
        await do(postings, "load")
        await do(first, "load")
    assert shares.balances["PENDING"] == ["¥0.00"]
    assert (postings.total, first.done, first.shown) == (0, ["store", "listing"], True)
    # Nothing was received, so no day can be promised.
    assert shares.due == {"days": "0", "receipt": "10", "next": ""}


@pytest.mark.parametrize(
    ("state", "page"),
    [
        (ListingState, "listings/{id}"),
        (ProductState, "sourcing/{id}"),
        (CustomerState, "customers/{id}"),
        (OrderState, "orders/26112400000017"),
        (StoreState, "stores/nowhere"),
        (ListingState, "listings/no-uuid"),
    ],
)
async def test_what_is_not_there_is_said_to_be_missing(
    database: Database, state: type[ListingState], page: str
) -> None:
    market = await open_market(database)
    with acting_as(at(seller(market), page.format(id=new_id()))):
        missing = state()
        await do(missing, "load")
    assert missing.missing


async def test_another_distributor_finds_neither_listing_nor_order(database: Database) -> None:
    market, other = await open_market(database), await open_market(database)
    listing, sku = await _listing_of(database, market), market.goods[0].sku
    placed = await market.order({0: 1})
    with acting_as(at(seller(other), f"listings/{listing}")):
        state = ListingState()
        await do(state, "load")
        assert state.missing
        state.facts = {"id": str(listing)}
        outcome = await do(state, "save", {f"price-{sku}": "1", f"offer-{sku}": "true"})
        assert "was not found" in said(outcome)
        order = OrderState()
        order.facts = {"number": placed.number}
        assert "was not found" in said(await do(order, "cancel"))
        assert "was not found" in said(await do(order, "take_back", {"reason": "x"}))


async def test_who_may_only_read_changes_nothing(database: Database) -> None:
    market = await open_market(database)
    listing = await _listing_of(database, market)
    with acting_as(at(seller(market, "finance"), "orders")):
        state = OrderState()
        state.facts = {"number": "1"}
        assert "permission" in said(await do(state, "cancel"))
        with pytest.raises(Forbidden):
            await ListingsState.event_handlers["load"].fn.__wrapped__(ListingsState())
        selling = ListingState()
        selling.facts = {"id": str(listing)}
        assert "permission" in said(await do(selling, "sell", False))


async def test_goods_without_a_price_in_yuan_wait_for_it(database: Database) -> None:
    market = await open_market(database)
    listing, goods = await _listing_of(database, market), market.goods[0]
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update supply_prices set currency = 'BRL' where sku_id = :sku"),
            {"sku": goods.sku},
        )
        await session.execute(
            text("update listings set status = 'PAUSED' where id = :id"), {"id": listing}
        )
    with acting_as(at(seller(market), f"listings/{listing}")):
        state = ListingState()
        await do(state, "load")
        sku = state.skus[0]
        assert (sku["supply_cents"], sku["typed"]) == ("R$10.00", "")
        assert (sku["problem"], sku["margin"]) == (WAITS, "")
        assert WAITS in said(await do(state, "sell", True))
        assert state.facts["status"] == "PAUSED"
        await do(state, "save", {f"price-{goods.sku}": "19.90", f"offer-{goods.sku}": "true"})
        assert state.errors[f"price-{goods.sku}"] == WAITS
    with acting_as(at(seller(market), f"sourcing/{goods.product}")):
        product = ProductState()
        await do(product, "load")
        assert (product.skus[0]["typed"], product.skus[0]["problem"]) == ("", WAITS)
