"""Closed days as Parquet files, the days after them live: what every figure is made of.

``scan`` is the only opener of the files. Nothing here starts polars when it is imported.
"""

from app.analytics.snapshots.labels import Name, campaign_names, names
from app.analytics.snapshots.live import live
from app.analytics.snapshots.reading import (
    closed_through,
    content,
    one_snapshot,
    refreshed_at,
    scan,
)

__all__ = [
    "Name",
    "campaign_names",
    "closed_through",
    "content",
    "live",
    "names",
    "one_snapshot",
    "refreshed_at",
    "scan",
]
