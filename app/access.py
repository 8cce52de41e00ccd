"""Who acts, and what they may do: scopes, permissions, built-in roles, the Actor.

Permissions are data, written ``scope:resource:action``. The action ``write`` contains ``read``.
A role is a set of permissions; owners compose further ones of those that they hold themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from app.kit.errors import Forbidden
from app.kit.i18n import N_


class Scope(StrEnum):
    """In which capacity somebody acts."""

    PLATFORM = "platform"
    SUPPLIER = "supplier"
    DISTRIBUTOR = "distributor"
    CONSUMER = "consumer"
    ACCOUNT = "account"
    """A signed-in user outside any workspace: own profile, own sessions, choice of workspace."""
    PUBLIC = "public"
    SYSTEM = "system"
    """The worker, a provider's verified callback, the command line."""


_RESOURCES: Mapping[Scope, Mapping[str, str]] = {
    Scope.PLATFORM: {
        "dashboard": "read",
        "merchants": "read write",
        "products": "read write",
        "categories": "read write",
        "imports": "read write",
        "orders": "read write",
        "payments": "read write",
        "rules": "read write",
        "ledger": "read",
        "costs": "read",
        "staff": "read write",
        "roles": "read write",
        "settings": "read write",
        "audit": "read",
        "analytics": "read write",
        "system": "read write",
    },
    Scope.SUPPLIER: {
        "dashboard": "read",
        "products": "read write",
        "costs": "read write",
        "stock": "read write",
        "orders": "read write",
        "freight": "read write",
        "ledger": "read",
        "staff": "read write",
        "roles": "read write",
        "settings": "read write",
        "audit": "read",
        "analytics": "read write",
    },
    Scope.DISTRIBUTOR: {
        "dashboard": "read",
        "sourcing": "read",
        "listings": "read write",
        "store": "read write",
        "orders": "read write",
        "customers": "read write",
        "ledger": "read",
        "staff": "read write",
        "roles": "read write",
        "settings": "read write",
        "audit": "read",
        "analytics": "read write",
    },
}

PERMISSIONS: frozenset[str] = frozenset(
    f"{scope}:{resource}:{action}"
    for scope, resources in _RESOURCES.items()
    for resource, actions in resources.items()
    for action in actions.split()
)
"""Every permission that exists."""


RESOURCE_WORDS: Mapping[str, tuple[str, str]] = {
    "dashboard": (N_("Dashboard"), N_("Key figures at a glance")),
    "merchants": (N_("Merchants"), N_("Companies, their applications and suspensions")),
    "products": (N_("Products"), N_("Products and their review")),
    "categories": (N_("Categories"), N_("The tree of categories")),
    "imports": (N_("Data import"), N_("Import of another marketplace's history")),
    "orders": (N_("Orders"), N_("Orders and their shipping")),
    "payments": (N_("Payments"), N_("Payments and refunds")),
    "rules": (N_("Split rules"), N_("How payments are split")),
    "ledger": (N_("Ledger"), N_("Balances, shares and entries")),
    "costs": (N_("Costs"), N_("What suppliers pay for their goods")),
    "staff": (N_("Staff"), N_("Members and their roles")),
    "roles": (N_("Roles"), N_("Which permissions a role has")),
    "settings": (N_("Settings"), N_("Details, keys and preferences")),
    "audit": (N_("Audit trail"), N_("Who changed what, and when")),
    "analytics": (N_("Analytics"), N_("Explore figures; share analyses and mail reports")),
    "system": (N_("System health"), N_("Database, queue and checks")),
    "stock": (N_("Stock"), N_("Stock and its movements")),
    "freight": (N_("Freight"), N_("Shipping charges")),
    "sourcing": (N_("Product pool"), N_("What suppliers offer")),
    "listings": (N_("Listings"), N_("Products on sale in the stores, and their prices")),
    "store": (N_("Stores"), N_("The stores' look and details")),
    "customers": (N_("Customers"), N_("Customers of the stores")),
}
"""Resource → its name and what it is about, as people read them."""


def resources(scope: Scope) -> Mapping[str, tuple[str, ...]]:
    """Return the resources of a scope with the actions that exist for each."""
    return {name: tuple(actions.split()) for name, actions in _RESOURCES[scope].items()}


def _all(scope: Scope, *resources: str, actions: str = "read write") -> set[str]:
    wanted = {
        f"{scope}:{resource}:{action}"
        for resource in (resources or _RESOURCES[scope])
        for action in actions.split()
    }
    return wanted & PERMISSIONS


