"""The same texts come to every door: each keeps the same, refuses the same, and never breaks."""

import json
from collections.abc import Awaitable, Callable
from urllib.parse import quote_from_bytes

import pytest

from app.kit import rate_limits
from app.kit.errors import Invalid
from app.kit.i18n import gettext
from app.kit.ids import new_id
from app.services.categories import CategoryDraft
from app.services.inputs import read
from state.screens import Field, read_values
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop
from tests.unit.test_text import KEPT, REFUSED

Door = Callable[[Shop, Browser, str], Awaitable[str | dict[str, str]]]
"""Brings a name in; returns what was kept, or the refusal: message by field."""


def _encoded(fields: dict[str, str]) -> bytes:
    """Return a form as a hostile program sends it, halves of characters included."""
    return b"&".join(
        name.encode() + b"=" + quote_from_bytes(value.encode("utf-8", "surrogatepass")).encode()
        for name, value in fields.items()
    )


async def _post(shop: Shop, guest: Browser, path: str, fields: dict[str, str]) -> str | int:
    """Send a form; return the page that comes back, or 303."""
    del shop
    answer = await guest.http.post(
        path,
        content=_encoded(fields),
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "origin": str(guest.http.base_url).rstrip("/"),
            "accept-language": "en",
        },
    )
    assert answer.status_code in (303, 422), answer.text
    return 303 if answer.status_code == 303 else answer.text


def _said(page: str, field: str) -> dict[str, str]:
    """Return the message beside a field of an answered form."""
    from html import unescape

    found = [
        unescape(page.split(f'id="{mark}"', 1)[1].split(">", 1)[1].split("<", 1)[0])
        for mark in (f"{field}-error", f"e-{field}")
        if f'id="{mark}"' in page
    ]
    assert found, page
    return {field: found[0]}


async def _at_checkout(shop: Shop, guest: Browser, typed: str) -> str | dict[str, str]:
    await shop.fill(guest)
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    fields = form.fields | ADDRESS | {"step": "place", "recipient": typed}
    page = await _post(shop, guest, form.action, fields)
    if isinstance(page, str):
        assert "西湖区" in page, "what was typed is lost"
        return _said(page, "recipient")
    return str(
        await shop.value("select recipient from order_addresses order by order_id desc limit 1")
    )


async def _at_the_stores_register(shop: Shop, guest: Browser, typed: str) -> str | dict[str, str]:
    rate_limits.forget_all()
    phone = f"138{new_id().int % 10**8:08d}"
    fields = {"phone": phone, "name": typed, "password": "eight letters"}
    page = await _post(shop, guest, f"{shop.home}/register", fields)
    if isinstance(page, str):
        return _said(page, "name")
    await guest.http.post(f"{shop.home}/logout")
    sql = "select name from consumers where phone = :p"
    return str(await shop.value(sql, p=f"+86{phone}"))


async def _at_the_consoles_register(shop: Shop, guest: Browser, typed: str) -> str | dict[str, str]:
    rate_limits.forget_all()
    guest.http.cookies.clear()
    email = f"{new_id().hex}@test.example"
    fields = {"email": email, "name": typed, "password": "a short sentence"}
    page = await _post(shop, guest, "/register", fields)
    if isinstance(page, str):
        return _said(page, "name")
    return str(await shop.value("select name from users where email = :e", e=email))


async def _at_the_channel(shop: Shop, guest: Browser, typed: str) -> str | dict[str, str]:
    body = {
        "items": [{"sku_id": shop.variants[0], "quantity": 1}],
        "address": ADDRESS | {"recipient": typed, "phone": "+8613811112222", "province": "浙江省"},
    }
    answer = await guest.http.post(
        f"/api/v1/stores/{shop.slug}/orders",
        content=json.dumps(body),
        headers={
            "idempotency-key": new_id().hex,
            "accept-language": "en",
            "content-type": "application/json",
        },
    )
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:
        assert answer.headers["content-type"] == "application/problem+json"
        fields: dict[str, str] = answer.json()["fields"]
        return {name.removeprefix("address."): said for name, said in fields.items()}
    sql = "select c.recipient from order_addresses c join orders o on o.id = c.order_id"
    return str(await shop.value(f"{sql} where o.number = :n", n=answer.json()["number"]))


async def _at_a_form(shop: Shop, guest: Browser, typed: str) -> str | dict[str, str]:
    del shop, guest
    try:
        return read(CategoryDraft, {"name_zh": typed, "name_en": "Tea"}).name_zh
    except Invalid as error:
        return {k: gettext("en", message) for k, message in error.fields.items()}


async def _at_a_dialog(shop: Shop, guest: Browser, typed: str) -> str | dict[str, str]:
    del shop, guest
    try:
        return str(read_values((Field("name", "Name"),), {"name": typed})["name"])
    except Invalid as error:
        return {k: gettext("en", message) for k, message in error.fields.items()}


DOORS: tuple[Door, ...] = (
    _at_checkout,
    _at_the_stores_register,
    _at_the_consoles_register,
    _at_the_channel,
    _at_a_form,
    _at_a_dialog,
)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.strip("_"))
async def test_a_door_keeps_and_refuses_what_all_doors_do(
    door: Door, shop: Shop, guest: Browser
) -> None:
    await shop.change("update stock set on_hand = 5000")
    for typed in KEPT:
        assert await door(shop, guest, typed) == typed
    for typed, message in REFUSED.items():
        answer = await door(shop, guest, typed)
        assert isinstance(answer, dict), repr(typed)
        assert set(answer.values()) == {gettext("en", message)}, repr(typed)


@pytest.mark.parametrize(
    "body",
    [
        b'{"items": NaN}',
        b'{"items": [{"sku_id": "00000000000000000000000000000000", "quantity": NaN}]}',
        b'{"items": [], "expected_total_cents": Infinity, "address": {}}',
        b'{"items": [], "expected_total_cents": 1e999, "address": {}}',
        b'{"\\ud800": 1}',
        b'{"items": "\\ud800", "note": "\\u0000"}',
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b"1" * 10_000,
        b"",
    ],
)
async def test_a_hostile_body_is_refused_field_by_field_and_not_repeated(
    shop: Shop, guest: Browser, body: bytes
) -> None:
    answer = await guest.http.post(
        f"/api/v1/stores/{shop.slug}/orders",
        content=body,
        headers={"idempotency-key": new_id().hex, "content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["type"] == "urn:tongshang:problem:invalid"
    assert "NaN" not in answer.text
    assert "input" not in answer.text


async def test_a_nul_in_an_address_of_the_api_is_no_fault_of_ours(
    shop: Shop, guest: Browser
) -> None:
    del shop
    wish = {"items": [], "address": {}}
    answer = await guest.http.post(
        "/api/v1/orders/%00/payments",
        json={"return_url": "http://s"},
        headers={"x-order-token": "0" * 32},
    )
    assert answer.status_code in (404, 422)
    answer = await guest.http.post(
        "/api/v1/stores/a%00b/orders", json=wish, headers={"idempotency-key": "12345678"}
    )
    assert answer.status_code in (404, 422)
