"""What shipping one supplier's part of an order costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kit.errors import TradeError
from app.kit.regions import NAMES


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


def worst_freight(template: Freight, retail_cents: int) -> int:
    """Return the most freight, in cents, that any unit at a price can bring to its part.

    The first unit brings the first piece and the dearest surcharge, each further one the price of
    a further piece. A sum of units never brings more than the sum of what each brings at most.
    """
    surcharge = max(
        (
            cents
            for region, cents in template.region_surcharges.items()
            if region not in template.refused_regions
        ),
        default=0,
    )
    if template.free_from_cents is not None and retail_cents >= template.free_from_cents:
        return surcharge
    return max(template.first_cents + surcharge, template.additional_cents)


def freight_of(template: Freight, *, pieces: int, goods_cents: int, province_code: str) -> int:
    """Return the freight in cents, charged once per supplier's part.

    Raises RegionRefused for a province that the supplier does not ship to. A surcharge for a
    remote region is owed also where the freight itself is free.
    """
    if province_code in template.refused_regions:
        raise RegionRefused(region=NAMES.get(province_code, province_code))
    surcharge = template.region_surcharges.get(province_code, 0)
    if template.free_from_cents is not None and goods_cents >= template.free_from_cents:
        return surcharge
    return template.first_cents + template.additional_cents * max(0, pieces - 1) + surcharge
