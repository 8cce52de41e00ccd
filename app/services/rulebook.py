"""The split rules as the pure functions want them, kept in memory until their revision changes."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.services.rules.splits import Rule, RuleVersion

REVISION_SQL = (
    "select coalesce((select current_database() || ':' || (value ->> 'revision')"
    " from platform_settings where key = 'split_rules'), '') as revision"
)
"""Every service that changes a rule raises the revision in the same transaction."""

RAISE_REVISION_SQL = """\
insert into platform_settings (key, value) values ('split_rules', '{"revision": 1}')
on conflict (key) do update set updated_at = now(),
    value = jsonb_build_object('revision', (platform_settings.value ->> 'revision')::int + 1)"""

RULES_SQL = """\
select r.id, r.name, r.category_id, r.supplier_id, r.distributor_id, r.product_id, r.store_id,
       r.is_active,
       coalesce(jsonb_agg(to_jsonb(v)) filter (where v.id is not null), '[]') as versions
from split_rules r left join split_rule_versions v on v.rule_id = r.id
group by r.id order by r.position, r.id"""

_known: tuple[str, tuple[Rule, ...]] | None = None

NO_CHARGE = RuleVersion(None, 0, datetime.min.replace(tzinfo=UTC), 0)
"""Where no rule matches nothing is charged."""


def known_rules(revision: str) -> tuple[Rule, ...] | None:
    """Return the rules of ``revision`` if this process has read them."""
    return _known[1] if _known is not None and revision and _known[0] == revision else None


def remember(revision: str, rows: list[dict[str, Any]]) -> tuple[Rule, ...]:
    """Build the rules from the rows of ``RULES_SQL`` and keep them under ``revision``."""
    global _known
    rules = rules_of(rows)
    _known = (revision, rules)
    return rules


def rules_of(rows: list[dict[str, Any]]) -> tuple[Rule, ...]:
    """Build the rules from the rows of ``RULES_SQL``."""
    return tuple(_rule(row) for row in rows)


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        id=row["id"],
        name=row["name"],
        category_id=row["category_id"],
        supplier_id=row["supplier_id"],
        distributor_id=row["distributor_id"],
        product_id=row["product_id"],
        store_id=row["store_id"],
        is_active=row["is_active"],
        versions=tuple(_version(version) for version in row["versions"]),
    )


def _version(data: dict[str, Any]) -> RuleVersion:
    return RuleVersion(
        id=UUID(data["id"]),
        version=data["version"],
        effective_at=datetime.fromisoformat(data["effective_at"]),
        rate_bps=data["rate_bps"],
        fixed_cents=data["fixed_cents"],
        min_cents=data["min_cents"],
        max_cents=data["max_cents"],
        base=data["base"],
        after_discount=data["after_discount"],
        fee_bearer=data["fee_bearer"],
        payment_fee_bps=data["payment_fee_bps"],
        keeps_commission_on_refund=data["keeps_commission_on_refund"],
    )
