"""Two people in one record: what each changed is kept, and where both changed it they are asked."""

from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.errors import Invalid
from app.queries.supplier_freight import freight_template, stored_freight
from app.queries.supplier_products import edited_product
from app.services import categories, platform_settings
from app.services.categories import CategoryDraft
from app.services.freight import FreightDraft, save_freight
from app.services.products import ProductDraft, SkuDraft, save_product
from app.services.versions import Stale
from state.platform.categories import CategoriesState
from state.platform.settings import SettingsState
from state.supplier.freight import FreightState
from state.supplier.product import ProductState
from tests.integration.market import Market, open_market, scalar
from tests.state.platform_desk import actor as operator
from tests.state.platform_desk import at, call, said
from tests.state.supplying import on_page, person


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


async def _product(database: Database, actor: Any, values: tuple[str, ...] = ("红", "蓝")) -> UUID:
    category = await scalar(database, "select id from categories limit 1")
    skus = tuple(
        SkuDraft(code=f"{category.hex[:6]}{value}", spec_values=(value,), supply_cents=1_000,
                 suggested_cents=2_000, on_hand=33)
        for value in values
    )  # fmt: skip
    return await save_product(
        actor, ProductDraft(category_id=category, title="茶杯", spec_names=("颜色",), skus=skus)
    )


async def _open(actor: Any, product: UUID) -> ProductState:
    state = ProductState()
    with on_page(actor, f"products/{product}"):
        await ProductState.load.fn(state)
    return state


async def _save(state: ProductState, actor: Any, **typed: str) -> str:
    """Send the form as it stands with some inputs changed; return what was said."""
    form: dict[str, Any] = {"nonce": state.nonce, "form_base": state.bases["product"]}
    form |= state.values
    for row in state.rows:
        for cell in ("code", "supply", "suggested", "low_at"):
            form[f"{cell}-{row['place']}"] = row[cell]
        form |= {f"active-{row['place']}": "1"} if row["active"] else {}
    with on_page(actor, f"products/{state.product_id}"):
        events = await ProductState.submit.fn(state, form | typed)
        if state.reached:
            events = await ProductState.confirm.fn(state)
    return str(events)


async def test_a_stale_product_form_undoes_nothing(database: Database, market: Market) -> None:
    """Saving a subtitle set a supply price back and a title, and switched off a SKU."""
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    mine, theirs = await _open(actor, product), await _open(actor, product)
    await _save(theirs, actor, **{"title": "大杯", "supply-0": "12.50"})
    told = await _save(mine, actor, subtitle="好看")
    stored = await edited_product(actor, product)
    assert (stored.title, stored.subtitle) == ("大杯", "好看")
    assert [sku.supply_cents for sku in stored.skus] == [1_250, 1_000]
    assert all(sku.is_active for sku in stored.skus)
    assert "Title" in told and "Supply price" in told and mine.clashes == []
    assert mine.values["title"] == "大杯"


async def test_what_both_changed_is_shown_and_chosen(database: Database, market: Market) -> None:
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    mine, theirs = await _open(actor, product), await _open(actor, product)
    await _save(theirs, actor, **{"title": "大杯", "supply-1": "12"})
    await _save(mine, actor, **{"title": "小杯", "supply-1": "13.00", "subtitle": "好看"})
    shown = [(c["label"], c["mine"], c["theirs"], c["was"]) for c in mine.clashes]
    assert shown == [
        ("Title", "小杯", "大杯", "茶杯"),
        ("Supply price ¥ · 蓝", "13.00", "12.00", "10.00"),
    ]
    assert (await edited_product(actor, product)).subtitle == ""
    with on_page(actor, f"products/{product}"):
        refused = str(await ProductState.settle.fn(mine, {"clash-0": "mine"}))
        assert "choose one of each" in refused and len(mine.clashes) == 2
        await ProductState.settle.fn(mine, {"clash-0": "mine", "clash-1": "theirs"})
    stored = await edited_product(actor, product)
    assert (stored.title, stored.subtitle) == ("小杯", "好看")
    assert [sku.supply_cents for sku in stored.skus] == [1_000, 1_200]
    assert mine.clashes == []


