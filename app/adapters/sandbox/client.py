"""The gateway to the payment sandbox."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import httpx

from app.adapters.gateway import (
    CallbackRefused,
    GatewayUnavailable,
    PaymentEvent,
    PaymentRequest,
    ProviderPayment,
    ProviderState,
)
from app.adapters.sandbox.signing import sign, verify
from app.kit.settings import settings

TIMEOUT = httpx.Timeout(10, connect=3)


class _Refusal(Exception):
    """The sandbox understood a request and said no."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class SandboxGateway:
    """Talks to the sandbox over HTTP, signed in both directions."""

    def __init__(self, origin: str | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=origin or settings().sandbox_origin, timeout=TIMEOUT
        )

    async def create(self, request: PaymentRequest) -> ProviderPayment:
        """Open a payment at the sandbox."""
        try:
            return _payment(await self._post("/v1/payments", asdict(request)))
        except _Refusal as refusal:
            raise GatewayUnavailable(str(refusal)) from refusal

    async def query(self, number: str) -> ProviderPayment:
        """Ask where a payment stands."""
        return await self._standing("/v1/payments/query", number)

    async def close(self, number: str) -> ProviderPayment:
        """Close an unpaid payment."""
        return await self._standing("/v1/payments/close", number)

    async def _standing(self, path: str, number: str) -> ProviderPayment:
        try:
            return _payment(await self._post(path, {"number": number}))
        except _Refusal as refusal:
            if refusal.status != httpx.codes.NOT_FOUND.value:
                raise GatewayUnavailable(str(refusal)) from refusal
            # It never heard of the payment: our request to open it was lost, so none can be paid.
            return ProviderPayment(ProviderState.CLOSED, "")

    async def refund(self, number: str, refund_number: str, amount_cents: int) -> ProviderState:
        """Give money back."""
        body = {"number": number, "refund_number": refund_number, "amount_cents": amount_cents}
        try:
            answer = await self._post("/v1/refunds", body)
        except _Refusal as refusal:
            if refusal.status not in (httpx.codes.CONFLICT.value, httpx.codes.NOT_FOUND.value):
                raise GatewayUnavailable(str(refusal)) from refusal
            # A clear no, which asking again does not change: too much, or no such payment.
            return ProviderState.FAILED
        return ProviderState(str(answer["state"]))

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """Verify and read a callback of the sandbox."""
        verify(headers, body)
        try:
            data = json.loads(body)
            return PaymentEvent(
                provider="sandbox",
                event_id=str(data["event_id"]),
                kind=str(data["kind"]),
                number=str(data["number"]),
                amount_cents=int(data["amount_cents"]),
                currency=str(data["currency"]),
                reference=str(data["reference"]),
                body=data,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CallbackRefused("unreadable") from error

    async def _post(self, path: str, data: Mapping[str, object]) -> dict[str, Any]:
        body = json.dumps(data).encode()
        try:
            answer = await self._client.post(path, content=body, headers=sign(body))
            if answer.is_client_error:
                raise _Refusal(answer.status_code, f"{path}: {answer.text[:200]}")
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise GatewayUnavailable(f"{path}: {error!r}") from error


def _payment(answer: Mapping[str, Any]) -> ProviderPayment:
    return ProviderPayment(
        state=ProviderState(str(answer["state"])),
        reference=str(answer["reference"]),
        pay_url=str(answer["pay_url"]),
        amount_cents=int(answer["amount_cents"]),
        currency=str(answer["currency"]),
    )
