"""The campaign links on a store's page: made, shown as a code, counted, ended."""

from dataclasses import replace

from app.kit.db import Database
from app.services import traffic, visits
from app.services.rules.traffic import Arrival
from app.services.visits import Act, Visitor, today
from state.distributor.campaigns import CampaignsState
from state.gate import acting_as
from tests.integration.market import Market, open_market, scalar
from tests.state.selling import at, do, said, seller


async def _page(database: Database, market: Market) -> str:
    slug = await scalar(database, "select slug from stores where id = :s", s=market.store)
    return f"stores/{slug}"


async def _made(database: Database, market: Market, name: str = "春茶") -> CampaignsState:
    with acting_as(at(seller(market), await _page(database, market))):
        state = CampaignsState()
        await do(state, "load")
        await do(state, "ask", "create", "")
        await do(state, "submit", {"name": name, "channel": "wechat"})
    return state


async def test_a_new_link_opens_as_a_code(database: Database) -> None:
    market = await open_market(database)
    state = await _made(database, market)
    link = state.links[0]
    assert link["address"].endswith(f"/s/{(await _page(database, market))[7:]}?c={link['code']}")
    assert state.shared["address"] == link["address"]
    assert state.shared["picture"].startswith("data:image/svg+xml")
    assert state.asking == ""
    await do(state, "unshare")
    assert state.shared == {}


async def test_a_link_shows_what_it_brought(database: Database) -> None:
    visits.forget()
    market = await open_market(database)
    state = await _made(database, market)
    came = Arrival(code=state.links[0]["code"])
    for name in ("a", "b"):
        visits.note(Visitor(market.store, today(), name, came), Act("page"))
    await visits.flush()
    await traffic.refresh_sources()
    with acting_as(at(seller(market), await _page(database, market))):
        await do(state, "load")
    row = state.links[0]
    assert (row["visitors"], row["orders"], row["paid_cents"]) == ("2", "0", "¥0.00")


async def test_what_is_missing_is_said_beside_the_field(database: Database) -> None:
    market = await open_market(database)
    with acting_as(at(seller(market), await _page(database, market))):
        state = CampaignsState()
        await do(state, "load")
        await do(state, "ask", "create", "")
        await do(state, "submit", {"name": " ", "channel": "carrier pigeon"})
    assert set(state.errors) == {"name", "channel"}
    assert state.links == []


async def test_an_ended_link_leaves_the_list(database: Database) -> None:
    market = await open_market(database)
    state = await _made(database, market)
    with acting_as(at(seller(market), await _page(database, market))):
        await do(state, "ask", "end", state.links[0]["id"])
        told = await do(state, "submit", {})
    assert "Ended: 1" in said(told)
    assert state.links == []


async def test_another_stores_links_are_out_of_reach(database: Database) -> None:
    market, other = await open_market(database), await open_market(database)
    theirs = (await _made(database, other)).links[0]["id"]
    mine = at(seller(market), await _page(database, other))
    with acting_as(mine):
        state = CampaignsState()
        await do(state, "load")
        assert state.links == []
        await do(state, "share", theirs)
        assert state.shared == {}
        await do(state, "ask", "create", "")
        told = said(await do(state, "submit", {"name": "x", "channel": "sms"}))
        assert "This was not found." in told
        await do(state, "ask", "end", theirs)
        await do(state, "submit", {})
    assert await scalar(database, "select count(*) from store_campaigns where name = 'x'") == 0
    open_ = "select count(*) from store_campaigns where id = cast(:c as uuid) and ended_at is null"
    assert await scalar(database, open_, c=theirs) == 1


async def test_who_may_only_read_makes_and_ends_nothing(database: Database) -> None:
    market = await open_market(database)
    key = (await _made(database, market)).links[0]["id"]
    reader = replace(seller(market), permissions=frozenset({"distributor:store:read"}))
    with acting_as(at(reader, await _page(database, market))):
        state = CampaignsState()
        await do(state, "load")
        assert [link["id"] for link in state.links] == [key]
        for action, target in (("create", ""), ("end", key)):
            await do(state, "ask", action, target)
            assert state.asking == ""
