"""SQLModel tables, one file per aggregate. Importing this package registers all of them."""

from models import catalog, identity, imports, money, ops, store, trade, traffic
from models.base import metadata

__all__ = [
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
