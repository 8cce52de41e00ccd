"""The channel API: a guest orders and pays in a store, and what is refused."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import URL

from app.adapters.gateway import _makers, _open, register
from app.adapters.sandbox.signing import sign
from app.api import callbacks, channel
from app.bench.provider import BenchProvider
from app.kit.db import Database
from app.kit.ids import new_id
from app.services.verification import verify
from tests.integration.market import ADDRESS, Market, open_market, scalar


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


@pytest.fixture
async def api(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    del database
    before, web = _makers.get("sandbox"), FastAPI()
    BenchProvider.registered()
    channel.install(web)
    web.include_router(callbacks.router)
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client
    _open.pop("sandbox", None)
    if before is not None:
        register("sandbox", before)


async def slug_of(database: Database, market: Market) -> str:
    return str(await scalar(database, "select slug from stores where id = :id", id=market.store))


def wish(market: Market, quantity: int = 1) -> dict[str, object]:
    items = [{"sku_id": str(goods.sku), "quantity": quantity} for goods in market.goods]
    return {"items": items, "address": ADDRESS.model_dump()}


def callback(number: str, amount_cents: int) -> bytes:
    return json.dumps(
        {
            "event_id": f"paid-{number}",
            "kind": "paid",
            "number": number,
            "amount_cents": amount_cents,
            "currency": "CNY",
            "reference": f"ref-{number}",
        }
    ).encode()


async def test_an_order_is_three_requests_and_repeating_them_changes_nothing(
    api: httpx.AsyncClient, database: Database, market: Market, owner_url: URL
) -> None:
    path = f"/api/v1/stores/{await slug_of(database, market)}/orders"
    key = {"Idempotency-Key": new_id().hex}
    placed = await api.post(path, json=wish(market), headers=key)
    again = await api.post(path, json=wish(market), headers=key)
    assert (placed.status_code, again.status_code) == (201, 200)
    assert placed.json() == again.json()
    order = placed.json()
    assert order["currency"] == "CNY"
    pay = f"/api/v1/orders/{order['number']}/payments"
    token = {"X-Order-Token": order["access_token"]}
    opened = [await api.post(pay, json={"return_url": "http://s"}, headers=token) for _ in "12"]
    assert opened[0].status_code == 201
    assert opened[0].json() == opened[1].json()
    body = callback(opened[0].json()["number"], order["total_cents"])
    answers = [await api.post("/callbacks/sandbox", content=body, headers=sign(body)) for _ in "12"]
    assert answers[0].text == "applied"
    assert [answer.status_code for answer in answers] == [200, 200]
    paid = await scalar(database, "select status from orders where number = :n", n=order["number"])
    postings = await scalar(
        database,
        "select count(*) from ledger_transactions t join orders o on o.id = t.order_id"
        " where o.number = :n",
        n=order["number"],
    )
    assert (paid, postings) == ("PAID", 1)
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    assert verify(url)["ok"]


async def test_only_the_holder_of_the_token_pays(
    api: httpx.AsyncClient, database: Database, market: Market
) -> None:
    path = f"/api/v1/stores/{await slug_of(database, market)}/orders"
    mine, other = [
        (await api.post(path, json=wish(market), headers={"Idempotency-Key": new_id().hex})).json()
        for _ in "12"
    ]
    for token in (other["access_token"], "0" * 32):
        refused = await api.post(
            f"/api/v1/orders/{mine['number']}/payments",
            json={"return_url": "http://s"},
            headers={"X-Order-Token": token},
        )
        assert refused.status_code == 404
        assert refused.headers["content-type"] == "application/problem+json"
    count = await scalar(
        database,
        "select count(*) from payments p join orders o on o.id = p.order_id where o.number = :n",
        n=mine["number"],
    )
    assert count == 0


async def test_refusals_are_problem_documents(
    api: httpx.AsyncClient, database: Database, market: Market
) -> None:
    path = f"/api/v1/stores/{await slug_of(database, market)}/orders"
    key = {"Idempotency-Key": new_id().hex}
    too_many = await api.post(path, json=wish(market, 101), headers=key)
    assert (too_many.status_code, too_many.json()["type"]) == (
        409,
        "urn:tongshang:problem:sold_out",
    )
    assert (await api.post(path, json=wish(market), headers=key)).status_code == 201
    reused = await api.post(path, json=wish(market, 2), headers=key)
    assert reused.json()["type"] == "urn:tongshang:problem:key_reused"
    nowhere = await api.post("/api/v1/stores/no-such/orders", json=wish(market), headers=key)
    assert nowhere.status_code == 404
    assert (await api.post(path, json=wish(market))).status_code == 422


async def test_a_forged_or_changed_callback_pays_nothing(
    api: httpx.AsyncClient, database: Database, market: Market
) -> None:
    path = f"/api/v1/stores/{await slug_of(database, market)}/orders"
    key = {"Idempotency-Key": new_id().hex}
    order = (await api.post(path, json=wish(market), headers=key)).json()
    opened = await api.post(
        f"/api/v1/orders/{order['number']}/payments",
        json={"return_url": "http://s"},
        headers={"X-Order-Token": order["access_token"]},
    )
    body = callback(opened.json()["number"], order["total_cents"])
    forged = await api.post(
        "/callbacks/sandbox", content=body, headers=sign(body) | {"sandbox-signature": "0" * 64}
    )
    assert forged.status_code == 401
    cheap = callback(opened.json()["number"], 1)
    answer = await api.post("/callbacks/sandbox", content=cheap, headers=sign(cheap))
    assert answer.text != "applied"
    status = await scalar(
        database, "select status from orders where number = :n", n=order["number"]
    )
    assert status == "PENDING_PAYMENT"
