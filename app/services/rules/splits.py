"""Which split rule applies to a line, and how the line's money is divided (自动分账)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kit.money import allocate, rate_of
from models.money import FeeBearer, SplitBase


@dataclass(frozen=True)
class RuleVersion:
    """What a rule says from ``effective_at`` on. Rates in basis points, amounts in cents."""

    id: UUID | None
    version: int
    effective_at: datetime
    rate_bps: int
    fixed_cents: int = 0
    min_cents: int = 0
    max_cents: int | None = None
    base: str = SplitBase.GOODS
    after_discount: bool = True
    fee_bearer: str = FeeBearer.DISTRIBUTOR
    payment_fee_bps: int = 0
    keeps_commission_on_refund: bool = False


@dataclass(frozen=True)
class Rule:
    """One line of the operator's ordered list; a condition of None matches everything."""

    id: UUID
    name: str
    versions: tuple[RuleVersion, ...]
    category_id: UUID | None = None
    supplier_id: UUID | None = None
    distributor_id: UUID | None = None
    product_id: UUID | None = None
    store_id: UUID | None = None
    is_active: bool = True


@dataclass(frozen=True)
class Subject:
    """What rules are matched on. ``category_ids`` holds the category and those above it."""

    category_ids: frozenset[UUID]
    supplier_id: UUID
    distributor_id: UUID
    product_id: UUID
    store_id: UUID


@dataclass(frozen=True)
class Applied:
    """The rule and version that decide a line, and why the rules before did not."""

    rule: Rule
    version: RuleVersion
    passed_over: tuple[tuple[str, str], ...] = ()


_CONDITIONS = ("supplier_id", "distributor_id", "product_id", "store_id")


def mismatch(rule: Rule, subject: Subject) -> str | None:
    """Name the first condition that ``subject`` does not meet; None when the rule matches."""
    if not rule.is_active:
        return "inactive"
    if rule.category_id is not None and rule.category_id not in subject.category_ids:
        return "category_id"
    for name in _CONDITIONS:
        wanted = getattr(rule, name)
        if wanted is not None and wanted != getattr(subject, name):
            return name
    return None


def current_version(rule: Rule, at: datetime) -> RuleVersion | None:
    """Return the version in force at ``at``: the latest that is effective by then."""
    effective = [version for version in rule.versions if version.effective_at <= at]
    return max(effective, key=lambda version: (version.effective_at, version.version), default=None)


def first_match(rules: Sequence[Rule], subject: Subject, at: datetime) -> Applied | None:
    """Return the first rule that matches, in the operator's order, with the reasons so far."""
    passed: list[tuple[str, str]] = []
    for rule in rules:
        reason = mismatch(rule, subject)
        version = current_version(rule, at) if reason is None else None
        if version is not None:
            return Applied(rule, version, tuple(passed))
        passed.append((rule.name, reason or "not_yet_effective"))
    return None


@dataclass(frozen=True)
class LineMoney:
    """One line before its division, in cents; ``freight_cents`` is its part of the freight."""

    goods_cents: int
    supply_cents: int
    discount_cents: int = 0
    freight_cents: int = 0
    supplier_discount_cents: int = 0
    """What of the discount the supplier bears."""
    platform_discount_cents: int = 0
    """What of the discount the platform bears: a subsidy."""


@dataclass(frozen=True)
class Shares:
    """The division of goods − discount; freight goes to the supplier beside it.

    The four sum exactly to it. A subsidy is counted as a smaller commission, so that the
    platform's share may be negative; the distributor's is the rest.
    """

    supply_cents: int
    commission_cents: int
    payment_fee_cents: int
    margin_cents: int

    @property
    def total(self) -> int:
        """Return what was divided."""
        return (
            self.supply_cents + self.commission_cents + self.payment_fee_cents + self.margin_cents
        )


def commission_of(version: RuleVersion, line: LineMoney) -> int:
    """Return the platform's commission on a line, in cents, within the rule's min and max."""
    base = line.goods_cents - (line.discount_cents if version.after_discount else 0)
    if version.base == SplitBase.GOODS_AND_FREIGHT:
        base += line.freight_cents
    fee = max(rate_of(base, version.rate_bps) + version.fixed_cents, version.min_cents)
    return fee if version.max_cents is None else min(fee, version.max_cents)


def payment_fee_of(version: RuleVersion, line: LineMoney) -> int:
    """Return the provider's fee on what the consumer pays for a line, in cents."""
    paid = line.goods_cents - line.discount_cents + line.freight_cents
    return rate_of(paid, version.payment_fee_bps)


def divide(version: RuleVersion, line: LineMoney) -> Shares:
    """Divide a line: supply price, commission, payment fee, and the rest to the distributor."""
    commission = commission_of(version, line) - line.platform_discount_cents
    supply = line.supply_cents - line.supplier_discount_cents
    fee = payment_fee_of(version, line)
    if version.fee_bearer == FeeBearer.SUPPLIER:
        supply -= fee
    elif version.fee_bearer == FeeBearer.PLATFORM:
        commission -= fee
    margin = line.goods_cents - line.discount_cents - supply - commission - fee
    return Shares(supply, commission, fee, margin)


def spread(amount_cents: int, weights: Sequence[int]) -> list[int]:
    """Spread freight over lines by their goods amounts (evenly where all are free)."""
    return allocate(amount_cents, weights if any(weights) else [1] * len(weights))
