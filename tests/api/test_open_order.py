"""Back from the payment page: the open order is found again, paid, or cancelled into the cart."""

import pytest
from playwright.async_api import async_playwright

from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop
from tests.api.test_sku_choice import answered


async def test_whoever_comes_back_finds_the_order_and_goes_on_paying(
    shop: Shop, guest: Browser
) -> None:
    number = await shop.order(guest)
    # The cart is empty, since all of it was ordered; it says where it went.
    page = await guest.open(f"{shop.home}/checkout")
    assert "购物车还是空的" in page.text and number in page.text
    await guest.send(page.form(f"/orders/{number}/pay"))
    assert "pay.invalid" in guest.address and number in guest.address
    page = await guest.open(await shop.link(number))
    assert "支付处理中" in page.text
    await shop.pay(guest, number)
    assert number not in (await guest.open(f"{shop.home}/cart")).text


async def test_the_form_of_before_with_other_goods_leads_to_the_open_order(
    shop: Shop, guest: Browser
) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    await guest.send(form, ("step", "place"), **ADDRESS)
    page = await guest.send(form, ("step", "place"), **(ADDRESS | {"street": "别处 2 号"}))
    assert guest.status == 409
    assert page.form("/edit") and page.form("/pay")
    assert (
        await shop.value("select count(*) from orders where store_id = :s", s=shop.market.store)
        == 1
    )


async def test_cancel_and_edit_puts_the_goods_back_once(shop: Shop, guest: Browser) -> None:
    number = await shop.order(guest)
    page = await guest.open(f"{shop.home}/cart")
    edit = page.form("/edit")
    page = await guest.send(edit)
    quantities = [
        str(given["value"])
        for tag, given in page.tags
        if tag == "input" and given.get("name") == "quantity"
    ]
    assert quantities == ["1", "1"]
    status = "select status from orders where number = :n"
    assert await shop.value(status, n=number) == "CLOSED"
    # The same click again, from another tab, doubles nothing and says where the order stands.
    await guest.send(edit)
    assert guest.status == 409
    units = (
        "select sum(l.quantity) from cart_lines l join carts c on c.id = l.cart_id"
        " where c.store_id = :s"
    )
    assert await shop.value(units, s=shop.market.store) == 2
    # What was paid meanwhile is not cancelled.
    number = await shop.order(guest)
    edit = (await guest.open(f"{shop.home}/cart")).form("/edit")
    await shop.pay(guest, number)
    await guest.send(edit)
    assert guest.status == 409
    assert await shop.value(status, n=number) == "PAID"


async def test_the_open_order_of_another_is_nobodys_business(shop: Shop, guest: Browser) -> None:
    number = await shop.order(guest)
    async with Browser(shop.web) as stranger:
        stranger.http.cookies.set("ts_order", f"{number}.{'0' * 32}")
        page = await stranger.open(f"{shop.home}/cart")
        assert number not in page.text


async def _sign_in(shop: Shop, browser: Browser, phone: str, *, new: bool = False) -> None:
    kind = "register" if new else "login"
    page = await browser.open(f"{shop.home}/{kind}")
    typed = {"phone": phone, "password": "a long sentence", "name": "陈一"}
    await browser.send(page.form(f"/{kind}"), **typed)


def _quantities(browser: Browser) -> list[str]:
    return [
        str(given["value"])
        for tag, given in browser.page.tags
        if tag == "input" and given.get("name") == "quantity"
    ]


async def test_a_customer_has_one_cart_on_all_devices(shop: Shop, guest: Browser) -> None:
    phone = "139 0000 1111"
    await shop.fill(guest, (0,))
    await _sign_in(shop, guest, phone, new=True)
    async with Browser(shop.web) as other:
        await shop.fill(other, (0, 1))
        page = await other.open(f"{shop.home}/cart")
        await other.send(page.form(f"/cart/{shop.market.goods[0].sku.hex}"), quantity="3")
        await _sign_in(shop, other, phone)
        for browser in (other, guest):
            await browser.open(f"{shop.home}/cart")
            # The larger number counts: three of one, one of the other.
            assert sorted(_quantities(browser)) == ["1", "3"], browser.address
        # Signing in again doubles nothing, and what one device changes the other one sees.
        await _sign_in(shop, other, phone)
        page = await guest.open(f"{shop.home}/cart")
        assert sorted(_quantities(guest)) == ["1", "3"]
        await guest.send(page.form(f"/cart/{shop.market.goods[1].sku.hex}"), quantity="0")
        await other.open(f"{shop.home}/cart")
        assert _quantities(other) == ["3"]
        # Signed out, the device holds nothing of the customer's.
        page = await other.open(f"{shop.home}/account")
        await other.send(page.form("/logout"))
        await other.open(f"{shop.home}/cart")
        assert _quantities(other) == []
    carts = await shop.value(
        "select count(*) from carts where consumer_id is not null and store_id = :s",
        s=shop.market.store,
    )
    assert carts == 1


async def test_adding_withdrawn_goods_from_an_open_page_says_why(
    shop: Shop, guest: Browser
) -> None:
    form = (await guest.open(shop.product(1))).form("/cart/add")
    await shop.change(
        "update listings set status = 'PAUSED' where product_id = :p",
        p=shop.market.goods[1].product,
    )
    page = await guest.send(form, ("then", "cart"))
    assert (guest.status, "已下架" in page.text) == (200, True)
    page = await guest.send(form, ("then", "buy"))
    assert "已下架" in page.text
    form = (await guest.open(shop.product(0))).form("/cart/add")
    page = await guest.send(form, ("then", "cart"), quantity="999")
    assert "库存不足" in page.text


@pytest.mark.parametrize("width", [390, 1440])
async def test_the_panel_to_cancel_can_be_reached(
    shop: Shop, guest: Browser, chromium: str, width: int
) -> None:
    link = await shop.link(await shop.order(guest))
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await opened.new_page(viewport={"width": width, "height": 844})
        await page.route("**/*", answered(guest))
        await page.goto(f"http://shop.example{link}")
        await page.locator(".confirm summary").click()
        box = await page.locator(".confirm form").bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        overflow = "document.documentElement.scrollWidth > innerWidth"
        assert not await page.evaluate(overflow)
        await opened.close()
