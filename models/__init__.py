"""SQLModel tables, one file per aggregate. Importing this package registers all of them."""

from models import analyses, catalog, identity, money, ops, store, trade, traffic
from models.base import metadata

__all__ = [
    "analyses",
    "catalog",
    "identity",
    "metadata",
    "money",
    "ops",
    "store",
    "trade",
    "traffic",
]