@dataclass(frozen=True)
class BuiltInRole:
    """A role that ships with the product; ``code`` is its key in the roles table."""

    code: str
    platform: bool
    name: str
    permissions: frozenset[str]


_S, _D, _P = Scope.SUPPLIER, Scope.DISTRIBUTOR, Scope.PLATFORM

BUILT_IN_ROLES: tuple[BuiltInRole, ...] = (
    BuiltInRole("platform_owner", True, N_("Platform owner"), frozenset(_all(_P))),
    BuiltInRole(
        "platform_operations",
        True,
        N_("Operations"),
        frozenset(
            _all(_P, "dashboard", "merchants", "products", "categories", "orders", "analytics")
        ),
    ),
    BuiltInRole(
        "platform_finance",
        True,
        N_("Finance"),
        frozenset(
            _all(_P, "dashboard", "payments", "rules", "ledger", "analytics")
            | _all(_P, "orders", "merchants", actions="read")
        ),
    ),
    BuiltInRole(
        "platform_analyst", True, N_("Analyst"), frozenset(_all(_P, "dashboard", "analytics"))
    ),
    BuiltInRole("owner", False, N_("Owner"), frozenset(_all(_S) | _all(_D))),
    BuiltInRole(
        "merchandiser",
        False,
        N_("Merchandiser"),
        frozenset(
            _all(_S, "dashboard", "products", "stock", "freight")
            | _all(_D, "dashboard", "sourcing", "listings", "store")
        ),
    ),
    BuiltInRole(
        "fulfilment",
        False,
        N_("Fulfilment"),
        frozenset(_all(_S, "dashboard", "orders", "stock") | _all(_D, "dashboard", "orders")),
    ),
    BuiltInRole(
        "finance",
        False,
        N_("Finance"),
        frozenset(
            _all(_S, "dashboard", "ledger", "costs", "analytics")
            | _all(_D, "dashboard", "ledger", "analytics")
            | _all(_S, "orders", actions="read")
            | _all(_D, "orders", actions="read")
        ),
    ),
    BuiltInRole(
        "analyst",
        False,
        N_("Analyst"),
        frozenset(_all(_S, "dashboard", "analytics") | _all(_D, "dashboard", "analytics")),
    ),
)


@dataclass(frozen=True)
class Actor:
    """Who acts, for which merchant, in which capacity, with which permissions.

    ``merchant_id`` is set for suppliers and distributors, ``consumer_id`` and ``store_id`` for
    consumers. An Actor is made on the server for each event or request, never taken from a client.
    """

    scope: Scope
    user_id: UUID | None = None
    merchant_id: UUID | None = None
    consumer_id: UUID | None = None
    store_id: UUID | None = None
    permissions: frozenset[str] = frozenset()
    locale: str = "zh_CN"

    def may(self, permission: str) -> bool:
        """Say whether this actor holds ``permission`` in the capacity in which it acts."""
        return _holds(self.permissions, self.scope, permission)

    def require(self, permission: str) -> None:
        """Raise Forbidden unless this actor holds ``permission``."""
        if permission not in PERMISSIONS:
            raise ValueError(f"unknown permission {permission}")
        if not self.may(permission):
            raise Forbidden()

    @property
    def merchant(self) -> UUID:
        """The merchant acted for. Raises Forbidden where there is none."""
        if self.merchant_id is None:
            raise Forbidden()
        return self.merchant_id

    def database_settings(self) -> Mapping[str, str]:
        """Return what row-level security reads; see ``app.kit.db``."""
        return {
            "scope": self.scope,
            "merchant": str(self.merchant_id or ""),
            "user": str(self.user_id or ""),
            "consumer": str(self.consumer_id or ""),
            "store": str(self.store_id or ""),
            "permissions": _listed(self.permissions, self.scope),
        }


@lru_cache(maxsize=20_000)
def _holds(permissions: frozenset[str], scope: Scope, permission: str) -> bool:
    """Say whether permissions hold one in a scope; a dashboard asks hundreds of times."""
    of, resource, action = permission.split(":")
    if of != scope:
        return False
    is_contained = action == "read" and f"{scope}:{resource}:write" in permissions
    return is_contained or permission in permissions


@lru_cache(maxsize=1_000)
def _listed(permissions: frozenset[str], scope: Scope) -> str:
    """Return the permissions of a scope with the reads that writes bring, as policies read them."""
    held = {permission for permission in permissions if permission.startswith(f"{scope}:")}
    reads = {p.removesuffix(":write") + ":read" for p in held if p.endswith(":write")}
    return ",".join(sorted(held | reads))


PUBLIC = Actor(Scope.PUBLIC)
SYSTEM = Actor(Scope.SYSTEM)
