"""What an entry of the audit trail changed, column by column, as people read it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any, cast

from app.access import BUILT_IN_ROLES, RESOURCE_WORDS
from app.kit.currencies import percent_text
from app.kit.i18n import DEFAULT, N_, Words, gettext, moment_text, money_text
from app.kit.regions import province_name
from app.queries.lists.audit_words import AUDIT_COLUMN, AUDIT_SCOPE, STORE_STATE
from app.queries.lists.distributor import COST_POLICY
from app.queries.lists.figures import RHYTHM, SHARING
from app.queries.record_names import IDENTIFIER, short
from app.words import (
    BUYER_KIND,
    CHANNEL,
    FEE_BEARER,
    LISTING_STATUS,
    MERCHANT_STATUS,
    ORDER_STATUS,
    PART_STATUS,
    PAYMENT_PROVIDER,
    PAYMENT_STATUS,
    POOL_STATUS,
    PRICE_ENDING,
    PRICING_KIND,
    PRODUCT_STATUS,
    REFUND_REASON,
    REFUND_STATUS,
    SPLIT_BASE,
)

MOST_TEXT = 160
"""A longer value is cut; the trail itself keeps all of it."""

NEVER_SHOWN = frozenset(
    {"secret_hash", "token_hash", "request_hash", "access_hash", "search_grams", "updated_at"}
    | {"row_version", "last_workspace", "last_used_at", "idempotency_key", "phone_key"}
    | {"network_key", "session_key", "pay_url", "external_id", "details", "blob_key"}
)
"""Columns that say nothing to a reader; an entry has its own time."""
_IN_PARTS = frozenset({"theme", "pricing", "value"})
"""Columns of several values, of which each is told by itself, such as ``theme.accent``."""
_NOT_SPELT = frozenset({"question", "query"})
"""Columns that hold an analysis or a view as the program keeps it: only that it changed is told."""
_TAG = re.compile(r"</?[a-z][^<>]*>")
_STATES: Mapping[str, Words] = {
    "merchants": MERCHANT_STATUS,
    "products": PRODUCT_STATUS,
    "pool_entries": POOL_STATUS,
    "listings": LISTING_STATUS,
    "stores": STORE_STATE,
    "orders": ORDER_STATUS,
    "supplier_orders": PART_STATUS,
    "payments": PAYMENT_STATUS,
    "refunds": REFUND_STATUS,
}
_CODED: Mapping[str, Words] = {
    "cost_policy": COST_POLICY,
    "band_kind": (
        ("SUGGESTED", N_("Suggested only")),
        ("ENFORCED", N_("Enforced")),
    ),
    "buyer_kind": BUYER_KIND,
    "sharing": SHARING,
    "rhythm": RHYTHM,
    "locale": (("zh_CN", "简体中文"), ("en", "English")),
    "provider": PAYMENT_PROVIDER,
    "fee_bearer": FEE_BEARER,
    "base": SPLIT_BASE,
    "scope": AUDIT_SCOPE,
    "actor_scope": AUDIT_SCOPE,
    "reason": REFUND_REASON,
    "source": CHANNEL,
    "purpose": (
        ("invitation", N_("Invitation")),
        ("reset", N_("Password link")),
    ),
    "key": (
        ("platform", N_("The mall")),
        ("reservation", N_("Unpaid orders")),
        ("require_platform_totp", N_("Two-step verification")),
        ("demo", N_("Demo logins")),
        ("snapshots", N_("Analytics files")),
    ),
    "pricing.kind": PRICING_KIND,
    "pricing.charm": PRICE_ENDING,
}
"""Column → what its codes mean."""
VALUE_WORDS: Words = (
    *((f"{column}.{code}", label) for column, words in _CODED.items() for code, label in words),
    # The same code means another thing in another table, so it is written with its table.
    *((f"{table}.{code}", label) for table, words in _STATES.items() for code, label in words),
    *((f"roles.{role.code}", role.name) for role in BUILT_IN_ROLES),
    ("kept", N_("As stored")),
    ("true", N_("Yes")),
    ("false", N_("No")),
)
"""The codes that stand in audited columns, with their texts."""


@dataclass(frozen=True)
class Change:
    """One column: its name, and its value before and after; empty where there was none.

    Where a value is another record's identifier, its name is shown and ``before_id`` or
    ``after_id`` holds the identifier itself.
    """

    column: str
    before: str
    after: str
    before_id: str = ""
    after_id: str = ""


def changes_of(
    entry: Mapping[str, Any] | None,
    names: Mapping[str, str] | None = None,
    locale: str = DEFAULT,
) -> list[Change]:
    """Return the changes of ``{"table": …, "before": {…}, "after": {…}}``; sides may be None.

    ``names`` tells the names of records by their identifiers; names of provinces and permissions
    are in the language of ``locale``.
    """
    table = str((entry or {}).get("table") or "")
    before, after = (_in_parts(_side(entry or {}, side)) for side in ("before", "after"))
    for name in [n for n in before if "." in n and before[n] == after.get(n)]:
        del before[name], after[name]
    # The identifier of a new or removed row is the entry's own.
    columns = [name for name in {**before, **after} if name not in NEVER_SHOWN | {"id"}]
    # An amount that changed has its currency beside it, which did not.
    if before and before.get("currency") == after.get("currency"):
        columns = [name for name in columns if name != "currency"]
    found: list[Change] = []
    for name in columns:
        was, is_now = (_shown(table, name, side, names or {}, locale) for side in (before, after))
        ids = _identifier(before.get(name)), _identifier(after.get(name))
        found.append(Change(name, was, is_now, *ids))
    return [change for change in found if change.before or change.after]


def changes_text(entry: Mapping[str, Any] | None, locale: str) -> str:
    """Return the changes as lines of text in a language."""
    columns, values = dict(AUDIT_COLUMN), dict(VALUE_WORDS)

    def word(known: Mapping[str, str], code: str) -> str:
        return gettext(locale, known[code]) if code in known else code

    lines: list[str] = []
    for change in changes_of(entry, locale=locale):
        sides = [word(values, side) or "–" for side in (change.before, change.after)]
        lines.append(f"{word(columns, change.column)}: {' → '.join(sides)}")
    return "\n".join(lines)


def _side(entry: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any] | None", entry.get(side)) or {}


def _in_parts(side: Mapping[str, Any]) -> dict[str, Any]:
    """Return a side with the values of a column that holds several, each under its own name."""
    found: dict[str, Any] = {}
    for column, value in side.items():
        if column in _IN_PARTS and isinstance(value, dict):
            parts = cast("dict[str, Any]", value).items()
            found |= {f"{column}.{part}": one for part, one in parts if one not in ("", 0)}
        else:
            found[column] = value
    return found


def _identifier(value: Any) -> str:
    return value if isinstance(value, str) and IDENTIFIER.fullmatch(value) else ""


def _shown(
    table: str, column: str, side: Mapping[str, Any], names: Mapping[str, str], locale: str
) -> str:
    value = side.get(column)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if coded := _code(table, column, value):
        return coded
    if named := _identifier(value):
        return names.get(named) or short(named)
    named = _provinces(value, locale) if column in _BY_PROVINCE else ""
    if column in ("permission", "permissions"):
        codes = cast("list[str]", value if isinstance(value, list) else [value])
        named = ", ".join(_permission(one, locale) for one in codes)
    return named or _number(column, value, side.get("currency")) or _cut(_flat(value))


def _code(table: str, column: str, value: Any) -> str:
    """Return the code whose text stands in ``VALUE_WORDS``; empty for what is none."""
    if column in _NOT_SPELT:
        return "kept"
    if column == "status" and table in _STATES:
        return f"{table}.{value}"
    if column in _CODED and isinstance(value, str) and value in dict(_CODED[column]):
        return f"{column}.{value}"
    return ""


_BY_PROVINCE = frozenset({"refused_regions", "region_surcharges"})


def _permission(code: str, locale: str) -> str:
    """Return ``supplier:orders:read`` as one reads it: what it is for, and what it allows."""
    _, _, rest = code.partition(":")
    resource, _, action = rest.partition(":")
    if resource not in RESOURCE_WORDS:
        return code
    may = N_("View") if action == "read" else N_("Change")
    return f"{gettext(locale, RESOURCE_WORDS[resource][0])} · {gettext(locale, may)}"


def _provinces(value: Any, locale: str) -> str:
    """Return provinces by their names; with amounts where each has one."""
    if isinstance(value, dict):
        pairs = cast("dict[str, int]", value).items()
        return ", ".join(
            f"{province_name(code, locale)} {money_text(cents)}" for code, cents in pairs
        )
    codes = cast("list[Any]", value or [])
    return ", ".join(province_name(str(code), locale) for code in codes)


def _number(column: str, value: Any, currency: str | None) -> str:
    if column.endswith("_cents"):
        return money_text(int(value), currency)
    if column.endswith(("_bps", ".bps")):
        return f"{percent_text(int(value))} %"
    if column.endswith(("_at", "_until")):
        return moment_text(datetime.fromisoformat(str(value)))
    return ""


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in cast("list[Any]", value))
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return ", ".join(f"{key}: {part}" for key, part in pairs)
    return plain_text(str(value))


def plain_text(value: str) -> str:
    """Return rich text without its tags, and any other text as it is."""
    if not value.startswith("<"):
        return value
    return " ".join(unescape(_TAG.sub(" ", value)).split())


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
