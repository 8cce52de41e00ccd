"""Views under a name: one's own, those of a role, and what a page opens with."""

from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import SYSTEM
from app.kit.db import Database
from state.platform.dashboard import PlatformDashboard
from state.supplier.dashboard import SupplierDashboard
from tests.integration.people import make_merchant
from tests.state.looking import Figures, led_to, loaded, open_tab
from tests.state.pipeline import Answer, Pipeline, Tab


async def _role(database: Database, code: str) -> str:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalar(text("select id from roles where code = :c"), {"c": code})
        return f"{found}"


async def _save(tab: Tab, **data: str) -> Answer:
    return await tab.send(PlatformDashboard, "save_view", data=data)


async def _views(tab: Tab) -> list[tuple[str, str, str]]:
    await tab.send(PlatformDashboard, "open_views")
    views = (await tab.state(PlatformDashboard)).views
    return [(view["name"], view["role"], view["query"]) for view in views]


async def test_a_view_is_kept_for_oneself(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    mine = await loaded(
        pipeline,
        database,
        "period=7d&category=01a22cfd-21d9-7c11-99d8-11bd6db76249",
        role="platform_analyst",
    )
    await _save(mine, name="周报")
    assert await _views(mine) == [
        ("周报", "", "period=7d&category=01a22cfd-21d9-7c11-99d8-11bd6db76249")
    ]
    assert await _views(await loaded(pipeline, database)) == []


async def test_a_view_is_shared_with_a_role(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    owner = await loaded(pipeline, database, "period=90d")
    await _save(owner, name="Quarter", role=await _role(database, "platform_analyst"))
    analyst = await open_tab(pipeline, database, "platform_analyst")
    finance = await open_tab(pipeline, database, "platform_finance")
    shared = ("Quarter", "platform_analyst", "period=90d")
    assert await _views(analyst) == [shared]
    assert shared not in await _views(finance)


async def test_only_who_manages_roles_shares(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    analyst = await loaded(pipeline, database, "period=90d", role="platform_analyst")
    await analyst.send(PlatformDashboard, "open_views")
    assert (await analyst.state(PlatformDashboard)).roles == []
    answer = await _save(analyst, name="Mine", role=await _role(database, "platform_analyst"))
    assert answer.events
    other = await open_tab(pipeline, database, "platform_analyst")
    assert "Mine" not in [name for name, _, _ in await _views(other)]


async def test_a_shared_view_is_not_dropped_by_who_only_reads_it(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    owner = await loaded(pipeline, database, "period=90d")
    await _save(owner, name="Kept", role=await _role(database, "platform_operations"))
    reader = await open_tab(pipeline, database, "platform_operations")
    assert await _views(reader)
    view = (await reader.state(PlatformDashboard)).views[0]
    await reader.send(PlatformDashboard, "drop_view", view_id=view["id"])
    assert "Kept" in [name for name, _, _ in await _views(reader)]
    await owner.send(PlatformDashboard, "drop_view", view_id=view["id"])
    assert "Kept" not in [name for name, _, _ in await _views(reader)]


async def test_a_page_opens_with_ones_own_default_before_that_of_the_role(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    owner = await loaded(pipeline, database, "period=90d")
    role = await _role(database, "platform_finance")
    await _save(owner, name="Theirs", role=role, default="1")
    finance = await open_tab(pipeline, database, "platform_finance")
    assert led_to(await finance.send(PlatformDashboard, "load")) == {"period": "90d"}
    finance.path += "?period=7d"
    assert not (await finance.send(PlatformDashboard, "load")).events
    await _save(finance, name="Mine", default="1")
    finance.path = finance.path.partition("?")[0]
    assert led_to(await finance.send(PlatformDashboard, "load")) == {"period": "7d"}
    # The owner has no such role, so that its own page opens as ever.
    owner.path = owner.path.partition("?")[0]
    assert not (await owner.send(PlatformDashboard, "load")).events


async def test_there_is_one_default(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database, "period=90d")
    await _save(tab, name="One", default="1")
    tab.path = tab.path.replace("90d", "7d")
    await tab.send(PlatformDashboard, "load")
    await _save(tab, name="Two", default="1")
    tab.path = tab.path.partition("?")[0]
    assert led_to(await tab.send(PlatformDashboard, "load")) == {"period": "7d"}


async def test_views_do_not_cross_the_border_of_a_company(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    tab = await open_tab(pipeline, database, "owner", mine, "period=7d")
    await tab.send(SupplierDashboard, "load")
    data = {"name": "内部", "role": await _role(database, "owner")}
    await tab.send(SupplierDashboard, "save_view", data=data)
    other = await open_tab(pipeline, database, "owner", theirs)
    answer = await other.send(SupplierDashboard, "open_views")
    assert "内部" not in answer.text
    colleague = await open_tab(pipeline, database, "owner", mine)
    assert "内部" in (await colleague.send(SupplierDashboard, "open_views")).text


@pytest.mark.parametrize("name", ["", "   "])
async def test_a_view_needs_a_name(
    pipeline: Pipeline, database: Database, figures: Figures, name: str
) -> None:
    tab = await loaded(pipeline, database, "period=7d")
    await _save(tab, name=name)
    assert (await tab.state(PlatformDashboard)).view_fault


async def test_a_role_that_is_none_is_refused(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database, "period=7d")
    before = await _views(tab)
    for role in ("x", f"{UUID(int=7)}"):
        await _save(tab, name="No", role=role)
    assert await _views(tab) == before
