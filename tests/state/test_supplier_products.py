"""The product editor on screen: keeps what was typed, tells faults at their cells, saves once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import SYSTEM
from app.kit.db import Database
from app.kit.errors import Forbidden
from app.queries.lists.supplier_goods import PRODUCTS
from app.queries.resource import ListQuery, cells, fetch
from app.queries.supplier_products import edited_product
from app.services.price_changes import reach
from state.supplier.product import ProductState
from state.supplier.products import ProductsState
from tests.integration.market import Market, open_market, scalar
from tests.state.supplying import on_page, person

PICTURE = "pictures/" + "0a" * 12


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


async def _editor(actor: Any, product: str = "new") -> ProductState:
    state = ProductState()
    with on_page(actor, f"products/{product}"):
        await ProductState.load.fn(state)
    return state


def _form(state: ProductState, **more: str) -> dict[str, Any]:
    """Return what the browser sends of the form as it stands."""
    form: dict[str, Any] = {"nonce": state.nonce, **state.values}
    for row in state.rows:
        place = row["place"]
        form |= {f"{cell}-{place}": row[cell] for cell in ("code", "supply", "suggested", "low_at")}
        form |= {f"active-{place}": "1"} if row["active"] else {}
        if not row["id"]:
            form[f"on_hand-{place}"] = row["on_hand"]
    return form | more


async def _new(database: Database, actor: Any) -> tuple[ProductState, dict[str, Any]]:
    category = await scalar(database, "select id from categories limit 1")
    state = await _editor(actor)
    with on_page(actor, "products/new"):
        await ProductState.add_picture.fn(state, PICTURE)
        await ProductState.add_spec.fn(state)
        await ProductState.name_spec.fn(state, 0, "颜色")
        await ProductState.add_values.fn(state, 0, "红，蓝")
    typed = {"title": "手冲壶", "category_id": str(category), "code-0": f"K{id(state)}-1",
             "code-1": f"K{id(state)}-2"}  # fmt: skip
    for place in ("0", "1"):
        typed |= {f"supply-{place}": "10.5", f"suggested-{place}": "20", f"on_hand-{place}": "8"}
    return state, _form(state, **typed)


async def test_a_new_product_is_saved_once_and_pushed(database: Database, market: Market) -> None:
    actor = person(market.goods[0].supplier)
    state, form = await _new(database, actor)
    with on_page(actor, "products/new"):
        await ProductState.choose_save.fn(state, True)
        first = await ProductState.submit.fn(state, form)
        second = await ProductState.submit.fn(state, form)
    assert first is not None and second is None
    made = await edited_product(actor, UUID(state.product_id))
    assert (made.pool, made.pictures) == ("SUBMITTED", (PICTURE,))
    assert [(sku.spec_values, sku.supply_cents, sku.on_hand) for sku in made.skus] == [
        (("红",), 1_050, 8),
        (("蓝",), 1_050, 8),
    ]
    found = await fetch(actor, PRODUCTS, ListQuery.of(PRODUCTS, {"q": "手冲壶"}))
    row = cells(PRODUCTS, found.rows[0])
    assert (row["skus"], row["stock"], row["supply"], row["pool"]) == (
        "2", "16", "¥10.50", "SUBMITTED")  # fmt: skip


async def test_faults_stand_at_their_cells_and_nothing_is_lost(
    database: Database, market: Market
) -> None:
    actor = person(market.goods[0].supplier)
    taken = await scalar(database, "select code from skus where id = :id", id=market.goods[0].sku)
    state, form = await _new(database, actor)
    with on_page(actor, "products/new"):
        await ProductState.submit.fn(state, form | {"title": "", "supply-1": "abc"})
        assert state.errors["title"] == "Please fill this in."
        assert state.rows[1]["e_supply"] == "Please enter an amount such as 12.50."
        assert state.rows[1]["supply"] == "abc"
        assert state.product_id == ""
        await ProductState.submit.fn(state, form | {"code-1": str(taken)})
        assert state.rows[1]["e_code"] == "This code is used by another SKU."
        # A switched-off new row is left out, and the fault of the row after it stays with it.
        off = {k: v for k, v in form.items() if k != "active-0"} | {"code-1": str(taken)}
        await ProductState.submit.fn(state, off)
    assert (state.rows[0]["e_code"], state.rows[1]["e_code"] != "") == ("", True)


async def test_a_price_change_says_how_far_it_reaches(database: Database, market: Market) -> None:
    good, actor = market.goods[0], person(market.goods[0].supplier)
    state = await _editor(actor, str(good.product))
    with on_page(actor, f"products/{good.product}"):
        await ProductState.submit.fn(state, _form(state, **{"supply-0": "12"}))
        assert state.reached == {"skus": "1", "listings": "1"}
        assert (await edited_product(actor, good.product)).skus[0].supply_cents == 1_000
        await ProductState.confirm.fn(state)
        assert state.reached == {}
    assert (await edited_product(actor, good.product)).skus[0].supply_cents == 1_200
    kind = await scalar(database, "select kind from listing_changes where sku_id = :s", s=good.sku)
    assert kind == "supply_price"


async def test_reach_counts_own_skus_only(market: Market) -> None:
    skus = [good.sku for good in market.goods]
    assert await reach(person(market.goods[0].supplier), skus) == 1
    with pytest.raises(Forbidden):
        await reach(person(market.goods[0].supplier, "fulfilment"), skus)


async def test_costs_reach_only_those_who_may_see_them(market: Market) -> None:
    good, owner = market.goods[0], person(market.goods[0].supplier)
    state = await _editor(owner, str(good.product))
    with on_page(owner, f"products/{good.product}"):
        await ProductState.submit.fn(state, _form(state, **{"cost-0": "4.44"}))
    assert (await _editor(owner, str(good.product))).rows[0]["cost"] == "4.44"
    seller = person(market.goods[0].supplier, "merchandiser")
    theirs = await _editor(seller, str(good.product))
    assert theirs.rows[0]["cost"] == ""
    with on_page(seller, f"products/{good.product}"):
        await ProductState.submit.fn(theirs, _form(theirs, **{"cost-0": "1.00"}))
    assert (await _editor(owner, str(good.product))).rows[0]["cost"] == "4.44"


async def test_a_strangers_product_is_not_there(market: Market) -> None:
    state = await _editor(person(market.goods[1].supplier), str(market.goods[0].product))
    assert state.missing and state.rows == []


async def test_foreign_addresses_are_no_pictures(market: Market) -> None:
    actor = person(market.goods[0].supplier)
    state = await _editor(actor)
    with on_page(actor, "products/new"):
        for key in ("https://x.example/a.png", "pictures/../../x", PICTURE):
            await ProductState.add_picture.fn(state, key)
        await ProductState.add_picture.fn(state, "pictures/" + "1b" * 12)
        await ProductState.drag_picture.fn(state, f"{state.pictures[1]}>0")
    assert state.pictures == ["pictures/" + "1b" * 12, PICTURE]


async def test_archived_goods_stay_archived_when_they_are_edited(market: Market) -> None:
    good, actor = market.goods[0], person(market.goods[0].supplier)
    listing = ProductsState()
    with on_page(actor, "products"):
        await ProductsState.ask.fn(listing, "archive", str(good.product))
        assert listing.asking == "archive"
        await ProductsState.submit.fn(listing, {})
    state = await _editor(actor, str(good.product))
    assert state.status == "ARCHIVED"
    with on_page(actor, f"products/{good.product}"):
        await ProductState.submit.fn(state, _form(state, subtitle="新"))
    assert (await edited_product(actor, good.product)).status == "ARCHIVED"


async def test_pushing_says_what_stayed_out(market: Market) -> None:
    good, actor = market.goods[0], person(market.goods[0].supplier)
    listing = ProductsState()
    with on_page(actor, "products"):
        await ProductsState.load.fn(listing)
        toast = await ProductsState.ask.fn(listing, "push", str(good.product))
    assert "It stayed out: archived" in str(toast)


async def test_a_price_of_history_is_typed_anew_in_yuan(database: Database, market: Market) -> None:
    good, actor = market.goods[0], person(market.goods[0].supplier)
    async with database.engine_transaction(SYSTEM) as session:
        # The same number as it has in yuan afterwards.
        await session.execute(
            text("update supply_prices set currency = 'BRL' where sku_id = :sku"),
            {"sku": good.sku},
        )
    state = await _editor(actor, str(good.product))
    assert (state.rows[0]["supply"], state.rows[0]["suggested"]) == ("", "")
    with on_page(actor, f"products/{good.product}"):
        await ProductState.submit.fn(state, _form(state))
        assert state.rows[0]["e_supply"] == "Please fill this in."
        await ProductState.submit.fn(state, _form(state, **{"supply-0": "10", "suggested-0": "15"}))
        assert state.reached == {"skus": "1", "listings": "1"}
        await ProductState.confirm.fn(state)
    sku = (await edited_product(actor, good.product)).skus[0]
    assert (sku.supply_cents, sku.currency) == (1_000, "CNY")


# Pictures of a spec value ----------------------------------------------------------------------


async def test_a_picture_shows_a_spec_value_and_follows_its_new_name(
    market: Market, database: Database
) -> None:
    actor = person(market.suppliers[0])
    state, form = await _new(database, actor)
    with on_page(actor, "products/new"):
        assert state.spec_values == ["红", "蓝"]
        await ProductState.assign_picture.fn(state, PICTURE, "蓝")
        await ProductState.assign_picture.fn(state, "pictures/" + "0b" * 12, "红")
        await ProductState.rename_value.fn(state, 0, "蓝", "雾蓝")
        await ProductState.submit.fn(state, form)
    stored = await edited_product(actor, UUID(state.product_id))
    assert stored.picture_values == {PICTURE: "雾蓝"}
    with on_page(actor, f"products/{state.product_id}"):
        await ProductState.drop_value.fn(state, 0, "雾蓝")
        await ProductState.submit.fn(state, _form(state))
    # Nothing shows a value that no SKU has.
    assert (await edited_product(actor, UUID(state.product_id))).picture_values == {}
