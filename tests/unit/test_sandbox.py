"""The sandbox provider: its switches, its signatures, and what its client makes of its answers."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.gateway import (
    CallbackRefused,
    GatewayUnavailable,
    PaymentRequest,
    ProviderState,
)
from app.adapters.sandbox import client as client_module
from app.adapters.sandbox import service
from app.adapters.sandbox.client import SandboxGateway
from app.adapters.sandbox.signing import MAX_AGE_SECONDS, sign, verify
from app.adapters.sandbox.store import RETRY_SECONDS, Refused, SandboxStore, Unknown

BODY = b'{"event_id": "EV1"}'


def wish(number: str = "N1P1", amount_cents: int = 1_234) -> dict[str, Any]:
    return {
        "number": number,
        "amount_cents": amount_cents,
        "currency": "CNY",
        "subject": "茶",
        "return_url": "http://shop/thanks",
        "callback_url": "http://shop/callbacks/sandbox",
        "locale": "zh_CN",
    }


@pytest.fixture
def store(tmp_path: Path) -> SandboxStore:
    return SandboxStore(tmp_path / "sandbox.db")


def bodies(store: SandboxStore, *, in_seconds: float = 0) -> list[dict[str, Any]]:
    """Return what would be delivered so many seconds from now."""
    with pytest.MonkeyPatch.context() as patch:
        at = time.time() + in_seconds
        patch.setattr("app.adapters.sandbox.store.time.time", lambda: at)
        return [json.loads(message["body"]) for message in store.due_messages()]


def pay(store: SandboxStore, number: str = "N1P1", *, pays: bool = True) -> dict[str, Any]:
    return store.decide(store.create(wish(number))["reference"], pays=pays)


def test_a_payment_is_opened_once_and_paid_once(store: SandboxStore) -> None:
    first = store.create(wish())
    assert store.create(wish()) == first
    with pytest.raises(Refused, match="another amount"):
        store.create(wish(amount_cents=1))
    assert pay(store)["state"] == "PAID"
    assert store.decide(first["reference"], pays=False)["state"] == "PAID"
    assert store.close("N1P1")["state"] == "PAID"
    (message,) = bodies(store)
    assert (message["kind"], message["amount_cents"]) == ("paid", 1_234)


def test_a_closed_payment_cannot_be_paid(store: SandboxStore) -> None:
    reference = store.create(wish())["reference"]
    assert store.close("N1P1")["state"] == "CLOSED"
    assert store.decide(reference, pays=True)["state"] == "CLOSED"
    assert bodies(store, in_seconds=3_600) == []
    with pytest.raises(Unknown):
        store.close("nobody's")


def test_fail_lets_every_payment_fail(store: SandboxStore) -> None:
    store.set_switches({"fail": 1})
    assert pay(store)["state"] == "FAILED"
    assert [message["kind"] for message in bodies(store)] == ["failed"]


def test_delay_holds_messages_back(store: SandboxStore) -> None:
    store.set_switches({"delay": 60})
    pay(store)
    assert bodies(store, in_seconds=50) == []
    assert len(bodies(store, in_seconds=61)) == 1


def test_repeat_sends_the_very_same_message_again(store: SandboxStore) -> None:
    store.set_switches({"repeat": 2})
    pay(store)
    sent = bodies(store, in_seconds=10)
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]


def test_reorder_sends_the_newest_first(store: SandboxStore) -> None:
    numbers = ["A", "B", "C"]
    for number in numbers:
        pay(store, number)
    assert [message["number"] for message in bodies(store)] == numbers
    store.set_switches({"reorder": 1, "unknown": 1})
    assert [message["number"] for message in bodies(store)] == numbers[::-1]
    assert "unknown" not in store.switches()


def test_a_refused_message_is_sent_again_and_given_up_in_the_end(store: SandboxStore) -> None:
    pay(store)
    (message,) = store.due_messages()
    for attempts in range(len(RETRY_SECONDS)):
        store.delivered(message["id"], attempts, accepted=False)
        assert store.waiting() == 1
    assert store.due_messages() == []
    store.delivered(message["id"], len(RETRY_SECONDS), accepted=False)
    assert store.waiting() == 0


def test_a_refund_is_made_once_and_never_beyond_what_was_paid(store: SandboxStore) -> None:
    store.create(wish("unpaid"))
    with pytest.raises(Refused, match="more than"):
        store.refund("unpaid", "R1", 1)
    pay(store)
    assert [store.refund("N1P1", "R2", 1_000) for _ in "12"] == ["REFUNDED"] * 2
    with pytest.raises(Refused, match="another amount"):
        store.refund("N1P1", "R2", 999)
    with pytest.raises(Refused, match="more than"):
        store.refund("N1P1", "R3", 235)
    assert store.refund("N1P1", "R3", 234) == "REFUNDED"


def test_a_signature_holds_for_its_body_alone() -> None:
    headers = sign(BODY)
    verify(headers, BODY)
    for forged in (
        {**headers, "sandbox-signature": "0" * 64},
        {**headers, "sandbox-signature": "签名"},
        {**headers, "sandbox-nonce": "another"},
        {**headers, "sandbox-timestamp": str(int(headers["sandbox-timestamp"]) + 1)},
        {},
    ):
        with pytest.raises(CallbackRefused, match="signature"):
            verify(forged, BODY)
    with pytest.raises(CallbackRefused, match="signature"):
        verify(headers, BODY + b" ")


def test_an_old_or_early_message_is_refused_whoever_signed_it() -> None:
    at = time.time()
    verify(sign(BODY, at=at), BODY, at=at + MAX_AGE_SECONDS - 1)
    for away in (MAX_AGE_SECONDS + 2, -MAX_AGE_SECONDS - 2):
        with pytest.raises(CallbackRefused, match="age"):
            verify(sign(BODY, at=at), BODY, at=at + away)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'"text"', b'{"amount_cents": "x"}', b"\xff"])
def test_an_unreadable_callback_is_refused(body: bytes) -> None:
    with pytest.raises(CallbackRefused, match="unreadable"):
        SandboxGateway("http://sandbox").read_callback(sign(body), body)


@pytest.fixture
async def door(
    store: SandboxStore, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SandboxGateway]:
    """Return the client, talking to the service itself."""
    monkeypatch.setattr(service, "_store", store)
    gateway = SandboxGateway("http://sandbox")
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        monkeypatch.setattr(gateway, "_client", client)
        yield gateway


REQUEST = PaymentRequest(**wish(), expires_at="2026-11-25T00:00:00+00:00")


async def test_the_client_understands_the_service(
    door: SandboxGateway, store: SandboxStore
) -> None:
    opened = await door.create(REQUEST)
    assert (opened.state, opened.amount_cents) == (ProviderState.OPEN, 1_234)
    assert opened.pay_url.endswith(opened.reference)
    store.decide(opened.reference, pays=True)
    assert (await door.query("N1P1")).state is ProviderState.PAID
    assert (await door.close("N1P1")).state is ProviderState.PAID
    assert await door.refund("N1P1", "R1", 1_234) is ProviderState.REFUNDED
    assert await door.refund("N1P1", "R2", 1) is ProviderState.FAILED


async def test_a_payment_that_never_arrived_counts_as_closed(door: SandboxGateway) -> None:
    assert (await door.close("lost")).state is ProviderState.CLOSED
    assert (await door.query("lost")).state is ProviderState.CLOSED


async def test_nothing_is_made_of_an_answer_that_is_not_clear(
    door: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.create(REQUEST)
    monkeypatch.setattr(client_module, "sign", lambda body: {"sandbox-signature": "forged"})
    for attempt in (door.query("N1P1"), door.close("N1P1"), door.refund("N1P1", "R1", 1)):
        with pytest.raises(GatewayUnavailable):
            await attempt


async def test_the_pay_page_shows_the_amount_and_sends_the_buyer_back(
    door: SandboxGateway, store: SandboxStore
) -> None:
    opened = await door.create(REQUEST)
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as browser:
        page = await browser.get(f"/pay/{opened.reference}")
        assert "¥12.34" in page.text
        answer = await browser.post(f"/pay/{opened.reference}", data={"action": "pay"})
        unknown = await browser.get("/pay/SBXnothing")
    assert (answer.status_code, answer.headers["location"]) == (303, "http://shop/thanks")
    assert unknown.status_code == 404
    assert store.payment("N1P1")["state"] == "PAID"
