"""What shipping one supplier's part of an order costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kit.errors import TradeError


class RegionRefused(TradeError):
    """A supplier does not ship to the buyer's province."""

    code = "region_refused"
    status = 409
    message = "Some goods cannot be shipped to %(region)s. Remove them or change the address."


@dataclass(frozen=True)
class Freight:
    """A supplier's freight template, amounts in cents; ``free_from_cents`` counts goods."""

    first_cents: int = 0
    additional_cents: int = 0
    free_from_cents: int | None = None
    region_surcharges: Mapping[str, int] = field(default_factory=dict[str, int])
    refused_regions: frozenset[str] = frozenset()


def freight_of(template: Freight, *, pieces: int, goods_cents: int, province_code: str) -> int:
    """Return the freight in cents, charged once per supplier's part.

    Raises RegionRefused for a province that the supplier does not ship to. A surcharge for a
    remote region is owed also where the freight itself is free.
    """
    if province_code in template.refused_regions:
        raise RegionRefused(region=province_code)
    surcharge = template.region_surcharges.get(province_code, 0)
    if template.free_from_cents is not None and goods_cents >= template.free_from_cents:
        return surcharge
    return template.first_cents + template.additional_cents * max(0, pieces - 1) + surcharge
