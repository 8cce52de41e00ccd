"""The picture beside the login: one sale, divided by the very rules that divide real ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.kit.clock import now
from app.kit.i18n import N_, yuan
from app.services.rules.splits import LineMoney, RuleVersion, divide

_LINE = LineMoney(goods_cents=13_900, supply_cents=8_200)
_COMMISSION_BPS, _FEE_BPS = 500, 60


@dataclass(frozen=True)
class ExampleShare:
    """One party's part; ``percent`` is of the whole, for the width of its bar."""

    scope: str
    name: str
    amount: str
    percent: float


@dataclass(frozen=True)
class ExampleSplit:
    """A payment and its parts, which sum to it."""

    total: str
    shares: Sequence[ExampleShare]


@lru_cache(maxsize=1)
def example_split() -> ExampleSplit:
    """Return an example sale as the split rules divide it."""
    version = RuleVersion(None, 1, now(), rate_bps=_COMMISSION_BPS, payment_fee_bps=_FEE_BPS)
    parts = divide(version, _LINE)
    named = (
        ("supplier", N_("Supplier"), parts.supply_cents),
        ("distributor", N_("Distributor"), parts.margin_cents),
        ("platform", N_("Platform"), parts.commission_cents),
        ("account", N_("Payment fee"), parts.payment_fee_cents),
    )
    return ExampleSplit(
        yuan(parts.total),
        tuple(
            ExampleShare(scope, name, yuan(cents), round(100 * cents / parts.total, 2))
            for scope, name, cents in named
        ),
    )
