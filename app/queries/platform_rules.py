"""Split rules for their form, the history of one, and the question which rule applies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.currencies import decimal_text, hundredths_text, percent_text
from app.kit.db import database
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_, moment_text, yuan
from app.kit.ids import new_id
from app.kit.search import query_grams
from app.queries.platform_order import rows
from app.queries.titles import title
from app.services.rules.splits import Subject


@dataclass(frozen=True)
class Version:
    """What a rule said from a moment on. ``standing`` is NOW, LATER or BEFORE."""

    version: int
    effective_at: str
    standing: str
    rate: str
    base: str
    after_discount: bool
    fixed: str
    least: str
    most: str
    fee_rate: str
    fee_bearer: str
    keeps_commission: bool
    by: str


@dataclass(frozen=True)
class RulePage:
    """A rule: what it is asked for, and all its versions, newest first."""

    id: str = ""
    name: str = ""
    status: str = ""
    category_zh: str = ""
    category_en: str = ""
    supplier: str = ""
    distributor: str = ""
    store: str = ""
    product: str = ""
    versions: list[Version] = field(default_factory=list[Version])


_RULE = text(
    "select r.*, c.name_zh, c.name_en, m.name as supplier, d.name as distributor,"
    f" s.name as store, {title()} as product from split_rules r"
    " left join categories c on c.id = r.category_id left join merchants m on m.id = r.supplier_id"
    " left join merchants d on d.id = r.distributor_id left join stores s on s.id = r.store_id"
    " left join products p on p.id = r.product_id where r.id = :id"
)
_VERSIONS = text(
    "select v.*, u.name as by_name from split_rule_versions v"
    " left join users u on u.id = v.created_by where v.rule_id = :id order by v.version desc"
)


async def rule_page(actor: Actor, rule_id: UUID) -> RulePage:
    """Return a rule with its history. Raises Forbidden, NotFound."""
    actor.require("platform:rules:read")
    async with database().transaction(actor) as session:
        key = {"id": rule_id, "english": actor.locale == "en"}
        found = (await session.execute(_RULE, key)).mappings().first()
        if found is None:
            raise NotFound()
        versions = await rows(session, _VERSIONS, {"id": rule_id})
    return RulePage(**_conditions(dict(found)), versions=_history(versions))


def _conditions(row: Mapping[str, Any]) -> dict[str, str]:
    names = {key: row[key] or "" for key in ("supplier", "distributor", "store", "product")}
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "status": "ON" if row["is_active"] else "OFF",
        "category_zh": row["name_zh"] or "",
        "category_en": row["name_en"] or "",
        **names,
    }


def _history(versions: list[Mapping[str, Any]]) -> list[Version]:
    moment = now()
    effective = [v for v in versions if v["effective_at"] <= moment]
    latest = max(effective, key=lambda v: (v["effective_at"], v["version"]), default=None)
    return [_version(v, _standing(v, latest, moment)) for v in versions]


def _standing(row: Mapping[str, Any], latest: Mapping[str, Any] | None, moment: Any) -> str:
    if latest is not None and row["id"] == latest["id"]:
        return "NOW"
    return "LATER" if row["effective_at"] > moment else "BEFORE"


def _version(row: Mapping[str, Any], standing: str) -> Version:
    return Version(
        version=row["version"],
        effective_at=moment_text(row["effective_at"]),
        standing=standing,
        rate=f"{percent_text(row['rate_bps'])}%",
        base=row["base"],
        after_discount=row["after_discount"],
        fixed=yuan(row["fixed_cents"] or None),
        least=yuan(row["min_cents"] or None),
        most=yuan(row["max_cents"]),
        fee_rate=f"{percent_text(row['payment_fee_bps'])}%",
        fee_bearer=row["fee_bearer"],
        keeps_commission=row["keeps_commission_on_refund"],
        by=row["by_name"] or "",
    )


_VALUES = text(
    "select r.name, r.category_id, r.supplier_id, r.distributor_id, r.store_id, v.base,"
    " v.after_discount, v.rate_bps, v.fixed_cents, v.min_cents, v.max_cents, v.fee_bearer,"
    " v.payment_fee_bps, r.row_version,"
    " v.keeps_commission_on_refund, coalesce((select k.code from skus k"
    "  where k.product_id = r.product_id order by k.position, k.id limit 1), '') as product"
    " from split_rules r left join lateral (select * from split_rule_versions v"
    "  where v.rule_id = r.id order by v.version desc limit 1) v on true where r.id = :id"
)


async def rule_values(actor: Actor, rule_id: UUID) -> dict[str, str]:
    """Return a rule's newest version as its form shows it. Raises NotFound."""
    actor.require("platform:rules:read")
    async with database().transaction(actor) as session:
        row = (await session.execute(_VALUES, {"id": rule_id})).mappings().first()
    if row is None:
        raise NotFound()
    return {name: _shown(name, value) for name, value in row.items()}


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    if value is None or (name in ("fixed_cents", "min_cents") and not value):
        return ""
    if name.endswith("_bps"):
        return hundredths_text(value)
    return decimal_text(value) if name.endswith("_cents") else str(value)


