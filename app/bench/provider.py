"""A payment provider in this process: it costs the benchmark nothing, and signs as the sandbox."""

from collections.abc import Mapping
from typing import Self

from app.adapters.gateway import (
    PaymentEvent,
    PaymentRequest,
    ProviderPayment,
    ProviderState,
    register,
)
from app.adapters.sandbox.client import SandboxGateway


class BenchProvider:
    """Opens every payment at once; its callbacks are read and verified like the sandbox's own."""

    def __init__(self) -> None:
        self._reader = SandboxGateway("http://127.0.0.1:9")
        self._amounts: dict[str, int] = {}

    @classmethod
    def registered(cls) -> Self:
        """Take the place of the sandbox in this process."""
        provider = cls()
        register("sandbox", lambda: provider)
        return provider

    async def create(self, request: PaymentRequest) -> ProviderPayment:
        """Open a payment."""
        self._amounts[request.number] = request.amount_cents
        return _answer(request.number, ProviderState.OPEN)

    async def query(self, number: str) -> ProviderPayment:
        """Know nothing but that the payment is open."""
        return _answer(number, ProviderState.OPEN)

    async def close(self, number: str) -> ProviderPayment:
        """Close a payment."""
        return _answer(number, ProviderState.CLOSED)

    async def refund(self, number: str, refund_number: str, amount_cents: int) -> ProviderState:
        """Never refund; benchmarks do not ask for it."""
        del number, refund_number, amount_cents
        return ProviderState.UNKNOWN

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """Verify and read a callback exactly as for the sandbox."""
        return self._reader.read_callback(headers, body)

    def paid(self, number: str) -> PaymentEvent:
        """Return the message that a payment has been made."""
        return PaymentEvent(
            "sandbox",
            f"paid-{number}",
            "paid",
            number,
            self._amounts.pop(number),
            "CNY",
            f"ref-{number}",
            {},
        )


def _answer(number: str, state: ProviderState) -> ProviderPayment:
    return ProviderPayment(state, f"ref-{number}", f"http://pay.invalid/{number}")
