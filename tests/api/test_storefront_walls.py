"""What a stranger tries in a store, and what nobody may read there."""

import json
import re

import pytest

from tests.api.browser import Browser, Page
from tests.api.shop import ADDRESS, SECRET_CENTS, SUPPLIER_NAMES, Shop, open_shop

ATTACK = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


async def test_an_order_opens_only_with_its_own_token_in_its_own_store(
    shop: Shop, guest: Browser
) -> None:
    mine, other = await shop.order(guest), await shop.order(guest)
    link = await shop.link(mine)
    token = link.rpartition("=")[2]
    elsewhere = await open_shop(shop.database, shop.web)
    for address in (
        f"{shop.home}/orders/{mine}?t={'0' * 32}",
        f"{shop.home}/orders/{other}?t={token}",
        f"{shop.home}/orders/{mine}/paying?t=x",
        f"{elsewhere.home}/orders/{mine}?t={token}",
        f"{shop.home}/orders/123?t={token}",
    ):
        await guest.open(address)
        assert guest.status == 404, address
    for action in ("pay", "cancel", "receive"):
        answer = await guest.http.post(f"{shop.home}/orders/{mine}/{action}", data={"t": "0" * 32})
        assert answer.status_code == 404
    async with Browser(shop.web) as stranger:
        await stranger.open(f"{shop.home}/orders/{mine}")
        assert stranger.address.startswith(f"{shop.home}/login")
        form = (await stranger.open(f"{shop.home}/register")).form("/register")
        await stranger.send(form, name="路人", phone="13911114444", password="long enough")
        await stranger.open(f"{shop.home}/orders/{mine}")
        assert stranger.status == 404


async def test_a_cart_and_a_session_hold_in_one_store_only(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/register")).form("/register")
    await guest.send(form, name="陈", phone="13911115555", password="long enough")
    elsewhere = await open_shop(shop.database, shop.web)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in guest.http.cookies.jar)
    assert "ts_cart=" in cookies
    assert "ts_customer=" in cookies
    async with Browser(shop.web) as stranger:
        stranger.http.headers["cookie"] = cookies
        assert "购物车还是空的" in (await stranger.open(f"{elsewhere.home}/cart")).text
        answer = await stranger.http.get(f"{elsewhere.home}/account")
        assert answer.status_code == 303
        foreign = {"sku": shop.market.goods[0].sku.hex, "quantity": "1"}
        # Goods that are not this store's are as goods that it no longer sells: it says so.
        answer = await stranger.http.post(f"{elsewhere.home}/cart/add", data=foreign)
        assert answer.status_code == 303
        assert "购物车还是空的" in (await stranger.open(f"{elsewhere.home}/cart")).text


async def test_an_order_is_found_by_number_and_phone_but_not_by_guessing(
    shop: Shop, guest: Browser
) -> None:
    number = await shop.order(guest)
    async with Browser(shop.web) as other:
        form = (await other.open(f"{shop.home}/orders/find")).form("/find")
        page = await other.send(form, number=number, phone="13811112222")
        assert f"订单 {number}" in page.text
        page = await other.send(form, number=number, phone="13811112223")
        assert (other.status, "没有与该订单号" in page.text) == (404, True)
        page = await other.send(form, number="26112500000000", phone="13811112222")
        assert "订单号有误" in page.text
        for _ in range(4):
            page = await other.send(form, number=number, phone="13811112224")
        assert other.status == 429
        page = await other.send(form, number=number, phone="13811112222")
        assert (other.status, "分钟后再试" in page.text) == (429, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://shop.example"},
    ],
)
async def test_forms_of_other_sites_are_refused(
    shop: Shop, guest: Browser, headers: dict[str, str]
) -> None:
    data = {"sku": shop.variants[0], "quantity": "1"}
    answer = await guest.http.post(f"{shop.home}/cart/add", data=data, headers=headers)
    assert answer.status_code == 403
    assert "并非来自本店" in answer.text
    assert "set-cookie" not in answer.headers


async def test_nothing_that_people_write_becomes_code(shop: Shop, guest: Browser) -> None:
    await shop.change(
        "update products set title = x.t, title_en = x.t, subtitle = x.t,"
        " description_html = '<p>ok</p>' || x.t from (select cast(:x as text) as t) x"
        " where id = :id",
        x=ATTACK,
        id=shop.market.goods[0].product,
    )
    await shop.change(
        "update stores set tagline = x.t, announcement = x.t, theme = cast(:theme as jsonb)"
        " from (select cast(:x as text) as t) x where id = :id",
        x=ATTACK,
        theme=json.dumps({"accent": "red;background:url(//evil.example)", "logo_key": None}),
        id=shop.market.store,
    )
    pages = [
        await guest.open(address)
        for address in (shop.home, shop.product(0), f"{shop.home}/search?q={ATTACK}")
    ]
    number = await shop.order(guest, note=ATTACK, recipient=ATTACK, street=ATTACK)
    pages.append(await guest.open(await shop.link(number)))
    await shop.fill(guest)
    pages.append(guest.page)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    pages.append(await guest.send(form, ("step", "place"), **ADDRESS | {"phone": ATTACK}))
    for page in pages:
        _assert_no_code(page)
        assert "evil.example" not in page.html


