"""A script at the door: unpaid orders and the units they hold are bounded, and paying frees."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.kit import rate_limits
from app.kit.ids import new_id
from app.kit.settings import settings
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop

API_ADDRESS = {**ADDRESS, "phone": "+8613811112222", "province": "浙江省"}


@pytest.fixture(autouse=True)
def _usual_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings(), "limits", None)
    yield
    rate_limits.forget_all()


def _caller(shop: Shop, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(shop.web, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


async def _place(
    caller: httpx.AsyncClient, shop: Shop, phone: str, units: int = 1, **headers: str
) -> httpx.Response:
    rate_limits.forget_all()
    return await caller.post(
        f"/api/v1/stores/{shop.slug}/orders",
        json={
            "items": [{"sku_id": str(shop.market.goods[1].sku), "quantity": units}],
            "address": API_ADDRESS | {"phone": phone},
        },
        headers={"idempotency-key": new_id().hex, **headers},
    )


async def _many(shop: Shop) -> None:
    """Let the second product have units in plenty."""
    await shop.change(
        "update stock set on_hand = on_hand + 5000 where sku_id = :s", s=shop.market.goods[1].sku
    )
    await shop.change(
        "insert into stock_movements (id, sku_id, supplier_id, delta, reason) values"
        " (new_uuid(), :s, :m, 5000, 'COUNT')",
        s=shop.market.goods[1].sku,
        m=shop.market.goods[1].supplier,
    )


async def test_a_phone_holds_so_many_unpaid_orders_and_paying_frees_it(
    shop: Shop, guest: Browser
) -> None:
    numbers: list[str] = []
    for n in range(5):
        async with _caller(shop, f"192.0.2.{n}") as caller:
            placed = await _place(caller, shop, "+8613811110001")
            assert placed.status_code == 201, placed.text
            numbers.append(placed.json()["number"])
            token = placed.json()["access_token"]
    async with _caller(shop, "192.0.2.99") as caller:
        refused = await _place(caller, shop, "+8613811110001", **{"accept-language": "en"})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 30 * 60
        problem = refused.json()
        assert problem["type"] == "urn:tongshang:problem:too_many_unpaid"
        assert "5 orders wait for your payment" in problem["title"]
        zh = await _place(caller, shop, "+8613811110001", **{"accept-language": "zh-CN"})
        assert "待付款" in zh.json()["title"]
        assert (await _place(caller, shop, "+8613811110002")).status_code == 201
        started = await caller.post(
            f"/api/v1/orders/{numbers[-1]}/payments",
            json={"return_url": "http://shop.invalid/x"},
            headers={"x-order-token": token},
        )
        assert started.status_code == 201
        await shop.pay(guest, numbers[-1])
        assert (await _place(caller, shop, "+8613811110001")).status_code == 201


async def test_a_network_cannot_empty_a_shelf_by_changing_phones(shop: Shop) -> None:
    await _many(shop)
    held = 0
    for n in range(20):
        async with _caller(shop, f"2001:db8::{n:x}") as caller:
            placed = await _place(caller, shop, f"+86138222{n:05}", units=60)
        if placed.status_code != 201:
            assert placed.status_code == 429 and "retry-after" in placed.headers
            break
        held += 60
    assert 0 < held <= 600
    async with _caller(shop, "2001:db8:0:1::1") as caller:
        assert (await _place(caller, shop, "+8613822299999")).status_code == 201


async def test_one_order_holds_no_more_units_than_may_wait(shop: Shop) -> None:
    await _many(shop)
    async with _caller(shop, "198.51.100.1") as caller:
        refused = await _place(caller, shop, "+8613833300000", 999, **{"accept-language": "en"})
        assert refused.status_code == 429
        assert "At most 200 units" in refused.json()["title"]


async def test_a_burst_meets_the_rate_limit_whatever_it_changes(shop: Shop) -> None:
    rate_limits.forget_all()
    async with _caller(shop, "203.0.113.5") as caller:

        async def place(n: int) -> Any:
            return await caller.post(
                f"/api/v1/stores/{shop.slug}/orders",
                json={
                    "items": [{"sku_id": str(shop.market.goods[1].sku), "quantity": 999}],
                    "address": API_ADDRESS | {"phone": f"+86138444{n:05}"},
                },
                headers={"idempotency-key": new_id().hex, "accept-language": "en"},
            )

        answers = await asyncio.gather(*(place(n) for n in range(40)))
    too_many = [a for a in answers if a.json()["type"].endswith(":too_many")]
    assert len(too_many) == 10
    assert all("retry-after" in answer.headers for answer in too_many)


async def test_a_buyer_reads_what_to_do(shop: Shop, guest: Browser) -> None:
    for _ in range(5):
        rate_limits.forget_all()
        await shop.order(guest, phone="138 5555 0000")
    await shop.fill(guest)
    rate_limits.forget_all()
    page = await guest.open(f"{shop.home}/checkout")
    answer = await guest.send(page.form("/checkout"), ("step", "place"), **ADDRESS)
    # Another phone, but the same browser.
    assert guest.status == 429
    assert "待付款" in answer.text
    assert 0 < int(guest.answer.headers["retry-after"]) <= 30 * 60
    # What was typed is still there.
    assert answer.form("/checkout").fields["street"] == ADDRESS["street"]
