"""The platform's pages of goods, companies, categories and rules do what they say."""

from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import BUILT_IN_ROLES, SYSTEM
from app.kit.db import Database
from app.kit.errors import Forbidden, Invalid, NotFound
from app.kit.ids import new_id
from app.queries.lists.house import STAFF
from app.queries.lists.platform import PRODUCTS
from app.queries.lists.platform_money import RULES
from app.queries.platform_categories import category_tree
from app.queries.platform_merchant import merchant_page
from app.queries.platform_rules import Question, rule_page, subject_of
from app.queries.resource import ListQuery, fetch, options
from app.services import categories, split_rules
from app.services.categories import CategoryDraft, CategoryInUse
from app.services.split_rules import RuleDraft
from models.catalog import PoolEntry
from models.identity import Membership, Merchant, MerchantDetail, Role
from state.gate import UnmarkedHandler, needs
from state.platform.categories import CategoriesState
from state.platform.merchants import MerchantState
from state.platform.products import ProductsState, ProductState
from state.platform.rules import RulesState, RuleState, RuleTesterState
from tests.integration.market import Market, open_market, scalar
from tests.integration.people import join, make_merchant, make_user
from tests.state.platform_desk import actor, at, call, query, said

__all__ = ["query"]


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


async def submit(database: Database, market: Market) -> list[UUID]:
    """Let the market's products wait for review again."""
    ids = [goods.product for goods in market.goods]
    async with database.engine_transaction(SYSTEM) as session:
        for key in ids:
            entry = await session.get(PoolEntry, key)
            assert entry is not None
            entry.status = "SUBMITTED"
    return ids


async def test_the_review_begins_with_what_waits_and_can_show_everything(
    database: Database, market: Market, query: dict[str, str]
) -> None:
    state = ProductsState()
    query["supplier"] = str(market.suppliers[0])
    with at("products"):
        await call(state, "load")
        assert (state.rows, state.chosen["status"]) == ([], "SUBMITTED")
        query["status"] = "*"
        await call(state, "load")
        assert [row["status"] for row in state.rows] == ["APPROVED"]
        assert state.rows[0]["supply"] == "¥10.00"
        assert (state.rows[0]["category"], state.rows[0]["category_en"]) == ("茶", "Tea")
        events = await call(state, "narrow", "status", "*")
        assert "status=*" in said(events) or "status=%2A" in said(events)


async def test_quick_clicks_on_paging_order_and_filters_all_count(
    database: Database, market: Market, query: dict[str, str]
) -> None:
    """The second click comes before the first one's address is entered."""
    state = ProductsState()
    with at("products"):
        await call(state, "load")
        state.pages = 5
        assert "page=2" in said(await call(state, "turn_by", 1))
        assert "page=3" in said(await call(state, "turn_by", 1))
        assert "page=2" in said(await call(state, "turn_by", -1))
        assert "sort=title" in said(await call(state, "order_by", "title"))
        assert "sort=-title" in said(await call(state, "order_by", "title"))
        await call(state, "narrow", "supplier", str(market.suppliers[0]))
        both = said(await call(state, "narrow", "status", "APPROVED"))
        assert f"supplier={market.suppliers[0]}" in both and "status=APPROVED" in both
        # Once the address is entered it is what counts.
        await call(state, "load")
        state.pages = 5
        assert "page=2" in said(await call(state, "turn_by", 1))


async def test_products_are_approved_in_bulk_and_refused_with_a_reason(
    database: Database, market: Market, query: dict[str, str]
) -> None:
    ids = await submit(database, market)
    state = ProductsState()
    with at("products"):
        await call(state, "load")
        state.selected = [str(ids[0])]
        assert "1" in said(await call(state, "ask", "approve", ""))
        state.selected = [str(ids[1])]
        await call(state, "ask", "refuse", "")
        await call(state, "submit", {"note": ""})
        assert state.errors["note"]
        await call(state, "submit", {"note": "Blurred pictures"})
    one = ProductState()
    with at(f"products/{ids[1]}"):
        await call(one, "load")
    assert (one.product.status, one.product.note) == ("REJECTED", "Blurred pictures")
    assert {"status", "review_note"} <= {change.field for change in one.product.changes}
    assert one.product.skus[0].supply == "¥17.77"
    status = "select status from pool_entries where product_id = :id"
    assert await scalar(database, status, id=ids[0]) == "APPROVED"


async def test_a_reader_cannot_review(database: Database, market: Market) -> None:
    ids = await submit(database, market)
    state = ProductState()
    with at(f"products/{ids[0]}", actor("platform:products:read")):
        await call(state, "load")
        assert state.product.changes == []
        assert "permission" in said(await call(state, "ask", "approve", str(ids[0])))
    with pytest.raises(Forbidden):
        await fetch(actor("platform:orders:read"), PRODUCTS, ListQuery())


