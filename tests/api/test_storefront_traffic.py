"""What a visitor of a store does is counted, and nothing that would tell who it was."""

import re

import pytest

from app.services import traffic, visits
from app.services.visits import today
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop

COUNTED = "select count(*) from store_visits where store_id = :s"


async def _seen(shop: Shop, columns: str) -> object:
    await visits.flush()
    return await shop.value(
        f"select array_agg(array[{columns}]) from store_visits where store_id = :s",
        s=shop.market.store,
    )


async def test_a_search_and_a_product_are_counted(shop: Shop, guest: Browser) -> None:
    await guest.open(f"{shop.home}/search?q=龙井")
    await guest.open(f"{shop.home}/search?q=龙井&sort=price")
    await guest.open(f"{shop.home}/search?q=没有的东西")
    await guest.open(f"{shop.home}/search?q=13811112222")
    await guest.open(f"{shop.home}/search?q=")
    await guest.open(shop.product(0))
    await guest.open(shop.product(0))
    assert await _seen(shop, "page_views, product_views, searches") == [[7, 2, 3]]
    terms = await shop.value(
        "select jsonb_object_agg(term, array[count, results]) from store_searches"
        " where store_id = :s",
        s=shop.market.store,
    )
    assert terms == {"龙井": [1, 1], "没有的东西": [1, 0]}
    views = await shop.value(
        "select array_agg(views) from store_product_traffic"
        " where store_id = :s and product_id = :p",
        s=shop.market.store,
        p=shop.market.goods[0].product,
    )
    assert views == [2]


@pytest.mark.parametrize(
    ("headers", "cookies"),
    [
        ({"user-agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"}, {}),
        ({"user-agent": ""}, {}),
        ({"sec-purpose": "prefetch;prerender"}, {}),
        ({}, {"ts_session": "somebody-of-the-console"}),
        ({}, {"ts_uncounted": "1"}),
    ],
)
async def test_machines_staff_and_pages_fetched_ahead_are_not_counted(
    shop: Shop, guest: Browser, headers: dict[str, str], cookies: dict[str, str]
) -> None:
    guest.http.headers.update(headers)
    for name, value in cookies.items():
        guest.http.cookies.set(name, value)
    await shop.order(guest)
    await visits.flush()
    for table in ("store_visits", "store_product_traffic", "order_visits"):
        count = f"select count(*) from {table} where store_id = :s"
        assert await shop.value(count, s=shop.market.store) == 0, table


async def test_the_consoles_link_leaves_its_people_out_from_then_on(
    shop: Shop, guest: Browser
) -> None:
    await guest.open(f"{shop.home}?count=off")
    assert guest.address == shop.home
    await guest.open(shop.product(0))
    await visits.flush()
    assert await shop.value(COUNTED, s=shop.market.store) == 0


async def test_counting_sets_no_cookie_and_keeps_pages_cacheable(
    shop: Shop, guest: Browser
) -> None:
    for address in (shop.home, f"{shop.home}?utm_source=sms&utm_campaign=may", shop.product(0)):
        answer = await guest.http.get(address)
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"].startswith("public")
    assert not guest.http.cookies
    await guest.open(f"{shop.home}/search?q=茶")
    assert not guest.http.cookies


async def test_an_order_carries_the_campaign_by_which_its_visitor_came(
    shop: Shop, guest: Browser
) -> None:
    guest.http.headers["user-agent"] += " (iPhone) Mobile"
    await guest.open(f"{shop.home}?utm_source=WeChat&utm_medium=social&utm_campaign=春茶")
    await visits.flush()
    guest.http.headers["referer"] = f"http://shop.example{shop.home}"
    number = await shop.order(guest)
    assert await _seen(shop, "orders, checkouts") == [[1, 1]]
    kept = await shop.value(
        "select to_jsonb(v) from order_visits v join orders o on o.id = v.order_id"
        " where o.number = :n",
        n=number,
    )
    assert isinstance(kept, dict)
    names = ("source", "medium", "campaign", "device", "day")
    assert [kept[name] for name in names] == ["wechat", "social", "春茶", "phone", today()]
    bought = "select sum(buyers) from store_product_traffic where store_id = :s"
    assert await shop.value(bought, s=shop.market.store) == 2
    await shop.pay(guest, number)
    await traffic.refresh_sources()
    earned = await shop.value(
        "select array[visitors, orders, paid_cents] from store_sources where store_id = :s"
        " and source = 'wechat' and campaign = '春茶'",
        s=shop.market.store,
    )
    total = await shop.value("select total_cents from orders where number = :n", n=number)
    assert earned == [1, 1, total]


async def test_the_form_sent_twice_is_one_order_of_the_visitor(shop: Shop, guest: Browser) -> None:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    for _ in range(2):
        await guest.http.post(form.action, data=form.fields | ADDRESS | {"step": "place"})
    assert await _seen(shop, "orders") == [[1]]


async def test_who_keeps_a_basket_is_known_to_come_back(shop: Shop, guest: Browser) -> None:
    await guest.open(shop.home)
    await shop.fill(guest)
    assert await _seen(shop, "is_new") == [[True]]
    await shop.change("update store_visits set day = '2020-01-01' where store_id = :s",
                      s=shop.market.store)  # fmt: skip
    await guest.open(shop.home)
    await visits.flush()
    known = "select is_new from store_visits where store_id = :s and day <> '2020-01-01'"
    assert await shop.value(known, s=shop.market.store) is False


async def test_nothing_personal_is_kept_of_a_visit(shop: Shop, guest: Browser) -> None:
    agent = guest.http.headers["user-agent"]
    guest.http.headers["referer"] = "https://mail.example.org/inbox/chen?to=13811112222"
    await guest.open(f"{shop.home}?utm_campaign=chen@mail.example")
    await guest.open(f"{shop.home}/search?q=chen@mail.example")
    await shop.order(guest)
    await visits.flush()
    tables = ("store_visits", "store_searches", "store_product_traffic", "order_visits")
    for table in tables:
        text = await shop.value(
            f"select jsonb_agg(t)::text from {table} t where store_id = :s", s=shop.market.store
        )
        found = str(text)
        for secret in ("inbox", "chen", "13811112222", "127.0.0.1", agent, "陈一"):
            assert secret not in found, (table, secret)
    assert re.search(r"mail\.example\.org", str(await _seen(shop, "source")))
