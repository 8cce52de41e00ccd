"""The first steps of a new workspace: ticked by the data, hidden for good."""

from dataclasses import replace

import pytest

from app.access import Actor, Scope
from app.kit.db import Database
from app.pages.supplier import products as supplier_products
from app.queries.checklists import CHECKLISTS, progress
from app.services.checklists import hide
from state.checklists import ChecklistState
from state.distributor.stores import StoresState
from state.gate import acting_as
from state.nav import NAV
from state.platform.categories import CategoriesState
from state.platform.rules import RulesState
from state.supplier.products import ProductsState
from tests.integration.market import Market, open_market, scalar
from tests.integration.people import join, make_merchant, make_user, open_session
from tests.state.pipeline import Pipeline
from tests.state.selling import at, do
from tests.state.supplying import on_page, person


async def _member(database: Database, merchant: object, scope: Scope = Scope.SUPPLIER) -> Actor:
    user = await make_user(database)
    return replace(person(merchant, scope=scope), user_id=user.id)  # type: ignore[arg-type]


async def test_a_new_supplier_begins_with_nothing_done(database: Database) -> None:
    merchant = await make_merchant(database, supplier=True, distributor=False)
    actor = await _member(database, merchant.id)
    with on_page(actor):
        state = ChecklistState()
        await do(state, "load")
    assert (state.shown, state.done) == (True, [])


async def test_each_step_is_ticked_by_what_the_data_says(database: Database) -> None:
    market = await open_market(database, on_hand=3)
    actor = await _member(database, market.goods[0].supplier)
    done = set((await progress(actor)).done)
    assert {"product", "stock", "push", "approved"} <= done
    await scalar(database, "with g as (update pool_entries set status = 'SUBMITTED'"
                 " where supplier_id = :s returning 1) select count(*) from g",
                 s=actor.merchant_id)  # fmt: skip
    await scalar(database, "with g as (update stock set on_hand = 0"
                 " where supplier_id = :s returning 1) select count(*) from g",
                 s=actor.merchant_id)  # fmt: skip
    assert done - set((await progress(actor)).done) == {"approved", "stock"}


async def test_another_suppliers_goods_tick_nothing(database: Database) -> None:
    await open_market(database, on_hand=3)
    merchant = await make_merchant(database, supplier=True, distributor=False)
    assert (await progress(await _member(database, merchant.id))).done == ()


async def test_hidden_stays_hidden_for_this_person_in_this_workspace_alone(
    database: Database,
) -> None:
    market: Market = await open_market(database)
    supplier = market.goods[0].supplier
    mine, colleague = await _member(database, supplier), await _member(database, supplier)
    with on_page(mine):
        state = ChecklistState()
        await do(state, "hide")
        await do(state, "load")
    assert not state.shown
    await hide(mine)
    elsewhere = replace(mine, scope=Scope.DISTRIBUTOR, merchant_id=market.distributor)
    assert [(await progress(a)).hidden for a in (mine, colleague, elsewhere)] == [
        True, False, False
    ]  # fmt: skip


async def test_a_finished_checklist_goes_by_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = await make_merchant(database, supplier=False, distributor=True)
    actor = await _member(database, merchant.id, Scope.DISTRIBUTOR)
    whole = CHECKLISTS["distributor"]
    finished = replace(whole, steps=tuple(replace(step, done="true") for step in whole.steps))
    monkeypatch.setitem(CHECKLISTS, "distributor", finished)  # type: ignore[arg-type]
    with acting_as(at(actor, "dashboard")):
        state = ChecklistState()
        await do(state, "load")
    assert not state.shown


async def test_the_menu_shows_a_hidden_checklist_again_to_who_asked_alone(
    database: Database,
) -> None:
    merchant = await make_merchant(database, supplier=True, distributor=False)
    mine, colleague = await _member(database, merchant.id), await _member(database, merchant.id)
    await hide(colleague)
    with on_page(mine):
        state = ChecklistState()
        await do(state, "hide")
        await do(state, "show_again")
        assert state.shown
        # Another tab, which was not asked, shows it too, as it is unfinished.
        other = ChecklistState()
        await do(other, "load")
        assert other.shown
        await do(state, "hide")
        assert not state.shown
    assert (await progress(colleague)).hidden


async def test_a_finished_checklist_shows_when_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = await make_merchant(database, supplier=True, distributor=False)
    actor = await _member(database, merchant.id)
    whole = CHECKLISTS["supplier"]
    finished = replace(whole, steps=tuple(replace(step, done="true") for step in whole.steps))
    monkeypatch.setitem(CHECKLISTS, "supplier", finished)  # type: ignore[arg-type]
    with on_page(actor):
        state = ChecklistState()
        await do(state, "load")
        assert not state.shown
        await do(state, "show_again")
        assert state.shown


OPENED = {"stores": StoresState, "rules": RulesState, "categories": CategoriesState}
"""Page → its state, of those on which a step opens a form."""


@pytest.mark.parametrize(("page", "role", "asking"), [
    ("stores", "owner", "create"),
    ("stores", "analyst", ""),
    ("rules", "platform_owner", "create"),
    ("categories", "platform_owner", "create"),
    ("categories", "platform_finance", ""),
])  # fmt: skip
async def test_a_step_opens_the_form_it_leads_to_for_who_may_fill_it(
    pipeline: Pipeline, database: Database, page: str, role: str, asking: str
) -> None:
    user = await make_user(database)
    place, merchant = "/platform/main", None
    if page == "stores":
        merchant = await make_merchant(database, supplier=False, distributor=True)
        place = f"/distributor/{merchant.code}"
    await join(database, user.id, merchant.id if merchant else None, role)
    cookie = await open_session(database, user.id)
    tab = pipeline.tab(cookie, f"{place}/{page}?do=create")
    await tab.send(OPENED[page], "load")
    assert (await tab.state(OPENED[page])).asking == asking


def test_every_form_that_a_step_opens_is_there() -> None:
    for step in (step for found in CHECKLISTS.values() for step in found.steps):
        page, _, name = step.page.partition("?do=")
        assert not name or any(a.name == name and a.asks for a in OPENED[page].actions), step.key


async def test_an_action_on_the_page_marks_its_row_and_so_has_the_card_read_again(
    database: Database,
) -> None:
    """The card reads its progress when its key changes, and the marks are part of the key."""
    assert str(ProductsState.marks) in str(supplier_products.page().render())
    market = await open_market(database, on_hand=3)
    await scalar(database, "with g as (update products set status = 'ARCHIVED'"
                 " where supplier_id = :s returning 1) select count(*) from g",
                 s=market.goods[0].supplier)  # fmt: skip
    actor = await _member(database, market.goods[0].supplier)
    with on_page(actor, "products"):
        state = ProductsState()
        await do(state, "load")
        await do(state, "ask", "restore", f"{market.goods[0].product}")
    assert state.marks


@pytest.mark.parametrize("scope", CHECKLISTS)
def test_every_step_leads_to_a_page_of_its_workspace(scope: str) -> None:
    pages = {item.page for item in NAV[scope]}
    for step in CHECKLISTS[scope].steps:
        assert step.page.split("?")[0].split("/")[0] in pages, step.key
        assert step.permission.startswith(f"{scope}:")