async def test_a_merchants_members_show_with_their_roles(database: Database) -> None:
    company = await make_merchant(database)
    for role in ("owner", "fulfilment"):
        await join(database, (await make_user(database)).id, company.id, role)
    packer = Role(merchant_id=company.id, code=f"own-{company.code}", name="夜班打包")
    person = await make_user(database)
    async with database.engine_transaction(SYSTEM) as session:
        session.add(packer)
        await session.flush()
        session.add(Membership(user_id=person.id, merchant_id=company.id, role_id=packer.id))

    page = await merchant_page(actor(), company.code)
    assert [member["role"] for member in page.members] == ["owner", "fulfilment", "夜班打包"]


async def test_a_merchants_roles_are_no_choice_for_the_platforms_staff(database: Database) -> None:
    await join(database, (await make_user(database)).id, (await make_merchant(database)).id)
    roles = dict(pair[:2] for pair in (await options(actor(), STAFF["platform"]))["role"])
    assert set(roles.values()) == {role.code for role in BUILT_IN_ROLES if role.platform}
    blind = actor("platform:orders:read")
    async with database.transaction(blind) as session:
        seen = await session.scalar(text("select count(*) from roles where not is_platform"))
    assert seen == 0


async def test_a_merchant_is_approved_and_its_page_says_who_wrote_what(
    database: Database, market: Market
) -> None:
    applicant = Merchant(code=f"m-{new_id().hex[-9:]}", name="云岭", is_supplier=True)
    async with database.engine_transaction(SYSTEM) as session:
        session.add(applicant)
        await session.flush()
        session.add(MerchantDetail(merchant_id=applicant.id, application_note="20 吨"))
    state = MerchantState()
    with at(f"merchants/{applicant.code}"):
        await call(state, "load")
        assert (state.merchant.status, state.merchant.application_note) == ("PENDING", "20 吨")
        assert "1" in said(await call(state, "ask", "approve", state.merchant.id))
        assert state.merchant.status == "ACTIVE"
        await call(state, "ask", "suspend", state.merchant.id)
        await call(state, "submit", {"note": "Licence expired"})
    assert (state.merchant.status, state.merchant.review_note) == ("SUSPENDED", "Licence expired")
    blind = await merchant_page(actor("platform:merchants:read"), applicant.code)
    assert (blind.supplied, blind.balances, blind.changes) == ([], [], [])
    with pytest.raises(NotFound):
        await merchant_page(actor(), "nobody")


async def test_categories_are_made_moved_and_only_deleted_when_empty(database: Database) -> None:
    state = CategoriesState()
    mark = new_id().hex[-6:]
    with at("categories"):
        await call(state, "load")
        await call(state, "ask", "create", "")
        await call(state, "submit", {"name_zh": "", "name_en": "Tea"})
        assert state.errors["name_zh"]
        await call(state, "submit", {"name_zh": "茶", "name_en": f"Tea & cake {mark}"})
        aisle = state.aisles[-1]
        assert aisle.slug == f"tea-cake-{mark}"
        for name in ("Green", "Black"):
            await call(state, "ask", "below", aisle.id)
            assert state.values["parent_id"] == aisle.id
            typed = {"name_zh": name, "name_en": f"{name} {mark}", "parent_id": aisle.id}
            await call(state, "submit", typed)
        green, black = state.aisles[-1].shelves
        await call(state, "ask", "down", green.id)
        assert [shelf.id for shelf in state.aisles[-1].shelves] == [black.id, green.id]
        await call(state, "ask", "down", green.id)
        assert [shelf.id for shelf in state.aisles[-1].shelves] == [black.id, green.id]
        await call(state, "ask", "delete", aisle.id)
        assert "in use" in said(await call(state, "submit", {}))
        await call(state, "ask", "delete", green.id)
        await call(state, "submit", {})
        assert [shelf.id for shelf in state.aisles[-1].shelves] == [black.id]


async def test_categories_keep_to_two_levels_and_one_slug(
    database: Database, market: Market
) -> None:
    top = await categories.save_category(actor(), CategoryDraft(name_zh="一", name_en="One level"))
    below = await categories.save_category(
        actor(), CategoryDraft(parent_id=top, name_zh="二", name_en="Two levels")
    )
    for draft in (
        CategoryDraft(parent_id=below, name_zh="三", name_en="Three"),
        CategoryDraft(id=top, parent_id=top, name_zh="一", name_en="One"),
        CategoryDraft(name_zh="重", name_en="One level"),
        CategoryDraft(name_zh="坏", name_en="Bad", slug="No Spaces"),
    ):
        with pytest.raises(Invalid):
            await categories.save_category(actor(), draft)
    used = await scalar(
        database, "select category_id from products where id = :id", id=market.goods[0].product
    )
    assert isinstance(used, UUID)
    with pytest.raises(CategoryInUse):
        # Also for somebody who may not see the products that use it.
        await categories.delete_category(actor("platform:categories:write"), used)
    with pytest.raises(Forbidden):
        await categories.delete_category(actor("platform:categories:read"), below)
    assert str(top) in {aisle.id for aisle in await category_tree(actor())}


