"""SQLModel tables, one file per aggregate. Importing this package registers all of them."""

from models import analyses, catalog, identity, imports, money, ops, store, trade, traffic
from models.base import metadata

__all__ = [
    "analyses",
    "catalog",
    "identity",
    "imports",
    "metadata",
    "money",
    "ops",
    "store",
    "trade",
    "traffic",
]
