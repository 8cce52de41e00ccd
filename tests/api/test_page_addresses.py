"""Whatever an address says: a page that says something, never a fault of ours nor a torn file.

Parametrised from the registries: all lists, boards, the explorer, the stores' pages, API, pictures.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

import httpx
import pytest
from fastapi import FastAPI

from app.analytics import views
from app.api.web import make_web
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.parameters import day_of, id_of
from app.kit.text import looked_for
from app.queries.lists import all_resources
from app.queries.resource import Filter, ListQuery
from app.services.sessions import COOKIE
from tests.api.shop import Shop
from tests.integration.people import join, make_merchant, make_user, open_session

HOSTILE = (
    "", "\0", "a\0b", "abc", "9999-12-31", "0001-01-01", "2026-02-30", "0000-00-00", "-1", "1e9",
    "99999999999999999999", "NaN", "%", "_%\\", "'", "\"';--", "') or 1=1 --", "{}", "[]", "null",
    "(((", "a & | ! <-> b", ":*", "\u202e\u200b", "＇", "😀", "\uffff", "é" * 300, "*", "-", "a,b",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000g", "1_0", "٣",
    "..%2f..%2fetc", "%00", "%c3%28", "true", "2026-11-30T00:00:00Z", "2026-W49-1", "20261130",
)  # fmt: skip
FILES = ("/media/", "/store-static/", "/account-static/")
"""Where no person reads what a missing one says."""
NEVER_READ = ("\ud800", "x\udfffy")
"""What comes over a websocket only, for no address can be encoded so."""


def _lists() -> list[tuple[str, str]]:
    return sorted(all_resources())


@asynccontextmanager
async def _no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def people(database: Database) -> Mapping[str, tuple[str, str]]:
    """Return scope → workspace and the cookie of somebody who may see all of it."""
    merchant = await make_merchant(database, supplier=True, distributor=True)
    found: dict[str, tuple[str, str]] = {}
    for scope in ("platform", "supplier", "distributor"):
        own = None if scope == "platform" else merchant
        user = await make_user(database)
        await join(database, user.id, own.id if own else None, "owner" if own else "platform_owner")
        place = f"{scope}/{own.code if own else 'main'}"
        found[scope] = (place, f"{COOKIE}={await open_session(database, user.id)}")
    return found


@pytest.fixture
async def web(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    del database
    transport = httpx.ASGITransport(make_web(_no_lifespan), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def _queries(filters: Mapping[str, Filter]) -> list[dict[str, str]]:
    """Return every hostile value for every parameter, many parameters at once."""
    names = [*filters, "q", "sort", "page", "columns", "view"]
    return [
        {name: HOSTILE[(place + turn) % len(HOSTILE)] for place, name in enumerate(names)}
        for turn in range(len(HOSTILE))
    ]


@pytest.mark.parametrize(("scope", "name"), _lists())
async def test_every_list_reads_any_address(
    web: httpx.AsyncClient, people: Mapping[str, tuple[str, str]], scope: str, name: str
) -> None:
    """Failed before: ``store=abc`` and ``placed_to=9999-12-31`` were faults or torn files."""
    place, cookie = people[scope]
    resource = all_resources()[scope, name]
    filters = {key: f for f in resource.filters for key in f.keys}
    for params in _queries(filters):
        answer = await web.get(
            f"/download/{place}/{name}.csv?{urlencode(params)}", headers={"cookie": cookie}
        )
        assert answer.status_code == 200, (params, answer.text[:300])
        assert answer.content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(("scope", "name"), _lists())
def test_what_a_list_cannot_read_is_left_out_and_named(scope: str, name: str) -> None:
    resource = all_resources()[scope, name]
    for f in resource.filters:
        for key in f.keys:
            for value in (*HOSTILE, *NEVER_READ):
                query = ListQuery.of(resource, {key: value})
                kept = query.filters.get(key, "")
                assert looked_for(kept, 200) == kept
                if f.kind == "dates":
                    assert not kept or day_of(kept)
                if f.takes_id:
                    assert not kept or id_of(kept)
                # Either it is read, or the reader is told.
                if value and value != kept and f.read(value) == "":
                    assert f.label in query.unread, (key, value)


@pytest.mark.parametrize("scope", ["platform", "supplier", "distributor"])
async def test_boards_and_explorer_read_any_address(
    web: httpx.AsyncClient, people: Mapping[str, tuple[str, str]], scope: str
) -> None:
    place, cookie = people[scope]
    names = [*views.DIMENSIONS, "period", "from", "to", "compare", "currency"]
    names += ["measures", "by", "grain", "chart", "sort", "rows"]
    for turn, value in enumerate(HOSTILE):
        params = {name: HOSTILE[(turn + 5 * n) % len(HOSTILE)] for n, name in enumerate(names)}
        params |= {"period": "custom" if turn % 2 else value}
        for path in ("board/gmv.csv", f"board/{quote(value, safe='')}.csv", "explore/answer.csv"):
            answer = await web.get(
                f"/download/{place}/{path}?{urlencode(params)}", headers={"cookie": cookie}
            )
            assert answer.status_code in (200, 404, 422), (path, params, answer.text[:300])
            assert answer.content or answer.status_code == 404


def test_a_view_names_what_it_left_out() -> None:
    from app.kit.clock import now

    at = now()
    for params in (
        {"store": "abc"},
        {"period": "custom", "from": "9999-12-31", "to": "9999-12-31"},
        {"period": "custom", "from": "2026-13-01", "to": "x"},
        {"compare": "nothing"},
        {"currency": "yuan"},
        {"period": "never"},
    ):
        assert views.unread(params, views.parse(params, at)), params
    good = {"store": str(new_id()), "period": "30d", "compare": "year", "currency": "BRL"}
    assert not views.unread(good, views.parse(good, at))


@pytest.mark.parametrize("path", [
    "/s/{v}", "/s/{slug}/c/{v}", "/s/{slug}/p/{v}", "/s/{slug}/orders/{v}", "/s/{slug}/{v}",
    "/s/{slug}/orders/{v}?t={v}", "/s/{slug}?sort={v}&page={v}", "/s/{slug}/search?q={v}&page={v}",
    "/s/{slug}/p/{listing}?sku={v}", "/s/{slug}/checkout?items={v}&address={v}", "/s/{slug}?c={v}",
    "/s/{slug}?lang={v}&theme={v}&hl={v}&utm_source={v}", "/media/{v}/240.webp", "/media/a/{v}",
    "/me/{v}", "/invite?token={v}", "/reset?token={v}", "/unsubscribe?token={v}", "/login?next={v}",
    "/apply?as={v}", "/setup?token={v}", "/download/{v}/main/orders.csv", "/account-static/{v}",
    "/download/platform/{v}/orders.csv", "/store-static/{v}", "/api/v1/stores/{v}", "/{v}",
])  # fmt: skip
async def test_stores_account_pages_and_pictures_read_any_address(shop: Shop, path: str) -> None:
    """Failed before: ``%00`` in a store's address was a fault of ours."""
    transport = httpx.ASGITransport(shop.web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        for value in HOSTILE:
            address = path.format(v=quote(value, safe=""), slug=shop.slug, listing=shop.listings[0])
            answer = await http.get(address, headers={"accept": "text/html"})
            assert answer.status_code < 500, (address, answer.text[:300])
            if not answer.is_redirect and not address.startswith(FILES):
                assert answer.text, address


@pytest.mark.parametrize("value", HOSTILE)
async def test_the_channel_reads_any_address(shop: Shop, value: str) -> None:
    transport = httpx.ASGITransport(shop.web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        part = quote(value, safe="")
        for path in (f"/api/v1/stores/{part}/orders", f"/api/v1/orders/{part}/payments",
                     f"/callbacks/{part}"):  # fmt: skip
            answer = await http.post(
                path,
                json={
                    "items": [{"sku_id": str(new_id()), "quantity": 1}],
                    "address": {},
                    "return_url": "http://x.invalid",
                },
                headers={"idempotency-key": "k" * 20, "x-order-token": "0" * 32},
            )
            assert 400 <= answer.status_code < 500, (path, answer.text[:300])