async def test_a_change_of_a_rule_is_a_new_version_and_old_ones_stay(
    market: Market, query: dict[str, str]
) -> None:
    rule = await split_rules.save_rule(
        actor(), RuleDraft(name="Tea", store_id=market.store, rate_bps=500)
    )
    state = RuleState()
    with at(f"rules/{rule}"):
        await call(state, "load")
        await call(state, "ask", "edit", str(rule))
        assert (state.values["rate_bps"], state.values["store_id"]) == ("5.00", str(market.store))
        typed = {**state.values, "rate_bps": "7.25", "min_cents": "2", "max_cents": "1"}
        await call(state, "submit", typed)
        assert state.errors["max_cents"]
        await call(state, "submit", {**typed, "max_cents": "", "effective_at": "2020-01-01"})
        assert state.errors["effective_at"]
        await call(state, "submit", {**typed, "max_cents": "", "effective_at": ""})
        assert [(v.version, v.rate, v.standing) for v in state.rule.versions] == [
            (2, "7.25%", "NOW"),
            (1, "5%", "BEFORE"),
        ]
        await call(state, "ask", "edit", str(rule))
        await call(state, "submit", {**state.values, "rate_bps": "9", "effective_at": "2199-01-01"})
        assert [v.standing for v in state.rule.versions] == ["LATER", "NOW", "BEFORE"]
        await call(state, "ask", "off", str(rule))
        await call(state, "submit", {})
    assert (await rule_page(actor(), rule)).status == "OFF"


async def test_rules_are_asked_in_the_order_of_the_list(
    database: Database, market: Market, query: dict[str, str]
) -> None:
    made = [
        await split_rules.save_rule(actor(), RuleDraft(name=name, rate_bps=100))
        for name in ("Last", "First")
    ]

    async def order() -> list[UUID]:
        found = (await fetch(actor(), RULES, ListQuery(sort="place"))).rows
        return [row["id"] for row in found if row["id"] in made]

    assert await order() == made[::-1]
    state = RulesState()
    with at("rules"):
        await call(state, "load")
        await call(state, "ask", "down", str(made[1]))
        assert await order() == made
        await call(state, "ask", "up", str(made[1]))
        assert await order() == made[::-1]
    with at("rules", actor("platform:rules:read")):
        assert "permission" in said(await call(state, "ask", "up", str(made[0])))


async def test_the_tester_says_which_rule_applies_and_why_not_the_others(
    database: Database, market: Market
) -> None:
    other = await split_rules.save_rule(
        actor(), RuleDraft(name="Others", supplier_id=market.suppliers[1], rate_bps=900)
    )
    exact = await split_rules.save_rule(
        actor(), RuleDraft(name="Exact", product_id=market.goods[0].product, rate_bps=250)
    )
    code = await scalar(database, "select code from skus where id = :id", id=market.goods[0].sku)
    state = RuleTesterState()
    with at("rules"):
        await call(state, "try_rules", {"product": code})
        assert (state.answer.rule, state.answer.rate, state.answer.product) == (
            "Exact", "2.5%", "龙井"
        )  # fmt: skip
        await split_rules.set_active(actor(), [exact], active=False)
        await call(state, "try_rules", {"product": code, "store": str(market.store)})
        assert state.answer.rule != "Exact"
        reasons = {passed["name"]: passed["reason"] for passed in state.passed}
        assert (reasons["Exact"], reasons["Others"]) == ("inactive", "supplier_id")
        await call(state, "try_rules", {"product": "no such thing 鸵鸟"})
        assert state.fault
        assert not state.answer.asked
    subject, _ = await subject_of(actor(), Question(supplier=str(market.suppliers[1])))
    applied, _ = await split_rules.explain(actor(), subject)
    assert applied is not None
    assert applied.rule.id == other
    with pytest.raises(Forbidden):
        await split_rules.explain(actor("platform:orders:read"), subject)


def test_every_handler_says_who_may_call_it() -> None:
    for state in (ProductsState, ProductState, MerchantState, CategoriesState, RuleTesterState):
        assert state.permission.startswith("platform:")
    with pytest.raises(UnmarkedHandler):
        needs("platform:everything:write")
