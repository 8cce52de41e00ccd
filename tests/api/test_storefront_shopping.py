"""Shopping without script, as a guest and with an account, and what gets in the way."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from app.access import SYSTEM
from app.kit.clock import frozen, now
from app.kit.db import Database
from app.kit.errors import Conflict
from app.kit.i18n import gettext
from app.services import closing, fulfilment, tracking
from app.services.placing import TotalChanged
from app.services.rules.freight import RegionRefused
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop

LHASA = {"province_code": "54", "city": "拉萨市", "district": "城关区"}
TAIWAN = {"province_code": "71", "city": "台湾省", "district": ""}
COUNT = "select count(*) from orders where store_id = :s"


async def test_a_guest_buys_from_two_suppliers_and_follows_the_parcels(
    shop: Shop, guest: Browser
) -> None:
    page = await guest.open(shop.home)
    assert "明前龙井" in page.text
    cart = await shop.fill(guest)
    assert "包裹 1" in cart.text
    assert "包裹 2" in cart.text
    number = await shop.order(guest)
    link = await shop.link(number)
    waiting = await guest.open(link.replace("?", "/paying?"))
    assert "正在确认支付结果" in waiting.text
    assert any(tag == "meta" and a.get("http-equiv") == "refresh" for tag, a in waiting.tags)
    await shop.pay(guest, number)
    order = await guest.open(link.replace("?", "/paying?"))
    assert "已付款" in order.text
    assert "138****2222" in order.text
    assert "13811112222" not in order.html
    for place in (0, 1):
        actor, part = shop.market.supplier(place), f"{number}-{place + 1}"
        await fulfilment.accept(actor, [part])
        await fulfilment.ship(actor, [fulfilment.Ship(part, "sandbox", f"DEMO123{place}")])
    with frozen(now() + timedelta(minutes=2)):
        await tracking.track_demo_parcels()
    order = await guest.open(link)
    assert "DEMO1230" in order.text
    assert "演示快递" in order.text
    assert "派送中" in order.text
    received = await guest.send(order.form("/receive"))
    assert "感谢确认收货" in received.text
    assert "已收货" in received.text
    assert guest.status == 200


async def test_the_cart_is_empty_after_ordering(shop: Shop, guest: Browser) -> None:
    await shop.order(guest)
    assert "购物车还是空的" in (await guest.open(f"{shop.home}/cart")).text


async def test_the_checkout_says_how_long_this_platform_keeps_orders(
    shop: Shop, guest: Browser, database: Database
) -> None:
    await shop.fill(guest)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text(
                "insert into platform_settings (key, value)"
                " values ('reservation', '{\"minutes\": 47}')"
            )
        )
    try:
        assert " 47 " in (await guest.open(f"{shop.home}/checkout")).text
    finally:
        async with database.engine_transaction(SYSTEM) as session:
            await session.execute(text("delete from platform_settings where key = 'reservation'"))


async def test_sending_the_form_twice_places_one_order(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    data = form.fields | ADDRESS | {"step": "place"}
    answers = await asyncio.gather(*(guest.http.post(form.action, data=data) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await shop.value(COUNT, s=shop.market.store) == 1


async def test_what_is_sold_out_meanwhile_is_said_and_nothing_typed_is_lost(
    shop: Shop, guest: Browser
) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    sku = shop.market.goods[1].sku
    await shop.change("update stock set on_hand = 0 where sku_id = :s", s=sku)
    page = await guest.send(form, ("step", "place"), **ADDRESS, note="门口有狗")
    assert guest.status == 409
    assert "库存不足" in page.text
    again = page.form("/checkout").fields
    assert {name: again[name] for name in ADDRESS} == ADDRESS
    assert again["note"] == "门口有狗"
    assert await shop.value(COUNT, s=shop.market.store) == 0
    cart = await guest.open(f"{shop.home}/cart")
    assert "已售罄" in cart.text
    assert not any(link.endswith("/checkout") for link in cart.links)


async def test_a_new_price_is_shown_before_anything_is_ordered(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    raise_price = "update listing_skus set retail_cents = 55500 where sku_id = :s"
    await shop.change(raise_price, s=shop.market.goods[1].sku)
    page = await guest.send(form, ("step", "place"), **ADDRESS)
    assert guest.status == 409
    assert gettext("zh_CN", TotalChanged.message) in page.text
    assert "¥555.00" in page.text
    assert "价格已由 ¥520.00 变为 ¥555.00" in (await guest.open(f"{shop.home}/cart")).text
    assert "价格已由" not in (await guest.open(f"{shop.home}/cart")).text
    await guest.send(page.form("/checkout"), ("step", "place"))
    assert "pay.invalid" in guest.address


async def test_freight_of_a_remote_region_is_shown_first_then_taken(
    shop: Shop, guest: Browser
) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    before = int(form.fields["expected"])
    page = await guest.send(form, ("step", "place"), **ADDRESS | LHASA)
    assert guest.status == 409
    shown = page.form("/checkout")
    assert int(shown.fields["expected"]) == before + 2 * 1_500
    await guest.send(shown, ("step", "place"))
    assert "pay.invalid" in guest.address
    total = "select total_cents from orders where store_id = :s"
    assert await shop.value(total, s=shop.market.store) == before + 3_000


async def test_a_region_that_is_not_served_is_refused_inline(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    page = await guest.send(form, ("step", "place"), **ADDRESS | TAIWAN)
    assert guest.status == 409
    assert gettext("zh_CN", RegionRefused.message, region="台湾省") in page.text
    assert page.form("/checkout").fields["street"] == ADDRESS["street"]


async def test_wrong_fields_are_marked_one_by_one(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    typed = ADDRESS | {"phone": "12", "recipient": "", "province_code": "99", "street": ""}
    page = await guest.send(form, ("step", "place"), **typed)
    wrong = {a["name"] for _, a in page.tags if a.get("aria-invalid")}
    assert guest.status == 422
    assert wrong == {"phone", "recipient", "province_code", "street"}


async def test_buying_at_once_leaves_the_cart_alone(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest, (1,))
    page = await guest.open(shop.product(0))
    page = await guest.send(
        page.form("/cart/add"), ("then", "buy"), sku=shop.variants[1], quantity="2"
    )
    assert "青瓷茶杯" not in page.text
    await guest.send(page.form("/checkout"), ("step", "place"), **ADDRESS)
    assert "pay.invalid" in guest.address
    goods = "select goods_cents from orders where store_id = :s"
    assert await shop.value(goods, s=shop.market.store) == 2 * 88_800
    assert "青瓷茶杯" in (await guest.open(f"{shop.home}/cart")).text


async def test_quantities_change_and_lines_go(shop: Shop, guest: Browser) -> None:
    cart = await shop.fill(guest, (1,))
    cart = await guest.send(cart.form(f"/cart/{shop.market.goods[1].sku.hex}"), ("step", "1"))
    assert "¥1,040.00" in cart.text
    form = cart.form(f"/cart/{shop.market.goods[1].sku.hex}")
    cart = await guest.send(form, quantity="4")
    assert "¥2,080.00" in cart.text
    assert "购物车还是空的" in (await guest.send(form, quantity="0")).text


async def test_an_unpaid_order_is_cancelled_by_its_buyer(shop: Shop, guest: Browser) -> None:
    link = await shop.link(await shop.order(guest))
    page = await guest.open(link)
    page = await guest.send(page.form("/cancel"))
    assert "已取消" in page.text
    assert "未产生扣款" in page.text
    assert not any(form.action.endswith(("/pay", "/cancel")) for form in page.forms)


async def test_a_paid_order_is_cancelled_until_somebody_accepts(shop: Shop, guest: Browser) -> None:
    number = await shop.order(guest)
    await shop.pay(guest, number)
    page = await guest.open(await shop.link(number))
    cancel = page.form("/cancel")
    page = await guest.send(cancel)
    assert "退款中" in page.text
    page = await guest.send(cancel)
    assert guest.status == 409
    other = await shop.order(guest)
    await shop.pay(guest, other)
    stale = (await guest.open(await shop.link(other))).form("/cancel")
    await fulfilment.accept(shop.market.supplier(0), [f"{other}-1"])
    page = await guest.send(stale)
    assert guest.status == 409
    assert gettext("zh_CN", Conflict.message) in page.text


async def test_an_order_whose_time_is_over_says_so(shop: Shop, guest: Browser) -> None:
    link = await shop.link(await shop.order(guest))
    pay = (await guest.open(link)).form("/pay")
    with frozen(now() + timedelta(hours=1)):
        page = await guest.open(link)
        assert "已过期" in page.text
        assert not any(form.action.endswith("/pay") for form in page.forms)
        await guest.send(pay)
        assert guest.status == 409
        await closing.expire_orders()
        assert "订单超时未支付" in (await guest.open(link)).text


async def test_a_customer_keeps_orders_and_addresses(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest, (1,))
    page = await guest.open(f"{shop.home}/register?next={shop.home}/checkout")
    page = await guest.send(
        page.form("/register"), name="陈一", phone="13911112222", password="long enough"
    )
    assert guest.address == f"{shop.home}/checkout"
    await guest.send(page.form("/checkout"), ("step", "place"), **ADDRESS, keep="1")
    number = guest.address.rsplit("/", 1)[1].partition("P")[0]
    account = await guest.open(f"{shop.home}/account")
    assert number in account.text
    assert "龙井路 1 号" in account.text
    assert "待付款" in (await guest.open(f"{shop.home}/orders/{number}")).text
    await shop.fill(guest, (0,))
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    assert (form.fields["street"], form.fields["province_code"]) == ("龙井路 1 号", "33")
    await guest.send(account.form("/logout"))
    await guest.open(f"{shop.home}/account")
    assert guest.address.startswith(f"{shop.home}/login")
    assert "购物车还是空的" in (await guest.open(f"{shop.home}/cart")).text
    login = (await guest.open(f"{shop.home}/login")).form("/login")
    await guest.send(login, phone="13911112222", password="long enough")
    assert guest.address == f"{shop.home}/account"
    assert "明前龙井" in (await guest.open(f"{shop.home}/cart")).text
    account = await guest.open(f"{shop.home}/account")
    account = await guest.send(account.form("/remove"))
    assert "龙井路 1 号" not in account.text


async def test_guessing_a_password_locks_the_account(shop: Shop, database: Database) -> None:
    del database
    async with Browser(shop.web) as owner:
        form = (await owner.open(f"{shop.home}/register")).form("/register")
        await owner.send(form, name="陈", phone="13911113333", password="long enough")
        again = await owner.send(form, name="陈", phone="13911113333", password="long enough")
        assert owner.status == 422
        assert "已注册" in again.text
    async with Browser(shop.web) as guesser:
        form = (await guesser.open(f"{shop.home}/login")).form("/login")
        for _ in range(5):
            page = await guesser.send(form, phone="13911113333", password="wrong")
            assert (guesser.status, "手机号或密码不正确" in page.text) == (422, True)
        page = await guesser.send(form, phone="13911113333", password="long enough")
        assert guesser.status == 429
        with frozen(now() + timedelta(minutes=16)):
            await guesser.send(form, phone="13911113333", password="long enough")
            assert guesser.address == f"{shop.home}/account"
