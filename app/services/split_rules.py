"""The operator's ordered list of split rules; each change is a new version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import Invalid, NotFound
from app.kit.ids import new_id
from app.kit.text import Text
from app.services.rulebook import RAISE_REVISION_SQL, RULES_SQL, rules_of
from app.services.rules.splits import Applied, Subject, first_match, mismatch
from app.services.versions import check_version, raise_version
from models.money import FeeBearer, SplitBase

Bps = Annotated[int, Field(ge=0, le=10_000)]


class RuleDraft(BaseModel):
    """A rule as the operator types it; rates in basis points, amounts in cents.

    A condition of None matches everything. Without ``effective_at`` it holds at once.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: UUID | None = None
    name: Annotated[str, Text(80, 1)]
    category_id: UUID | None = None
    supplier_id: UUID | None = None
    distributor_id: UUID | None = None
    store_id: UUID | None = None
    product_id: UUID | None = None
    rate_bps: Bps
    fixed_cents: Annotated[int, Field(ge=0)] = 0
    min_cents: Annotated[int, Field(ge=0)] = 0
    max_cents: Annotated[int, Field(ge=0)] | None = None
    base: SplitBase = SplitBase.GOODS
    after_discount: bool = True
    fee_bearer: FeeBearer = FeeBearer.DISTRIBUTOR
    payment_fee_bps: Annotated[int, Field(ge=0, le=1_000)] = 60
    keeps_commission_on_refund: bool = False
    effective_at: datetime | None = None


CONDITIONS = ("category_id", "supplier_id", "distributor_id", "store_id", "product_id")


async def save_rule(actor: Actor, draft: RuleDraft, row_version: int | None = None) -> UUID:
    """Create a rule at the top of the list, or give one a new version.

    ``row_version`` is that of the rule that the draft was made of; see ``check_version``. Raises
    NotFound; Stale; Invalid for a maximum under the minimum or a version that begins in the past.
    """
    actor.require("platform:rules:write")
    _check(draft)
    rule_id = draft.id or new_id()
    conditions = draft.model_dump(include={"name", *CONDITIONS})
    async with database().transaction(actor) as session:
        if draft.id is None:
            await session.execute(text("update split_rules set position = position + 1"))
        else:
            await check_version(session, "split_rules", draft.id, row_version)
            await raise_version(session, "split_rules", draft.id)
        written = await session.execute(
            _CREATE if draft.id is None else _CHANGE, {"id": rule_id, **conditions}
        )
        if written.first() is None:
            raise NotFound()
        await session.execute(_VERSION, _version(actor, rule_id, draft))
        await session.execute(text(RAISE_REVISION_SQL))
        return rule_id


def _check(draft: RuleDraft) -> None:
    if draft.max_cents is not None and draft.max_cents < draft.min_cents:
        raise Invalid({"max_cents": "The maximum must not be below the minimum."})
    if draft.effective_at is not None and draft.effective_at < now():
        raise Invalid({"effective_at": "A version cannot start in the past."})


_CREATE = text(
    "insert into split_rules (id, position, name, category_id, supplier_id, distributor_id,"
    " store_id, product_id, is_active) values (:id, 1, :name, :category_id, :supplier_id,"
    " :distributor_id, :store_id, :product_id, true) returning id"
)

_CHANGE = text(
    "update split_rules set name = :name, category_id = :category_id, supplier_id = :supplier_id,"
    " distributor_id = :distributor_id, store_id = :store_id, product_id = :product_id"
    " where id = :id returning id"
)

_VERSION = text(
    "insert into split_rule_versions (id, rule_id, version, effective_at, base, after_discount,"
    " rate_bps, fixed_cents, min_cents, max_cents, fee_bearer, payment_fee_bps,"
    " keeps_commission_on_refund, created_by) values (:id, :rule, (select coalesce(max(version), 0)"
    " + 1 from split_rule_versions where rule_id = :rule), :at, :base, :after_discount,"
    " :rate_bps, :fixed_cents, :min_cents, :max_cents, :fee_bearer, :payment_fee_bps,"
    " :keeps_commission_on_refund, :user)"
)


def _version(actor: Actor, rule_id: UUID, draft: RuleDraft) -> dict[str, Any]:
    terms = draft.model_dump(exclude={"id", "name", "effective_at", *CONDITIONS})
    at = draft.effective_at or now()
    return {**terms, "id": new_id(), "rule": rule_id, "at": at, "user": actor.user_id}


async def set_active(actor: Actor, rule_ids: Sequence[UUID], *, active: bool) -> int:
    """Switch rules on or off; placed orders keep theirs. Returns how many changed."""
    actor.require("platform:rules:write")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "update split_rules set is_active = :active"
                " where id = any(:ids) and is_active <> :active returning id"
            ),
            {"ids": list(rule_ids), "active": active},
        )
        changed = len(found.all())
        await session.execute(text(RAISE_REVISION_SQL))
        return changed


async def move(actor: Actor, rule_id: UUID, *, up: bool) -> None:
    """Let a rule be asked one place earlier, or one place later."""
    actor.require("platform:rules:write")
    async with database().transaction(actor) as session:
        await session.execute(_MOVE, {"id": rule_id, "step": -1 if up else 1})
        await session.execute(text(RAISE_REVISION_SQL))


_MOVE = text(
    "with ranked as (select id, row_number() over (order by position, id) as rank"
    "  from split_rules),"
    " swap as (select me.rank as mine, other.rank as theirs from ranked me"
    "  join ranked other on other.rank = me.rank + cast(:step as int) where me.id = :id)"
    " update split_rules r set position = case ranked.rank"
    "  when swap.mine then swap.theirs when swap.theirs then swap.mine else ranked.rank end"
    " from ranked, swap where ranked.id = r.id"
)


async def explain(
    actor: Actor, subject: Subject
) -> tuple[Applied | None, tuple[tuple[str, str], ...]]:
    """Say which rule a line of ``subject`` would meet now, and why not the ones before.

    Where none applies, the second part tells of each rule why.
    """
    actor.require("platform:rules:read")
    async with database().transaction(actor) as session:
        found = await session.execute(text(RULES_SQL))
        rules = rules_of([dict(row) for row in found.mappings()])
    applied = first_match(rules, subject, now())
    if applied is not None:
        return applied, applied.passed_over
    return None, tuple(
        (rule.name, mismatch(rule, subject) or "not_yet_effective") for rule in rules
    )
