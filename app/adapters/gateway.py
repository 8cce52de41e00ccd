"""What the trade asks of a payment provider; every provider is an adapter behind this protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Protocol


class ProviderState(StrEnum):
    """Where a payment or refund stands at the provider. UNKNOWN means: ask again later."""

    OPEN = "OPEN"
    PAID = "PAID"
    CLOSED = "CLOSED"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"
    PROCESSING = "PROCESSING"
    UNKNOWN = "UNKNOWN"


class GatewayUnavailable(Exception):
    """The provider did not answer, or not clearly; nothing may be assumed of the outcome."""


class CallbackRefused(Exception):
    """A callback that is forged, too old, replayed or unreadable; the text is for the log."""


@dataclass(frozen=True)
class PaymentRequest:
    """What a provider needs to let somebody pay. ``number`` is its idempotency key."""

    number: str
    amount_cents: int
    currency: str
    subject: str
    return_url: str
    callback_url: str
    locale: str
    expires_at: str


@dataclass(frozen=True)
class ProviderPayment:
    """A provider's view of one payment."""

    state: ProviderState
    reference: str
    pay_url: str = ""
    amount_cents: int = 0
    currency: str = "CNY"


@dataclass(frozen=True)
class PaymentEvent:
    """A verified message of a provider: signature and age were checked by the adapter."""

    provider: str
    event_id: str
    kind: str
    number: str
    amount_cents: int
    currency: str
    reference: str
    body: Mapping[str, object]


class Gateway(Protocol):
    """One payment provider. Every method may raise GatewayUnavailable."""

    async def create(self, request: PaymentRequest) -> ProviderPayment:
        """Open a payment; the same number with the same amount gives the same payment."""
        ...

    async def query(self, number: str) -> ProviderPayment:
        """Say where a payment stands."""
        ...

    async def close(self, number: str) -> ProviderPayment:
        """Close an unpaid payment; a paid one stays paid and is returned so."""
        ...

    async def refund(self, number: str, refund_number: str, amount_cents: int) -> ProviderState:
        """Give money back; the same refund number gives it back once."""
        ...

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """Verify and read a callback. Raises CallbackRefused."""
        ...


_makers: dict[str, Callable[[], Gateway]] = {}
_open: dict[str, Gateway] = {}


def register(provider: str, maker: Callable[[], Gateway]) -> None:
    """Make ``provider`` known (at start, and in tests)."""
    _makers[provider] = maker
    _open.pop(provider, None)


def gateway(provider: str) -> Gateway:
    """Return the adapter of ``provider``: registered here, or by a package's entry point.

    Raises LookupError for an unknown provider.
    """
    if provider not in _open:
        if provider not in _makers:
            for point in entry_points(group="tongshang.gateways", name=provider):
                _makers[provider] = point.load()
        _open[provider] = _makers[provider]()
    return _open[provider]
