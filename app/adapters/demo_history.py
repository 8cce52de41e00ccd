"""The gateway of the demo's invented past: no provider ever had that money.

What is refunded of it is therefore done with the books, at once; nothing else can be asked of it.
"""

from collections.abc import Mapping

from app.adapters.gateway import (
    CallbackRefused,
    GatewayUnavailable,
    PaymentEvent,
    PaymentRequest,
    ProviderPayment,
    ProviderState,
)


class DemoHistoryGateway:
    """Gives invented money back, and takes none."""

    async def create(self, request: PaymentRequest) -> ProviderPayment:
        """Refuse: nobody pays with the past. Raises GatewayUnavailable."""
        raise GatewayUnavailable(f"{request.number} cannot be paid with the demo's history")

    async def query(self, number: str) -> ProviderPayment:
        """Say that the payment was made, as the demo's history has it."""
        return ProviderPayment(ProviderState.PAID, f"HIST{number}")

    async def close(self, number: str) -> ProviderPayment:
        """Say the same: what was paid stays paid."""
        return await self.query(number)

    async def refund(self, number: str, refund_number: str, amount_cents: int) -> ProviderState:
        """Say that the money went back; the books are all that there is of it."""
        del number, refund_number, amount_cents
        return ProviderState.REFUNDED

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """Refuse every message: nobody sends any. Raises CallbackRefused."""
        raise CallbackRefused("the demo's history sends no messages")
