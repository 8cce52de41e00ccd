"""The pages themselves: weight, languages, search engines, search, visits, closed and lost."""

import gzip
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.ids import new_id
from app.kit.tokens import DARK, LIGHT
from app.services import visits
from app.services.shopfront import forget_fronts
from app.storefront import words
from app.storefront.colours import contrast, palette
from models.trade import OrderStatus, SupplierOrderStatus
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop
from tests.integration.market import open_market

ENTRY_BYTES = 60 * 1024


async def _sent(browser: Browser, address: str) -> int:
    """Return how many bytes an address takes on its way, compressed."""
    async with browser.http.stream("GET", address) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert gzip.decompress(raw)
    return len(raw)


async def test_the_entry_page_is_light(shop: Shop, guest: Browser) -> None:
    """A full page of goods as it travels: text, style and script, without pictures."""
    many = await open_market(shop.database, suppliers=30)
    await shop.change(
        "insert into product_images (id, product_id, supplier_id, blob_key, alt, position,"
        " created_at) select gen_random_uuid(), id, supplier_id,"
        " 'pictures/' || substr(md5(id::text), 1, 24), '', 0, now() from products"
        " where supplier_id = any(:makers)",
        makers=many.suppliers,
    )
    await shop.change(
        "select refresh_shelf(array_agg(id)) from listings where store_id = :s", s=many.store
    )
    slug = await shop.value("select slug from stores where id = :s", s=many.store)
    page = await guest.open(f"/s/{slug}")
    assert len([link for link in page.links if "/p/" in link]) == 24 + 3
    files = [given["href"] for tag, given in page.tags if given.get("rel") == "stylesheet"]
    files += [given["src"] for tag, given in page.tags if tag == "script" and "src" in given]
    assert len(files) == 2
    sizes = [await _sent(guest, str(address)) for address in (f"/s/{slug}", *files)]
    assert sum(sizes) <= ENTRY_BYTES


async def test_static_files_are_kept_for_good_by_their_content(shop: Shop, guest: Browser) -> None:
    page = await guest.open(shop.home)
    address = next(str(g["href"]) for _, g in page.tags if g.get("rel") == "stylesheet")
    kept = (await guest.http.get(address)).headers["cache-control"]
    assert "immutable" in kept
    stale = (await guest.http.get(address.partition("?")[0] + "?v=old")).headers["cache-control"]
    assert "immutable" not in stale
    assert (await guest.http.get("/store-static/../install.py")).status_code == 404


async def test_public_pages_may_be_cached_until_there_is_a_cart(shop: Shop, guest: Browser) -> None:
    answer = await guest.http.get(shop.home)
    assert answer.headers["cache-control"] == "public, max-age=30"
    assert "Cookie" in answer.headers["vary"]
    await shop.fill(guest)
    for path in ("", "/cart", "/checkout"):
        answer = await guest.http.get(f"{shop.home}{path}")
        assert answer.headers["cache-control"].startswith("private")


async def test_the_language_is_switched_by_a_link_and_kept(shop: Shop, guest: Browser) -> None:
    page = await guest.open(shop.product(0))
    assert "加入购物车" in page.text
    english = next(link for link in page.links if "lang=en" in link)
    page = await guest.open(english)
    assert guest.address == shop.product(0)
    assert "Add to cart" in page.text
    assert "Longjing tea" in page.text
    assert ("html", "en") in [(tag, given.get("lang")) for tag, given in page.tags]
    assert "All products" in (await guest.open(shop.home)).text
    dark = next(link for link in guest.page.links if "theme=dark" in link)
    page = await guest.open(dark)
    assert next(g for tag, g in page.tags if tag == "html")["data-theme"] == "dark"


async def test_the_browser_chooses_the_first_language(shop: Shop) -> None:
    async with Browser(shop.web, "en-GB,en;q=0.9") as browser:
        page = await browser.open(shop.home)
        assert "All products" in page.text
        assert "全部商品" in (await browser.open(f"{shop.home}?hl=zh")).text


async def test_search_engines_read_what_the_page_says(shop: Shop, guest: Browser) -> None:
    page = await guest.open(shop.product(0))
    meta = {
        given.get("name") or given.get("property"): given.get("content")
        for tag, given in page.tags
        if tag == "meta"
    }
    assert meta["description"]
    assert meta["og:title"] == "明前龙井"
    assert meta["og:type"] == "product"
    rels = {given.get("hreflang") or given["rel"] for tag, given in page.tags if tag == "link"}
    assert {"canonical", "zh-CN", "en", "x-default"} <= rels
    linked = {data["@type"]: data for data in map(json.loads, page.data) if "@type" in data}
    assert set(linked) == {"Product", "BreadcrumbList"}
    offers = {o["name"]: (o["price"], o["availability"]) for o in linked["Product"]["offers"]}
    assert offers == {
        "250g": ("15.01", "https://schema.org/InStock"),
        "500g": ("888.00", "https://schema.org/InStock"),
    }
    places = [item["position"] for item in linked["BreadcrumbList"]["itemListElement"]]
    assert places == list(range(1, len(places) + 1))
    home = await guest.open(shop.home)
    assert json.loads(home.data[0])["@type"] == "OnlineStore"