def _assert_no_code(page: Page) -> None:
    for tag, given in page.tags:
        assert not [name for name in given if name.startswith("on")], (tag, given)
        if tag == "script":
            assert "src" in given or "json" in str(given["type"]), given
        for name in ("href", "src", "action"):
            assert not str(given.get(name) or "").lower().startswith("javascript"), given
    for data in page.data:
        json.loads(data)
        assert "<" not in data


async def test_nobody_is_sent_to_another_site(shop: Shop, guest: Browser) -> None:
    form = (await guest.open(f"{shop.home}/register")).form("/register")
    await guest.send(
        form, name="陈", phone="13911116666", password="long enough", next="//evil.example"
    )
    assert guest.address == f"{shop.home}/account"
    form = (await guest.open(f"{shop.home}/login")).form("/login")
    for foreign in (
        "https://evil.example",
        f"{shop.home}/../../evil",
        f"{shop.home}@evil.example",
        f"/\\evil.example{shop.home}/",
    ):
        answer = await guest.http.post(
            form.action, data={"phone": "13911116666", "password": "long enough", "next": foreign}
        )
        assert answer.headers["location"] == f"{shop.home}/account", foreign
    answer = await guest.http.get(f"{shop.home}?lang=en&next=x")
    assert answer.headers["location"] == f"{shop.home}?next=x"


async def test_no_page_tells_of_suppliers_supply_prices_or_margins(
    shop: Shop, guest: Browser
) -> None:
    texts = [(await guest.open(address)).html for address in await _public(shop)]
    number = await shop.order(guest)
    await shop.pay(guest, number)
    await shop.fill(guest)
    link = await shop.link(number)
    for address in (f"{shop.home}/cart", f"{shop.home}/checkout", link):
        texts.append((await guest.open(address)).html)
        assert guest.status == 200
    answer = await guest.http.get(
        f"{shop.home}/checkout/summary?items={shop.variants[0]}:1&province_code=33"
    )
    texts.append(answer.text)
    told = (
        "select supply_cents from order_line_terms t join orders o on o.id = t.order_id"
        " where o.number = :n"
    )
    margin = told.replace("supply_cents", "margin_cents")
    secrets = {*SUPPLIER_NAMES, *(s.hex for s in shop.market.suppliers)}
    secrets |= {str(supplier) for supplier in shop.market.suppliers}
    for cents in (
        *SECRET_CENTS,
        await shop.value(told, n=number),
        await shop.value(margin, n=number),
    ):
        assert isinstance(cents, int)
        secrets |= {str(cents), f"{cents / 100:.2f}", f"{cents / 100:,.2f}"}
    for text in texts:
        found = [s for s in secrets if re.search(rf"(?<![\d.,]){re.escape(s)}(?![\d])", text)]
        assert found == []


async def _public(shop: Shop) -> list[str]:
    slug = await shop.value(
        "select c.slug from categories c join products p on p.category_id = c.id where p.id = :p",
        p=shop.market.goods[0].product,
    )
    return [
        shop.home,
        shop.product(0),
        shop.product(1),
        f"{shop.home}/c/{slug}",
        f"{shop.home}/search?q=lj",
        f"{shop.home}/sitemap.xml",
        f"{shop.home}/robots.txt",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=%00",
        "/search?q=" + "茶" * 500,
        "/p/not-an-id",
        "/p/%00",
        "/c/%00",
        "/orders/%00?t=%00",
        "/orders/find?x=%00",
        "/checkout?items=%00,,:,x:1,00000000000000000000000000000000:99999999999999999999",
        "/?page=0",
        "/?page=-1",
        "/?page=99999999999999999999",
        "/?sort=drop",
        "/cart/../../..",
        "/nothing/here",
    ],
)
async def test_odd_addresses_get_a_page_never_a_crash(
    shop: Shop, guest: Browser, path: str
) -> None:
    await guest.open(f"{shop.home}{path}")
    assert guest.status in (200, 404)


async def test_odd_forms_get_a_page_never_a_crash(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    for path in ("/cart/add", "/cart/x", "/checkout", "/orders/find", "/login", "/register", "/x"):
        for body in (
            b"",
            b"\xff\xfe",
            b"a=%00&phone=%00&sku=%00&quantity=9e9&items=%00",
            b"&" * 99,
        ):
            answer = await guest.http.post(
                f"{shop.home}{path}",
                content=body,
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code in (303, 404, 422, 429), (path, body, answer.status_code)
    answer = await guest.http.post(f"{shop.home}/checkout", content=b"a=" + b"x" * 40_000)
    assert answer.status_code == 413