async def test_specs_that_both_changed_are_chosen_as_a_whole(
    database: Database, market: Market
) -> None:
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    mine, theirs = await _open(actor, product), await _open(actor, product)
    with on_page(actor, f"products/{product}"):
        await ProductState.add_spec.fn(theirs)
        await ProductState.name_spec.fn(theirs, 1, "大小")
        await ProductState.add_values.fn(theirs, 1, "大")
        await ProductState.add_values.fn(mine, 0, "绿")
    await _save(theirs, actor)
    await _save(mine, actor, **{"code-2": "G1", "supply-2": "9", "suggested-2": "19"})
    assert [c["label"] for c in mine.clashes] == ["Specs and SKUs"]
    with on_page(actor, f"products/{product}"):
        await ProductState.settle.fn(mine, {"clash-0": "theirs"})
    stored = await edited_product(actor, product)
    assert stored.spec_names == ("颜色", "大小")
    assert {sku.spec_values for sku in stored.skus} == {("红", "大"), ("蓝", "大")}


async def test_the_same_new_sku_of_both_is_one(database: Database, market: Market) -> None:
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    mine, theirs = await _open(actor, product), await _open(actor, product)
    for state, price in ((theirs, "9"), (mine, "9")):
        with on_page(actor, f"products/{product}"):
            await ProductState.add_values.fn(state, 0, "绿")
        code = {"code-2": "G2", "supply-2": price, "suggested-2": "19"}
        await _save(state, actor, **code)
    stored = await edited_product(actor, product)
    assert [sku.spec_values for sku in stored.skus] == [("红",), ("蓝",), ("绿",)]


async def test_services_refuse_a_version_that_has_gone_by(
    database: Database, market: Market
) -> None:
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    stored = await edited_product(actor, product)
    draft = ProductDraft(
        id=product, category_id=stored.category_id, title="茶壶", spec_names=stored.spec_names,
        skus=tuple(SkuDraft(id=s.id, code=s.code, spec_values=s.spec_values, supply_cents=1_000,
                            suggested_cents=2_000) for s in stored.skus),
    )  # fmt: skip
    await save_product(actor, draft, stored.row_version)
    with pytest.raises(Stale):
        await save_product(actor, draft, stored.row_version)
    # Callers without a version write in one step, as an import does.
    await save_product(actor, draft)
    version = (await stored_freight(actor))[1]
    await save_freight(actor, FreightDraft(first_cents=1), version)
    with pytest.raises(Stale):
        await save_freight(actor, FreightDraft(first_cents=2), version)


async def test_a_stale_freight_form_undoes_nothing(database: Database, market: Market) -> None:
    actor = person(market.suppliers[0])
    await save_freight(actor, FreightDraft(first_cents=800, region_surcharges={"54": 1_000}))
    state = FreightState()
    with on_page(actor, "freight"):
        await FreightState.load.fn(state)
        await save_freight(actor, FreightDraft(first_cents=900, region_surcharges={"54": 1_000}))
        typed = {"form_base": state.bases["freight"], "name": "默认模板", "first_cents": "8"}
        await FreightState.save.fn(state, typed | {"extra-54": "10.00", "refused-65": "1"})
    stored = await freight_template(actor)
    assert stored is not None and stored.first_cents == 900
    assert (stored.refused_regions, stored.region_surcharges) == (("65",), {"54": 1_000})


async def test_an_edit_in_a_dialog_merges_too(database: Database) -> None:
    who = operator()
    key = await categories.save_category(who, CategoryDraft(name_zh="壶", name_en="Pots"))
    state = CategoriesState()
    with at("categories", who):
        await call(state, "ask", "edit", str(key))
        changed = CategoryDraft(id=key, name_zh="大壶", name_en="Pots", slug="pots")
        await categories.save_category(who, changed)
        typed = {"form_base": state.bases["dialog"], **state.values, "name_en": "Jugs"}
        told = said(await call(state, "submit", typed))
    names = "select name_zh || name_en from categories where id = :id"
    assert await scalar(database, names, id=key) == "大壶Jugs"
    assert "Name in Chinese" in told
    with at("categories", who):
        await call(state, "ask", "edit", str(key))
        await categories.save_category(who, changed.model_copy(update={"name_zh": "甲"}))
        typed = {"form_base": state.bases["dialog"], **state.values, "name_zh": "乙"}
        await call(state, "submit", typed)
        assert [(c["mine"], c["theirs"]) for c in state.clashes] == [("乙", "甲")]
        assert state.asking == "edit"
        await call(state, "settle", {"clash-0": "theirs"})
    assert (state.asking, state.clashes) == ("", [])
    assert await scalar(database, names, id=key) == "甲Pots"


