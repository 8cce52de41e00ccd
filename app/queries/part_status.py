"""A part's status as people read it: one that was withdrawn is not one that was refused."""

from app.queries.resource import Filter
from app.words import PART_STATUS


def told_status(part: str) -> str:
    """Return the expression of a code of ``PART_STATUS``; ``part`` names a supplier order."""
    return f"coalesce('WITHDRAWN_' || upper({part}.withdrawn_by), {part}.status)"


def status_filter(label: str, part: str = "s") -> Filter:
    """Return the filter on that code; the stored status comes first, which has an index."""
    stored = "case when :status like 'WITHDRAWN_%' then 'REJECTED' else :status end"
    return Filter(
        "status",
        label,
        f"{part}.status = {stored} and {told_status(part)} = :status",
        choices=PART_STATUS,
    )
