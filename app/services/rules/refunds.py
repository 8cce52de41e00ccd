"""How a refund is taken back from those who shared the money, cumulatively (分账回退)."""

from collections.abc import Sequence
from fractions import Fraction


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
