"""Retail prices: how a listing makes them, and whether they can be settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from app.kit.currencies import HOME_CURRENCY, minor_units
from app.kit.money import rate_of
from app.services.rules.freight import Freight, worst_freight
from app.services.rules.splits import LineMoney, RuleVersion, Shares, divide
from models.catalog import BandKind
from models.money import FeeBearer, SplitBase


class PricingKind(StrEnum):
    """By what a listing's prices are made."""

    MARKUP = "markup"
    SUGGESTED = "suggested"
    FIXED = "fixed"


class Charm(StrEnum):
    """How a price ends."""

    NONE = "none"
    NINE = "nine"
    """…9.90: the tenth below the next whole."""
    NINETY_NINE = "ninety_nine"
    """…9.99"""


@dataclass(frozen=True)
class PricingRule:
    """How to make a retail price. ``bps`` of the supply price and ``add_cents`` on top."""

    kind: PricingKind = PricingKind.SUGGESTED
    bps: int = 0
    add_cents: int = 0
    charm: Charm = Charm.NONE

    def as_json(self) -> dict[str, object]:
        """Return the form that ``listings.pricing`` keeps."""
        return {
            "kind": self.kind,
            "bps": self.bps,
            "add_cents": self.add_cents,
            "charm": self.charm,
        }

    @classmethod
    def from_json(cls, data: dict[str, object]) -> "PricingRule":
        """Read the kept form."""
        return cls(
            PricingKind(str(data.get("kind", PricingKind.SUGGESTED))),
            int(str(data.get("bps", 0))),
            int(str(data.get("add_cents", 0))),
            Charm(str(data.get("charm", Charm.NONE))),
        )


class Infeasible(StrEnum):
    """Why a price cannot be offered."""

    BELOW_COST = "below_cost"
    BELOW_FLOOR = "below_floor"
    ABOVE_CAP = "above_cap"
    FREIGHT_FEE = "freight_fee"
    """The price bears the goods, but not the fees on the freight of the dearest province."""
    OTHER_CURRENCY = "other_currency"
    """The supplier's price is one of imported history."""


@dataclass(frozen=True)
class Band:
    """A price band; only an enforced one refuses."""

    kind: str = BandKind.SUGGESTED
    floor_cents: int | None = None
    cap_cents: int | None = None


def charmed(cents: int, charm: Charm) -> int:
    """Round ``cents`` up to the next price that ends as ``charm`` says."""
    if charm is Charm.NONE:
        return cents
    ending = 90 if charm is Charm.NINE else 99
    unit = minor_units(HOME_CURRENCY)
    whole = -(-(cents - ending) // unit) if cents > ending else 0
    return whole * unit + ending


def retail_price(rule: PricingRule, *, supply_cents: int, suggested_cents: int) -> int:
    """Return the retail price in cents that ``rule`` makes for one SKU."""
    if rule.kind is PricingKind.SUGGESTED:
        return suggested_cents
    if rule.kind is PricingKind.FIXED:
        return rule.add_cents
    return charmed(supply_cents + rate_of(supply_cents, rule.bps) + rule.add_cents, rule.charm)


def keeps_enough(
    retail_cents: int, *, supply_cents: int, version: RuleVersion, freight: Freight
) -> bool:
    """Say whether a unit loses the distributor nothing, in whatever order and wherever it is sold.

    Fees are taken on the freight as well, so the dearest freight counts. They are counted exactly
    here; each line rounds each of them by up to half a cent, which has to be left over.
    """
    added = worst_freight(freight, retail_cents)
    base = retail_cents + (added if version.base == SplitBase.GOODS_AND_FREIGHT else 0)
    fees = [max(Fraction(base * version.rate_bps, 10_000) + version.fixed_cents, version.min_cents)]
    if version.max_cents is not None:
        fees = [min(fees[0], version.max_cents)]
    if version.fee_bearer == FeeBearer.DISTRIBUTOR:
        fees.append(Fraction((retail_cents + added) * version.payment_fee_bps, 10_000))
    rounding = Fraction((version.rate_bps > 0) + (version.payment_fee_bps > 0), 2)
    return retail_cents - supply_cents - sum(fees) >= rounding


def margin_bps(margin_cents: int, retail_cents: int) -> int:
    """Return the distributor's margin of a price in basis points, to a tenth of a percent.

    The margin is what is left after supply price, commission and payment fee. Lists, which sort by
    it, ask the database's ``own_margin_bps``; a test compares the two.
    """
    if not retail_cents:
        return 0
    sign = -1 if margin_cents < 0 else 1
    return sign * ((abs(margin_cents) * 2_000 + retail_cents) // (2 * retail_cents)) * 10


def infeasible(
    retail_cents: int,
    *,
    supply_cents: int,
    version: RuleVersion,
    band: Band | None = None,
    freight: Freight | None = None,
) -> Infeasible | None:
    """Say why a unit at ``retail_cents`` cannot be sold: the parties' shares or a hard band.

    ``supply price + platform fee ≤ floor ≤ retail ≤ cap``; the distributor's share of the unit
    may not be negative, wherever it is sent to (``freight`` is the supplier's template).
    """
    unit = divide(version, LineMoney(goods_cents=retail_cents, supply_cents=supply_cents))
    if unit.margin_cents < 0:
        return Infeasible.BELOW_COST
    if freight is not None and not keeps_enough(
        retail_cents, supply_cents=supply_cents, version=version, freight=freight
    ):
        added = worst_freight(freight, retail_cents)
        return Infeasible.FREIGHT_FEE if added else Infeasible.BELOW_COST
    if band is None or band.kind != BandKind.ENFORCED:
        return None
    if band.floor_cents is not None and retail_cents < band.floor_cents:
        return Infeasible.BELOW_FLOOR
    if band.cap_cents is not None and retail_cents > band.cap_cents:
        return Infeasible.ABOVE_CAP
    return None


def least_price(*, supply_cents: int, version: RuleVersion, freight: Freight) -> int | None:
    """Return the lowest price, in cents, that loses nothing; None where none would do."""

    def is_enough(retail_cents: int) -> bool:
        return keeps_enough(
            retail_cents, supply_cents=supply_cents, version=version, freight=freight
        )

    low, high = 1, 10**11
    if not is_enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low


def loses_money(lines: Sequence[Shares], store_freight_cents: int = 0) -> bool:
    """Say whether the distributor would pay for a supplier's part instead of earning by it.

    ``store_freight_cents`` is the freight that its store bears. A single line may be dearer than
    it brings; the part may not (margin guard).
    """
    return sum(shares.margin_cents for shares in lines) < store_freight_cents
