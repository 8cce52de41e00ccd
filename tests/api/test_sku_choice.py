"""Choosing a variant: nothing chosen is changed without a word, and the picture follows the SKU."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, Route, async_playwright

from app.access import SYSTEM
from app.kit.ids import new_id
from app.services.placing import access_token
from models import catalog, store
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop

COVER, RED, BLUE = (f"pictures/{digit * 24}" for digit in "abc")
SKUS = {"red_s": ("红", "S", 5), "red_m": ("红", "M", 5), "blue_s": ("蓝", "S", 5)}
GONE = ("蓝", "M", 0)


@pytest.fixture
async def variants(shop: Shop) -> dict[str, str]:
    """Let the first product come in two colours and two sizes, of which blue M is sold out."""
    goods = shop.market.goods[0]
    ids = {name: new_id() for name in (*SKUS, "blue_m")}
    await shop.change("update skus set is_active = false where product_id = :p", p=goods.product)
    await shop.change(
        "update products set spec_names = cast(:names as jsonb) where id = :p",
        p=goods.product,
        names='["颜色", "尺码"]',
    )
    of_product: dict[str, Any] = {"product_id": goods.product, "supplier_id": goods.supplier}
    listing = await shop.value("select id from listings where product_id = :p", p=goods.product)
    rows: list[Any] = []
    for place, (name, (colour, size, left)) in enumerate({**SKUS, "blue_m": GONE}.items()):
        sku = ids[name]
        rows += [
            catalog.Sku(
                id=sku,
                **of_product,
                code=sku.hex[-8:],
                spec_values=[colour, size],
                suggested_retail_cents=9900,
                position=place,
            ),
            catalog.SupplyPrice(sku_id=sku, **of_product, supply_cents=100),
            catalog.Stock(sku_id=sku, **of_product, on_hand=left),
            store.ListingSku(
                listing_id=listing,
                sku_id=sku,
                store_id=shop.market.store,
                distributor_id=shop.market.distributor,
                retail_cents=9900,
            ),
        ]
    rows += [
        catalog.ProductImage(**of_product, blob_key=key, spec_value=value, position=place)
        for place, (key, value) in enumerate(((COVER, ""), (RED, "红"), (BLUE, "蓝")))
    ]
    async with shop.database.engine_transaction(SYSTEM) as session:
        for row in rows:
            session.add(row)
            await session.flush()
    await shop.change("select 1")
    return {name: sku.hex for name, sku in ids.items()}


async def test_a_sold_out_variant_that_is_asked_for_is_not_replaced(
    shop: Shop, guest: Browser, variants: dict[str, str]
) -> None:
    page = await guest.open(f"{shop.product(0)}?sku={variants['blue_m']}")
    assert "“蓝 / M”已售罄" in page.text
    radios = {
        str(given["value"]): given
        for tag, given in page.tags
        if tag == "input" and given.get("name") == "sku"
    }
    assert "disabled" in radios[variants["blue_m"]]
    # Nothing else is chosen in its place; the form itself asks for a choice.
    assert not [given for given in radios.values() if "checked" in given]
    assert all("required" in given for given in radios.values())


async def test_the_picture_follows_the_sku_to_cart_checkout_and_order(
    shop: Shop, guest: Browser, variants: dict[str, str]
) -> None:
    page = await guest.open(f"{shop.product(0)}?sku={variants['blue_s']}")
    first = next(given for tag, given in page.tags if given.get("id") == "pic-1")
    assert BLUE in str(first["src"])
    picked = {one["id"]: one["picture"] for one in json.loads(page.data[-1])["skus"]}
    assert picked[variants["blue_s"]] == 1 != picked[variants["red_s"]]
    await guest.send(page.form("/cart/add"), ("then", "cart"), sku=variants["blue_s"])
    page = await guest.open(shop.product(0))
    await guest.send(page.form("/cart/add"), ("then", "cart"), sku=variants["red_m"])
    cart = (await guest.open(f"{shop.home}/cart")).html
    assert BLUE in cart and RED in cart and COVER not in cart
    checkout = await guest.open(f"{shop.home}/checkout")
    await guest.send(checkout.form("/checkout"), ("step", "place"), **ADDRESS)
    order_id = await shop.value("select id from orders order by placed_at desc limit 1")
    kept = await shop.value(
        "select array_agg(image_key order by image_key) from order_lines where order_id = :o",
        o=order_id,
    )
    assert kept == [RED, BLUE]
    shipped = await shop.value(
        "select array_agg(f.image_key order by f.image_key) from fulfilment_lines f"
        " join order_lines l on l.id = f.line_id where l.order_id = :o",
        o=order_id,
    )
    assert shipped == [RED, BLUE]
    number = await shop.value("select number from orders where id = :o", o=order_id)
    link = f"{shop.home}/orders/{number}?t={access_token(order_id)}"  # type: ignore[arg-type]
    assert BLUE in (await guest.open(link)).html


def answered(browser: Browser) -> Callable[[Route], Awaitable[None]]:
    """Return what answers a real browser's requests with what the app says to ``browser``."""

    async def answer(route: Route) -> None:
        asked = route.request.url.partition("shop.example")[2]
        found = await browser.http.get(asked)
        headers = {
            name: value
            for name, value in found.headers.items()
            if name not in ("content-encoding", "content-length", "content-security-policy")
        }
        await route.fulfill(status=found.status_code, headers=headers, body=found.content)

    return answer


@pytest.fixture
async def screen(chromium: str, guest: Browser) -> AsyncIterator[Page]:
    """A real browser that shows what the app answers, without a server between."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = await opened.new_page(viewport={"width": 390, "height": 844})
        await page.route("**/*", answered(guest))
        yield page
        await opened.close()


async def test_choosing_a_pair_that_is_sold_out_changes_nothing_and_says_so(
    shop: Shop, screen: Page, variants: dict[str, str]
) -> None:
    await screen.goto(f"http://shop.example{shop.product(0)}?sku={variants['blue_s']}")
    chosen = "input[name^=spec-]:checked"

    async def values() -> list[str]:
        return [
            await one.get_attribute("value") or ""
            for one in await screen.query_selector_all(chosen)
        ]

    assert await values() == ["蓝", "S"]
    # The pair that cannot be bought says so beforehand, in words.
    assert (
        "当前组合缺货"
        in await screen.locator("fieldset:not(.variants) label", has_text="M").inner_text()
    )
    await screen.locator("fieldset:not(.variants) label", has_text="M").click()
    assert await values() == ["蓝", "M"]
    assert "“蓝 / M”已售罄" in await screen.locator("#left").inner_text()
    for button in await screen.query_selector_all("button[name=then]"):
        assert await button.is_disabled()
    assert not await screen.query_selector("input[name=sku]:checked")
    await screen.locator("fieldset:not(.variants) label", has_text="红").click()
    assert await values() == ["红", "M"]
    assert await screen.locator("#left").inner_text() == "仅剩 5 件"
    assert not await screen.locator("button[name=then]").first.is_disabled()
    sent = await screen.eval_on_selector("#buy", "form => new FormData(form).get('sku')")
    assert sent == variants["red_m"]
