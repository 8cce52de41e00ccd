"""Quotients of integers, rounded half up; None where there is nothing to divide by."""


def ratio(part: int, whole: int, scale: int = 1) -> int | None:
    """Return ``part * scale / whole`` rounded half up; None where there is no whole."""
    return (2 * part * scale + whole) // (2 * whole) if whole > 0 else None


def change_bps(value: int | None, before: int | None) -> int | None:
    """Return the change in basis points of ``before``; None where there is nothing to compare."""
    if value is None or not before:
        return None
    return ratio((value - before), abs(before), 10_000)
