"""What a refund gives back, takes from whom, and stops from being shipped (分账回退).

Pure: the same functions say it before (the form's preview) and decide it (``services.refunds``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_

KINDS = ("SUPPLY", "COMMISSION", "PAYMENT_FEE", "MARGIN")
"""The shares of a line, in the order in which they take single cents of rounding."""


@dataclass(frozen=True)
class LineState:
    """A paid line as it stands; ``shares`` and ``returned`` are by ``KINDS``, all in cents."""

    id: UUID
    paid_cents: int
    refunded_cents: int
    shares: tuple[int, ...]
    returned: tuple[int, ...]
    quantity: int
    shipped: int
    cancelled: int
    keeps_commission: bool = False

    @property
    def left_cents(self) -> int:
        """What can still be refunded."""
        return self.paid_cents - self.refunded_cents

    @property
    def open_units(self) -> int:
        """Units that are still to be shipped."""
        return self.quantity - self.shipped - self.cancelled

    def worth(self, units: int) -> int:
        """Return what so many further unshipped units cost, in cents, at most what is left.

        Counted over all units that stay unshipped and rounded half up, so that of 151.61 for two
        units the first comes back with 75.81 and the other with 75.80.
        """
        before, after = (
            (2 * self.paid_cents * back + self.quantity) // (2 * self.quantity)
            for back in (self.cancelled, self.cancelled + units)
        )
        return min(after - before, self.left_cents)


@dataclass(frozen=True)
class PartState:
    """A paid part as it stands, before a refund; amounts in cents."""

    lines: tuple[LineState, ...]
    freight_left_cents: int
    """What the buyer paid for shipping and has not got back."""
    store_freight_cents: int = 0
    """What the store bore of the freight, and what of that has not come back yet."""
    store_freight_left_cents: int = 0

    def store_freight_back(self, units: int, *, ends: bool) -> int:
        """Return what of the freight that the store bore comes back when units are stopped.

        The buyer paid nothing for it, so it comes back by units, cumulatively and rounded half up,
        and wholly where nothing was shipped at all.
        """
        if ends:
            return self.store_freight_left_cents
        whole = sum(line.quantity for line in self.lines)
        stopped = sum(line.cancelled for line in self.lines) + units
        back = (2 * self.store_freight_cents * stopped + whole) // (2 * whole) if whole else 0
        done = self.store_freight_cents - self.store_freight_left_cents
        return min(max(0, back - done), self.store_freight_left_cents)


@dataclass(frozen=True)
class LineWish:
    """What is to be refunded of a line.

    ``units`` are not shipped any more; ``cents`` of None means what these units cost.
    """

    cents: int | None = None
    units: int = 0


@dataclass(frozen=True)
class LineReturn:
    """What a refund of one line takes back from each of ``KINDS``, in cents."""

    line_id: UUID
    cents: int
    units: int
    parts: tuple[int, ...]
    keeps_commission: bool


@dataclass(frozen=True)
class RefundPlan:
    """What a refund will do. ``ends`` says that nothing of the part is, or was, shipped."""

    lines: tuple[LineReturn, ...]
    freight_cents: int
    ends: bool
    store_freight_cents: int = 0
    """What the supplier gives back to the store, which bore it; the buyer paid nothing for it."""

    @property
    def total_cents(self) -> int:
        """What the buyer gets."""
        return sum(line.cents for line in self.lines) + self.freight_cents

    @property
    def by_kind(self) -> dict[str, int]:
        """What each kind of share returns; a negative one is given back to its party."""
        sums = {
            kind: sum(line.parts[place] for line in self.lines) for place, kind in enumerate(KINDS)
        }
        return sums | {
            "FREIGHT": self.freight_cents + self.store_freight_cents,
            "FREE_FREIGHT": -self.store_freight_cents,
        }

    @property
    def kept_commission_cents(self) -> int:
        """The commission that the rule keeps, which the distributor pays beside its own share."""
        place = KINDS.index("COMMISSION")
        return sum(max(0, line.parts[place]) for line in self.lines if line.keeps_commission)

    @property
    def units(self) -> dict[UUID, int]:
        """The units that are not shipped any more, by line."""
        return {line.line_id: line.units for line in self.lines if line.units}

    @property
    def by_party(self) -> dict[str, int]:
        """What supplier, platform, provider and distributor return; it sums to the total."""
        kinds, kept = self.by_kind, self.kept_commission_cents
        return {
            "supplier": kinds["SUPPLY"] + kinds["FREIGHT"],
            "platform": kinds["COMMISSION"] - kept,
            "provider": kinds["PAYMENT_FEE"],
            "distributor": kinds["MARGIN"] + kinds["FREE_FREIGHT"] + kept,
        }


def plan_refund(
    part: PartState, wishes: Mapping[UUID, LineWish] | None, freight_cents: int | None
) -> RefundPlan:
    """Say what a refund of a part does; None means all that is left.

    What nothing is left to pay for is not shipped either, and where nothing of the part is or
    was shipped, all of it comes back, freight included.

    Raises NotFound for a line of another part, Invalid for more than is left, for less than the
    units cost, or for nothing at all.
    """
    if wishes is not None:
        plan = _wished(part, wishes, freight_cents)
        if not plan.ends:
            return plan
    whole = {line.id: LineWish(line.left_cents, line.open_units) for line in part.lines}
    lines = tuple(_line_return(line, whole[line.id]) for line in part.lines)
    return _plan(part, lines, part.freight_left_cents)


def _plan(part: PartState, lines: tuple[LineReturn, ...], freight_cents: int) -> RefundPlan:
    ends = _ends(part, lines)
    store_freight = part.store_freight_back(sum(line.units for line in lines), ends=ends)
    return RefundPlan(lines, freight_cents, ends, store_freight)


def _wished(
    part: PartState, wishes: Mapping[UUID, LineWish], freight_cents: int | None
) -> RefundPlan:
    known = {line.id: line for line in part.lines}
    if not wishes.keys() <= known.keys():
        raise NotFound()
    settled = {line_id: _settled(known[line_id], wish) for line_id, wish in wishes.items()}
    freight = part.freight_left_cents if freight_cents is None else freight_cents
    if not 0 <= freight <= part.freight_left_cents:
        raise Invalid({"freight": N_("This exceeds the amount left to refund.")})
    lines = tuple(
        _line_return(line, settled[line.id])
        for line in part.lines
        if line.id in settled and (settled[line.id].cents or settled[line.id].units)
    )
    if not lines and not freight:
        where = "amount" if wishes else "freight"
        raise Invalid({where: N_("Enter how much goes back: 0 refunds nothing.")})
    return _plan(part, lines, freight)


def _settled(line: LineState, wish: LineWish) -> LineWish:
    """Return the wish with its amount, and with all open units where nothing stays paid."""
    if not 0 <= wish.units <= line.open_units:
        raise Invalid({"units": N_("This exceeds the quantity left to ship.")})
    worth = line.worth(wish.units)
    cents = worth if wish.cents is None else wish.cents
    if not 0 <= cents <= line.left_cents:
        raise Invalid({"amount": N_("This exceeds the amount left to refund.")})
    if cents < worth:
        raise Invalid({"amount": N_("The units that are not shipped cost more than this.")})
    if cents and cents == line.left_cents:
        return LineWish(cents, line.open_units)
    return LineWish(cents, wish.units)


def _line_return(line: LineState, wish: LineWish) -> LineReturn:
    cents = wish.cents or 0
    parts = reversals(line.shares, line.returned, cents, line.refunded_cents)
    return LineReturn(line.id, cents, wish.units, tuple(parts), line.keeps_commission)


def _ends(part: PartState, lines: Sequence[LineReturn]) -> bool:
    """Say whether nothing was shipped and nothing stays to be shipped, by this very refund."""
    stopped = {line.line_id: line.units for line in lines}
    was_open = any(line.open_units for line in part.lines)
    return was_open and all(
        line.shipped == 0 and line.open_units == stopped.get(line.id, 0) for line in part.lines
    )


def reversals(
    shares: Sequence[int], already: Sequence[int], refund_cents: int, refunded_before: int = 0
) -> list[int]:
    """Return what each party returns for a further refund of ``refund_cents``.

    Each return is ``share(refunded to date) − already reversed``, never a per-unit rounding:
    after any sequence of partial refunds the returns sum to the refunds, nobody returned more
    than its share, and a whole refund returns every share wholly. A party with a negative share
    paid in, so it gets back instead of returning.

    Raises ValueError when more would be refunded than was shared.
    """
    whole = sum(shares)
    to_date = refunded_before + refund_cents
    if sum(already) != refunded_before:
        raise ValueError("what was reversed must explain what was refunded before")
    if refund_cents < 0 or to_date > whole:
        raise ValueError("a refund cannot exceed what was paid")
    if not refund_cents:
        return [0] * len(shares)
    ideal = [
        Fraction(to_date * share, whole) - done for share, done in zip(shares, already, strict=True)
    ]
    bounds = [
        (min(share - done, 0), max(share - done, 0))
        for share, done in zip(shares, already, strict=True)
    ]
    parts = [
        min(max(least, int(part // 1)), most)
        for part, (least, most) in zip(ideal, bounds, strict=True)
    ]
    return _settle(parts, ideal, bounds, refund_cents)


def _settle(
    parts: list[int], ideal: list[Fraction], bounds: list[tuple[int, int]], total: int
) -> list[int]:
    """Move single cents to those furthest from their ideal until the parts sum to ``total``."""
    while (gap := total - sum(parts)) != 0:
        step = 1 if gap > 0 else -1
        able = [
            place
            for place, (least, most) in enumerate(bounds)
            if least <= parts[place] + step <= most
        ]
        chosen = max(able, key=lambda place: (step * (ideal[place] - parts[place]), -place))
        parts[chosen] += step
    return parts