async def product_of_code(actor: Actor, code: str) -> UUID | None:
    """Return the product that has a SKU of this code; None for an empty code. Raises Invalid."""
    if not code:
        return None
    async with database().transaction(actor) as session:
        found = await session.execute(
            text("select product_id from skus where code = :code order by id limit 1"),
            {"code": code},
        )
        row = found.first()
    if row is None:
        raise Invalid({"product": N_("No product has a SKU with this code.")})
    return row.product_id


@dataclass(frozen=True)
class Question:
    """What a line of an order would be: ids as chosen, the product as typed; all may be empty."""

    category: str = ""
    supplier: str = ""
    distributor: str = ""
    store: str = ""
    product: str = ""


async def subject_of(actor: Actor, question: Question) -> tuple[Subject, str]:
    """Return what rules are matched on, and the title of the product that was meant.

    A product brings its category and supplier, a store its distributor, where those are not
    chosen. What stays open gets an id that nothing has, so that only rules without that condition
    match. Raises Invalid for a product that is not found.
    """
    actor.require("platform:rules:read")
    async with database().transaction(actor) as session:
        product = await _product(session, question.product)
        category = _id(question.category) or product.get("category_id")
        store = _id(question.store)
        owner = await _owner(session, store) if store else None
        parents = await _with_parent(session, category) if category else frozenset[UUID]()
    return (
        Subject(
            category_ids=parents,
            supplier_id=_id(question.supplier) or product.get("supplier_id") or new_id(),
            distributor_id=_id(question.distributor) or owner or new_id(),
            product_id=product.get("id") or new_id(),
            store_id=store or new_id(),
        ),
        product.get("title", ""),
    )


def _id(value: str) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


async def _product(session: AsyncSession, typed: str) -> dict[str, Any]:
    if not typed.strip():
        return {}
    found = await session.execute(
        text(
            "select p.id, p.title, p.category_id, p.supplier_id from products p"
            " where exists (select 1 from skus k where k.product_id = p.id and k.code = :code)"
            " or p.search_grams @> :grams"
            " order by p.title = :code desc, p.updated_at desc limit 1"
        ),
        {"code": typed.strip(), "grams": query_grams(typed)},
    )
    row = found.mappings().first()
    if row is None:
        raise Invalid({"product": N_("No product matches.")})
    return dict(row)


async def _owner(session: AsyncSession, store_id: UUID) -> UUID | None:
    found = await session.execute(
        text("select distributor_id from stores where id = :id"), {"id": store_id}
    )
    return found.scalar()


async def _with_parent(session: AsyncSession, category_id: UUID) -> frozenset[UUID]:
    found = await session.execute(
        text("select id, parent_id from categories where id = :id"), {"id": category_id}
    )
    return frozenset(part for row in found for part in row if part is not None)
