"""The operator's ordered list of split rules; each change is a new version."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import text

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.services.rulebook import RAISE_REVISION_SQL, RULES_SQL, remember
from app.services.rules.splits import Applied, Subject, first_match
from models.money import FeeBearer, SplitBase

Bps = Annotated[int, Field(ge=0, le=10_000)]


class RuleDraft(BaseModel):
    """A rule as the operator types it; rates in basis points, amounts in cents."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: UUID | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    category_id: UUID | None = None
    supplier_id: UUID | None = None
    distributor_id: UUID | None = None
    rate_bps: Bps
    fixed_cents: Annotated[int, Field(ge=0)] = 0
    min_cents: Annotated[int, Field(ge=0)] = 0
    max_cents: Annotated[int, Field(ge=0)] | None = None
    base: SplitBase = SplitBase.GOODS
    fee_bearer: FeeBearer = FeeBearer.DISTRIBUTOR
    payment_fee_bps: Annotated[int, Field(ge=0, le=1_000)] = 60
    keeps_commission_on_refund: bool = False


async def save_rule(actor: Actor, draft: RuleDraft) -> UUID:
    """Create a rule at the top of the list, or give one a new version, effective at once."""
    actor.require("platform:rules:write")
    async with database().transaction(actor) as session:
        rule_id = draft.id or new_id()
        conditions = draft.model_dump(
            include={"name", "category_id", "supplier_id", "distributor_id"}
        )
        if draft.id is None:
            await session.execute(text("update split_rules set position = position + 1"))
            await session.execute(
                text(
                    "insert into split_rules (id, position, name, category_id, supplier_id,"
                    " distributor_id, is_active) values (:id, 1, :name, :category_id,"
                    " :supplier_id, :distributor_id, true)"
                ),
                {"id": rule_id, **conditions},
            )
        else:
            found = await session.execute(
                text(
                    "update split_rules set name = :name, category_id = :category_id,"
                    " supplier_id = :supplier_id, distributor_id = :distributor_id"
                    " where id = :id returning id"
                ),
                {"id": rule_id, **conditions},
            )
            if found.first() is None:
                raise NotFound()
        await session.execute(_VERSION, _version(actor, rule_id, draft))
        await session.execute(text(RAISE_REVISION_SQL))
        return rule_id


_VERSION = text(
    "insert into split_rule_versions (id, rule_id, version, effective_at, base, after_discount,"
    " rate_bps, fixed_cents, min_cents, max_cents, fee_bearer, payment_fee_bps,"
    " keeps_commission_on_refund, created_by) values (:id, :rule, (select coalesce(max(version), 0)"
    " + 1 from split_rule_versions where rule_id = :rule), :at, :base, true, :rate_bps,"
    " :fixed_cents, :min_cents, :max_cents, :fee_bearer, :payment_fee_bps,"
    " :keeps_commission_on_refund, :user)"
)


def _version(actor: Actor, rule_id: UUID, draft: RuleDraft) -> dict[str, Any]:
    terms = draft.model_dump(exclude={"id", "name", "category_id", "supplier_id", "distributor_id"})
    return {**terms, "id": new_id(), "rule": rule_id, "at": now(), "user": actor.user_id}


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


async def move_up(actor: Actor, rule_id: UUID) -> None:
    """Let a rule be asked one place earlier."""
    actor.require("platform:rules:write")
    async with database().transaction(actor) as session:
        await session.execute(
            text(
                "with ranked as (select id, row_number() over (order by position, id) as rank"
                "  from split_rules), me as (select rank from ranked where id = :id)"
                " update split_rules r set position = case"
                "  when ranked.rank = me.rank then ranked.rank - 1"
                "  when ranked.rank = me.rank - 1 then ranked.rank + 1 else ranked.rank end"
                " from ranked, me where ranked.id = r.id and me.rank > 1"
            ),
            {"id": rule_id},
        )
        await session.execute(text(RAISE_REVISION_SQL))


async def which_applies(actor: Actor, subject: Subject) -> Applied | None:
    """Say which rule a line of ``subject`` would meet now, and why not the ones before."""
    actor.require("platform:rules:read")
    async with database().transaction(actor) as session:
        found = await session.execute(text(RULES_SQL))
        rules = remember("", [dict(row) for row in found.mappings()])
    return first_match(rules, subject, now())
