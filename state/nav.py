"""What the side navigation and the palette offer in each kind of workspace."""

from dataclasses import dataclass

from app.kit.i18n import N_


@dataclass(frozen=True)
class NavItem:
    """A page of a workspace; ``key`` follows G on the keyboard, ``group`` heads part of the nav."""

    page: str
    label: str
    icon: str
    permission: str
    key: str = ""
    group: str = ""


def _items(scope: str, *rows: tuple[str, str, str, str, str, str]) -> tuple[NavItem, ...]:
    return tuple(
        NavItem(page, label, icon, f"{scope}:{permission}", key, group)
        for page, label, icon, permission, key, group in rows
    )


_FIGURES = (
    ("explore", N_("Explorer"), "chart-scatter", "analytics:read", "e", ""),
    ("analyses", N_("Saved analyses"), "library", "analytics:read", "", ""),
    ("reports", N_("Scheduled reports"), "mail-check", "analytics:read", "", ""),
)
_TRADE, _MONEY, _HOUSE = N_("Trade"), N_("Money"), N_("Administration")

NAV: dict[str, tuple[NavItem, ...]] = {
    "platform": _items(
        "platform",
        ("dashboard", N_("Dashboard"), "layout-dashboard", "dashboard:read", "d", ""),
        *_FIGURES,
        ("orders", N_("Orders"), "shopping-bag", "orders:read", "o", _TRADE),
        ("products", N_("Product review"), "package-check", "products:read", "p", _TRADE),
        ("categories", N_("Categories"), "folder-tree", "categories:read", "c", _TRADE),
        ("merchants", N_("Merchants"), "building-2", "merchants:read", "m", _TRADE),
        ("payments", N_("Payments"), "credit-card", "payments:read", "y", _MONEY),
        ("refunds", N_("Refunds"), "undo-2", "payments:read", "", _MONEY),
        ("rules", N_("Split rules"), "split", "rules:read", "r", _MONEY),
        ("ledger", N_("Ledger"), "book-open", "ledger:read", "l", _MONEY),
        ("staff", N_("Staff"), "users", "staff:read", "s", _HOUSE),
        ("roles", N_("Roles"), "key-round", "roles:read", "", _HOUSE),
        ("audit", N_("Audit trail"), "history", "audit:read", "a", _HOUSE),
        ("imports", N_("Data import"), "database-backup", "imports:read", "i", _HOUSE),
        ("settings", N_("Settings"), "settings", "settings:read", "", _HOUSE),
        ("system", N_("System health"), "activity", "system:read", "", _HOUSE),
    ),
    "supplier": _items(
        "supplier",
        ("dashboard", N_("Dashboard"), "layout-dashboard", "dashboard:read", "d", ""),
        *_FIGURES,
        ("orders", N_("Orders"), "truck", "orders:read", "o", _TRADE),
        ("products", N_("Products"), "package", "products:read", "p", _TRADE),
        ("stock", N_("Stock"), "boxes", "stock:read", "k", _TRADE),
        ("freight", N_("Freight"), "map", "freight:read", "f", _TRADE),
        ("ledger", N_("Balance"), "wallet", "ledger:read", "l", _MONEY),
        ("staff", N_("Staff"), "users", "staff:read", "s", _HOUSE),
        ("roles", N_("Roles"), "key-round", "roles:read", "", _HOUSE),
        ("audit", N_("Audit trail"), "history", "audit:read", "a", _HOUSE),
    ),
    "distributor": _items(
        "distributor",
        ("dashboard", N_("Dashboard"), "layout-dashboard", "dashboard:read", "d", ""),
        *_FIGURES,
        ("sourcing", N_("Product pool"), "layout-grid", "sourcing:read", "p", _TRADE),
        ("listings", N_("Listings"), "tags", "listings:read", "i", _TRADE),
        ("changes", N_("Supplier changes"), "bell-dot", "listings:read", "c", _TRADE),
        ("orders", N_("Orders"), "shopping-bag", "orders:read", "o", _TRADE),
        ("customers", N_("Customers"), "contact", "customers:read", "u", _TRADE),
        ("stores", N_("Stores"), "store", "store:read", "t", _TRADE),
        ("ledger", N_("Balance"), "wallet", "ledger:read", "l", _MONEY),
        ("staff", N_("Staff"), "users", "staff:read", "s", _HOUSE),
        ("roles", N_("Roles"), "key-round", "roles:read", "", _HOUSE),
        ("audit", N_("Audit trail"), "history", "audit:read", "a", _HOUSE),
    ),
}
"""Scope → its pages, in order."""
