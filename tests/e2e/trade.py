"""What one trade must come to, in plain arithmetic that shares nothing with the product's code."""

from collections.abc import Mapping
from dataclasses import dataclass

COMMISSION_BPS, PAYMENT_FEE_BPS = 500, 60
"""The demo's default rule: 5 % of the goods, and 0.6 % of what is paid, borne by the store."""


def part_of(cents: int, bps: int) -> int:
    """Return basis points of an amount, half a cent rounded up."""
    return (cents * bps + 5_000) // 10_000


def yuan(cents: int) -> str:
    """Return an amount as every page writes it."""
    return f"¥{cents // 100:,}.{cents % 100:02d}"


@dataclass(frozen=True)
class Freight:
    """What a supplier of the demo asks for shipping, in cents."""

    first: int
    further: int
    free_from: int

    def of(self, pieces: int, goods_cents: int) -> int:
        """Return the freight of one parcel to a province nearby."""
        if goods_cents >= self.free_from:
            return 0
        return self.first + self.further * (pieces - 1)


@dataclass(frozen=True)
class Part:
    """One supplier's part of the order: one SKU, some pieces of it. Amounts in cents."""

    title: str
    title_en: str
    specs: tuple[str, ...]
    supply_each: int
    retail_each: int
    pieces: int
    freight_terms: Freight

    def named(self, locale: str) -> str:
        """Return the product's name in a language."""
        return self.title_en if locale == "en" else self.title

    @property
    def supply(self) -> int:
        """What the supplier gets for the goods."""
        return self.supply_each * self.pieces

    @property
    def goods(self) -> int:
        """What the consumer pays for the goods."""
        return self.retail_each * self.pieces

    @property
    def freight(self) -> int:
        """What the consumer pays for shipping, which goes to the supplier."""
        return self.freight_terms.of(self.pieces, self.goods)

    @property
    def commission(self) -> int:
        """What the platform keeps."""
        return part_of(self.goods, COMMISSION_BPS)

    @property
    def margin(self) -> int:
        """What is left for the store."""
        fee = part_of(self.goods + self.freight, PAYMENT_FEE_BPS)
        return self.goods - self.supply - self.commission - fee

    def sales(self) -> dict[str, int]:
        """Return by how much the supplier's figures of today grow."""
        return {
            "supply_sales": self.supply,
            "paid_parts": 1,
            "units_sold": self.pieces,
            "balance": self.supply + self.freight,
        }


@dataclass(frozen=True)
class Trade:
    """One order of two suppliers' goods."""

    own: Part
    other: Part

    @property
    def parts(self) -> tuple[Part, Part]:
        """Both parts."""
        return self.own, self.other

    @property
    def total(self) -> int:
        """What the consumer pays."""
        return sum(part.goods + part.freight for part in self.parts)

    @property
    def margin(self) -> int:
        """What the store earns."""
        return sum(part.margin for part in self.parts)

    def growth(self) -> Mapping[str, Mapping[str, int]]:
        """Return by how much the figures of each workspace grow."""
        take = sum(part.commission for part in self.parts)
        return {
            "platform": {
                "gmv_placed": self.total, "gmv_paid": self.total, "paid_orders": 1, "take": take,
            },
            "qingyao": self.own.sales(),
            "heguang": self.other.sales(),
            "muxia": {
                "store_sales": self.total, "paid_orders": 1, "margin": self.margin,
                "balance": self.margin,
            },
        }  # fmt: skip
