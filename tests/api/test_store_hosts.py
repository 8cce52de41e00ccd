"""A store under a host name of its own: nothing but that store is there, and its links fit."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from app.access import Actor
from app.api.edge import Edge
from app.api.store_hosts import StoreHosts, path_in_store
from app.kit.errors import Invalid
from app.kit.ids import new_id
from app.kit.settings import settings
from app.services.shopfront import forget_fronts
from app.services.stores import HOST_OURS, HOST_TAKEN, HOST_WRONG, StoreDraft, save_store
from tests.api.browser import AGENT, Browser, Page
from tests.api.shop import Shop, open_shop
from tests.integration.market import scalar
from tests.state.selling import seller


async def _name(shop: Shop, host: str) -> None:
    """Let the shop's distributor set a host name, as the store's page does."""
    sql = "select cast(id as text) from stores where slug = :slug"
    slug = shop.home.rpartition("/")[2]
    key = UUID(str(await scalar(shop.database, sql, slug=slug)))
    await save_store(_owner(shop), StoreDraft(id=key, name="Tea", slug=slug, host_name=host))
    forget_fronts()


def _owner(shop: Shop) -> Actor:
    return seller(shop.market)


@pytest.fixture
async def host(shop: Shop) -> str:
    name = f"tea-{new_id().hex[-8:]}.example"
    await _name(shop, name)
    return name


@pytest.fixture
async def visitor(shop: Shop, host: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who came by the store's own host name, through all that stands before the app."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(StoreHosts(Edge(shop.web))),
        base_url=f"http://{host}",
        headers={"user-agent": AGENT},
    ) as client:
        yield client


async def test_the_own_host_shows_the_store_without_its_slug(
    shop: Shop, host: str, visitor: httpx.AsyncClient
) -> None:
    answer = await visitor.get("/")
    assert answer.status_code == 200
    page = Page(answer.text)
    assert not [link for link in page.links if link.startswith("/s/")]
    product = next(link for link in page.links if link.startswith("/p/"))
    for place in (product, "/cart", "/search?q=x", "/robots.txt", "/sitemap.xml", "/?sort=newest"):
        assert (await visitor.get(place)).status_code == 200, place
    sitemap = (await visitor.get("/sitemap.xml")).text
    assert f"<loc>http://{host}/</loc>" in sitemap
    assert "/s/" not in sitemap


async def test_the_canonical_address_is_the_own_hosts_wherever_one_reads(
    shop: Shop, host: str, visitor: httpx.AsyncClient
) -> None:
    product = next(x for x in Page((await visitor.get("/")).text).links if x.startswith("/p/"))
    own, usual = await visitor.get(product), None
    async with Browser(shop.web) as guest:
        await guest.open(f"{shop.home}{product}")
        usual = guest.answer
    for answer in (own, usual):
        assert f'<link rel="canonical" href="http://{host}{product}">' in answer.text


async def test_a_basket_is_filled_and_kept_on_the_own_host(
    shop: Shop, host: str, visitor: httpx.AsyncClient
) -> None:
    ours = {"origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    wanted = {"sku": shop.market.goods[0].sku.hex, "quantity": "1"}
    added = await visitor.post("/cart/add", data=wanted, headers=ours)
    assert added.status_code == 303
    assert added.headers["location"].startswith("/cart")
    assert "path=/;" in added.headers["set-cookie"].lower() + ";"
    form = Page((await visitor.get("/cart")).text)
    assert any(action.action.startswith("/cart") for action in form.forms)
    foreign = {**ours, "origin": "http://evil.example"}
    assert (await visitor.post("/cart/add", data=wanted, headers=foreign)).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/platform/main/dashboard", "/workspaces", "/me", "/api/v1/stores", "/_upload", "/s/muxia"],
)
async def test_nothing_else_of_the_installation_is_there(
    visitor: httpx.AsyncClient, path: str
) -> None:
    assert (await visitor.get(path)).status_code == 404


async def test_signing_in_leads_to_no_other_site(visitor: httpx.AsyncClient) -> None:
    for next_ in ("", "//evil.example", "/\\evil.example", "https://evil.example"):
        page = Page((await visitor.get("/login", params={"next": next_})).text)
        assert page.form("/login").fields["next"] == "/account"


async def test_another_host_is_no_store(shop: Shop, host: str) -> None:
    transport = httpx.ASGITransport(StoreHosts(Edge(shop.web)))
    for other in (f"www.{host}", "nobody.example", f"{host}.evil.example", "127.0.0.1"):
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{other}") as client:
            assert (await client.get("/p/x")).status_code == 404
            assert (await client.get("/cart")).status_code == 404


async def test_which_host_names_a_store_may_have(shop: Shop, host: str) -> None:
    other = await open_shop(shop.database, shop.web)
    for wish, fault in (
        ("https://tea.example", HOST_WRONG),
        ("tea", HOST_WRONG),
        ("10.0.0.1", HOST_WRONG),
        ("tea.example/x", HOST_WRONG),
        (settings().origin.rpartition("/")[2].partition(":")[0], None),
        (host.upper(), HOST_TAKEN),
    ):
        with pytest.raises(Invalid) as refused:
            await _name(other, wish)
        assert fault is None or refused.value.fields == {"host_name": fault}
    await _name(shop, "")
    await _name(other, host)


async def test_the_platforms_own_host_is_no_stores(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGSHANG_STORE_HOST", "Stores.example")
    settings.cache_clear()
    try:
        with pytest.raises(Invalid) as refused:
            await _name(shop, "stores.example")
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert refused.value.fields == {"host_name": HOST_OURS}


def test_a_path_of_another_store_is_a_path_in_this_one() -> None:
    assert path_in_store("/", "tea") == "/s/tea"
    assert path_in_store("/s/tea/p/1", "tea") == "/s/tea/p/1"
    assert path_in_store("/s/tea2", "tea") == "/s/tea/s/tea2"
    assert path_in_store("/media/x/480.webp", "tea") == "/media/x/480.webp"
    assert path_in_store("/mediax", "tea") == "/s/tea/mediax"