async def test_settings_keep_what_another_operator_set(database: Database) -> None:
    who = operator()
    state = SettingsState()
    with at("settings", who):
        await call(state, "load")
        stored = await platform_settings.current()
        await platform_settings.change(who, stored.model_copy(update={"contact": "400-1"}))
        typed = {"form_base": state.bases["form"], **state.values, "name": "通商甲"}
        await call(state, "submit", typed)
    now = await platform_settings.current()
    assert (now.name, now.contact) == ("通商甲", "400-1")
    with at("settings", who), pytest.raises(Stale):
        await platform_settings.change(who, stored, 0)


async def test_codes_are_swapped_shifted_and_handed_on_in_one_save(
    database: Database, market: Market
) -> None:
    """It ended in "something went wrong"."""
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    state = await _open(actor, product)
    one, two = (row["code"] for row in state.rows)
    await _save(state, actor, **{"code-0": two, "code-1": one})
    assert [sku.code for sku in (await edited_product(actor, product)).skus] == [two, one]
    with on_page(actor, f"products/{product}"):
        await ProductState.add_values.fn(state, 0, "绿")
    shifted = {"code-0": f"{one}x", "code-1": two, "code-2": one}
    await _save(state, actor, **shifted, **{"supply-2": "9", "suggested-2": "19"})
    assert [s.code for s in (await edited_product(actor, product)).skus] == [f"{one}x", two, one]
    await _save(state, actor, **{"code-0": two})
    assert "twice" in state.rows[0]["e_code"] and "twice" in state.rows[1]["e_code"]


async def test_a_value_that_comes_back_brings_its_units(database: Database, market: Market) -> None:
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    state = await _open(actor, product)
    with on_page(actor, f"products/{product}"):
        await ProductState.drop_value.fn(state, 0, "蓝")
    told = await _save(state, actor)
    assert "33 units stay" in told and len(state.rows) == 1
    taken = state._stored_rows[1]["code"]
    with on_page(actor, f"products/{product}"):
        await ProductState.add_values.fn(state, 0, "绿")
    await _save(state, actor, **{"code-1": taken, "supply-1": "9", "suggested-1": "19"})
    assert "switched off" in state.rows[1]["e_code"]
    with on_page(actor, f"products/{product}"):
        await ProductState.drop_value.fn(state, 0, "绿")
        await ProductState.add_values.fn(state, 0, "蓝")
    assert (state.rows[1]["id"], state.rows[1]["on_hand"]) == (state._stored_rows[1]["id"], "33")
    await _save(state, actor)
    skus = (await edited_product(actor, product)).skus
    assert [(sku.spec_values, sku.on_hand, sku.is_active) for sku in skus] == [
        (("红",), 33, True),
        (("蓝",), 33, True),
    ]


async def test_a_new_draft_of_a_left_out_skus_values_is_that_sku(
    database: Database, market: Market
) -> None:
    actor = person(market.suppliers[0])
    product = await _product(database, actor)
    red, blue = (await edited_product(actor, product)).skus
    category = await scalar(database, "select id from categories limit 1")

    def drafted(*skus: SkuDraft) -> ProductDraft:
        return ProductDraft(
            id=product, category_id=category, title="茶杯", spec_names=("颜色",), skus=skus
        )

    kept = SkuDraft(id=red.id, code=red.code, spec_values=("红",), supply_cents=1_000,
                    suggested_cents=2_000)  # fmt: skip
    await save_product(actor, drafted(kept))
    again = SkuDraft(code="NEW", spec_values=("蓝",), supply_cents=900, suggested_cents=2_000,
                     on_hand=7)  # fmt: skip
    await save_product(actor, drafted(kept, again))
    skus = (await edited_product(actor, product)).skus
    assert [(s.id, s.code, s.on_hand) for s in skus] == [
        (red.id, red.code, 33),
        (blue.id, "NEW", 33),
    ]
    with pytest.raises(Invalid):
        await save_product(actor, drafted(kept, again.model_copy(update={"code": red.code})))