async def test_private_pages_keep_out_of_search_engines(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    for path in ("/cart", "/checkout", "/login", "/orders/find", "/search?q=x"):
        answer = await guest.http.get(f"{shop.home}{path}")
        assert answer.headers["x-robots-tag"] == "noindex", path


async def test_robots_and_site_map_agree(shop: Shop, guest: Browser) -> None:
    robots = (await guest.http.get(f"{shop.home}/robots.txt")).text
    address = next(line.split(": ")[1] for line in robots.splitlines() if "Sitemap" in line)
    answer = await guest.http.get(address.partition("://")[2].partition("/")[2])
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    found = [node.text or "" for node in ElementTree.fromstring(answer.text).iter(f"{space}loc")]
    assert any(place.endswith(shop.product(1)) for place in found)
    for place in found:
        path = "/" + place.partition("://")[2].partition("/")[2]
        await guest.open(path)
        assert guest.status == 200, path


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("龙井", {0}),
        ("lj", {0}),
        ("MQ", {0}),
        ("celad", {1}),
        ("青瓷 cup", {1}),
        ("茶", {1}),
        ("不存在的", set[int]()),
    ],
)
async def test_search_finds_by_words_initials_and_beginnings(
    shop: Shop, guest: Browser, typed: str, finds: set[int]
) -> None:
    page = await guest.open(f"{shop.home}/search?q={typed}")
    found = {place for place in (0, 1) if any(shop.listings[place] in one for one in page.links)}
    assert found == finds


async def test_search_offers_what_comes_close(shop: Shop, guest: Browser) -> None:
    page = await guest.open(f"{shop.home}/search?q=龙井 咖啡")
    assert "没有完全匹配" in page.text
    assert any(shop.listings[0] in link for link in page.links)


async def test_what_is_off_sale_is_gone_and_what_is_sold_out_cannot_be_bought(
    shop: Shop, guest: Browser
) -> None:
    await shop.change(
        "update stock set on_hand = 0 where product_id = :p", p=shop.market.goods[0].product
    )
    page = await guest.open(shop.product(0))
    assert "已售罄" in page.text
    assert not page.form("/cart/add").buttons
    await shop.change(
        "update listings set status = 'PAUSED' where store_id = :s", s=shop.market.store
    )
    page = await guest.open(shop.product(0))
    # The page stays, so that a link that somebody kept says what became of it.
    assert (guest.status, "暂不销售" in page.text) == (200, True)
    assert not [form for form in page.forms if "/cart/add" in form.action]
    assert ("meta", {"name": "robots", "content": "noindex"}) in page.tags
    await guest.open(f"{shop.home}/p/{new_id().hex}")
    assert guest.status == 404
    assert "还没有在售商品" in (await guest.open(shop.home)).text


async def test_a_closed_store_shows_but_does_not_sell(shop: Shop, guest: Browser) -> None:
    link = await shop.link(await shop.order(guest))
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    await shop.change("update stores set status = 'CLOSED' where id = :s", s=shop.market.store)
    forget_fronts()
    assert "暂停营业" in (await guest.open(shop.home)).text
    page = await guest.send(form, ("step", "place"), **ADDRESS)
    assert (guest.status, "暂停营业" in page.text) == (409, True)
    assert "待付款" in (await guest.open(link)).text


async def test_an_address_without_a_store_is_a_friendly_page(shop: Shop, guest: Browser) -> None:
    for address in ("/s/no-such-store", "/s/%00", "/s/no-such-store/cart", "/s/UPPER"):
        page = await guest.open(address)
        assert guest.status == 404
        assert "没有这家店铺" in page.text
    await guest.open(f"{shop.home}/")
    assert (guest.status, guest.address.rstrip("?")) == (200, shop.home)


async def test_visits_are_counted_once_a_visitor_and_not_for_bots(
    shop: Shop, guest: Browser
) -> None:
    await guest.open(shop.home)
    await guest.open(shop.product(0))
    await shop.fill(guest, (1,))
    await guest.open(f"{shop.home}/checkout")
    guest.http.headers["user-agent"] = "Googlebot/2.1"
    await guest.open(shop.home)
    await visits.flush()
    counted = await shop.value(
        "select array_agg(array[page_views, product_views, cart_adds, checkouts]::int[])"
        " from store_visits where store_id = :s",
        s=shop.market.store,
    )
    # Entry page, two products, the product again after adding, the cart twice as a page.
    assert counted == [[5, 3, 1, 1]]


@given(st.integers(0, 0xFFFFFF))
def test_every_accent_can_be_read(colour: int) -> None:
    made = palette(f"#{colour:06x}")
    for background in ("surface", "bg", "sunken"):
        assert contrast(made.light, LIGHT[background]) >= 4.5
        assert contrast(made.dark, DARK[background]) >= 4.5
    assert contrast(made.light, made.on_light) >= 4.5
    assert contrast(made.dark, made.on_dark) >= 4.5


@pytest.mark.parametrize("forged", ["", "red", "#fff", "#12345g", "#123456;background:url(x)"])
def test_an_accent_that_is_no_colour_is_not_used(forged: str) -> None:
    assert palette(forged) == palette("")


def test_every_state_has_a_word() -> None:
    assert set(OrderStatus) <= set(words.WORDS["order"])
    assert set(SupplierOrderStatus) <= set(words.WORDS["part"])


def test_no_template_holds_script_or_handlers() -> None:
    folder = Path(words.__file__).parent / "templates"
    for path in folder.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert " onclick" not in text
        assert "<script>" not in text
        assert "|safe" not in text
        assert "http://" not in text
        assert "https://" not in text
