"""The SKUs of a product as a set: their codes are checked together and written in a few statements.

Orders refer to a SKU for ever, so one that is left out is switched off, with its code and its
units; it comes back when its values do.
"""

from collections.abc import Sequence
from json import dumps
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import HOME_CURRENCY, N_
from app.kit.ids import new_id
from app.kit.text import Text
from app.services.price_changes import PriceChange
from models.catalog import Product, Sku, SkuCost, Stock, StockMovement, SupplyPrice

Cents = Annotated[int, Field(gt=0, le=10**11)]

SpecText = Annotated[str, Text(40, 1)]


class SkuDraft(BaseModel):
    """One variant as the supplier types it; amounts in cents."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: UUID | None = None
    code: Annotated[str, Text(60, 1)]
    spec_values: tuple[SpecText, ...] = ()
    supply_cents: Cents
    suggested_cents: Cents
    cost_cents: Annotated[int, Field(ge=0, le=10**11)] | None = None
    on_hand: Annotated[int, Field(ge=0, le=10**7)] = 0
    """Opening stock of a new SKU; later changes go through stock movements."""
    low_at: Annotated[int, Field(ge=0, le=10**6)] = 5
    is_active: bool = True


async def with_stored(
    session: AsyncSession, product_id: UUID, drafts: Sequence[SkuDraft]
) -> list[SkuDraft]:
    """Return the drafts, each new one of values that a left-out SKU has as that SKU again.

    Its units come back with it, and nobody counts them a second time.
    """
    found = await session.execute(
        text("select id, spec_values from skus where product_id = :product"),
        {"product": product_id},
    )
    held = {draft.id for draft in drafts}
    left_out = {tuple(row.spec_values): row.id for row in found if row.id not in held}
    return [
        draft.model_copy(update={"id": left_out[draft.spec_values]})
        if draft.id is None and draft.spec_values in left_out
        else draft
        for draft in drafts
    ]


async def check_codes(session: AsyncSession, product: Product, drafts: Sequence[SkuDraft]) -> None:
    """Check the codes of all SKUs together, so that they may be swapped or handed on.

    Raises Invalid at each cell whose code is there twice, or belongs to a SKU that keeps it.
    """
    codes = [draft.code for draft in drafts]
    found = await session.execute(
        text(
            "select code, product_id from skus where supplier_id = :supplier"
            " and code = any(:codes) and id <> all(cast(:ids as uuid[]))"
        ),
        {
            "supplier": product.supplier_id,
            "codes": codes,
            "ids": [draft.id for draft in drafts if draft.id is not None],
        },
    )
    taken = {row.code: _OWN_CODE if row.product_id == product.id else _CODE for row in found}
    taken |= {code: _TWICE for code in codes if codes.count(code) > 1}
    faults = {
        f"skus.{place}.code": taken[code] for place, code in enumerate(codes) if code in taken
    }
    if faults:
        raise Invalid(faults)


_CODE = N_("This code is used by another SKU.")
_TWICE = N_("This code stands here twice.")
_OWN_CODE = N_(
    "A SKU of this product that is switched off has this code. Bring its values back, or choose"
    " another code."
)


async def save_skus(
    session: AsyncSession, actor: Actor, product: Product, drafts: Sequence[SkuDraft]
) -> list[PriceChange]:
    """Write all SKUs of a product; return the changes of supply prices. Raises NotFound."""
    found = await session.execute(
        text(
            "select s.id, p.supply_cents, p.currency from skus s"
            " join supply_prices p on p.sku_id = s.id where s.product_id = :product"
        ),
        {"product": product.id},
    )
    before = {row.id: row for row in found}
    placed = list(enumerate(drafts))
    known = [(place, draft) for place, draft in placed if draft.id is not None]
    if any(draft.id not in before for _, draft in known):
        raise NotFound()
    await _change(session, product, known)
    kept = {draft.id for _, draft in known}
    await session.execute(
        text("update skus set is_active = false where id = any(:ids) and is_active"),
        {"ids": [sku_id for sku_id in before if sku_id not in kept]},
    )
    await _add(session, actor, product, [one for one in placed if one[1].id is None])
    await _save_costs(session, actor, [draft for _, draft in known])
    await _set_warnings(session, [draft for _, draft in known])
    changed = [(before[draft.id], draft) for _, draft in known]
    return [
        PriceChange(old.id, old.supply_cents, draft.supply_cents)
        for old, draft in changed
        if (old.supply_cents, old.currency) != (draft.supply_cents, HOME_CURRENCY)
    ]


async def _change(
    session: AsyncSession, product: Product, known: Sequence[tuple[int, SkuDraft]]
) -> None:
    """Change the SKUs that are there; codes are compared when all of them are written."""
    values = {
        "product": product.id,
        "ids": [draft.id for _, draft in known],
        "codes": [draft.code for _, draft in known],
        "values": [dumps(list(draft.spec_values), ensure_ascii=False) for _, draft in known],
        "suggested": [draft.suggested_cents for _, draft in known],
        "active": [draft.is_active for _, draft in known],
        "places": [place for place, _ in known],
        "cents": [draft.supply_cents for _, draft in known],
    }
    await session.execute(_SKUS, values)
    await session.execute(_PRICES, values)


_SKUS = text("""
update skus s set code = x.code, spec_values = cast(x.spec as jsonb),
  suggested_retail_cents = x.suggested, is_active = x.active, position = x.place
from unnest(cast(:ids as uuid[]), cast(:codes as text[]), cast(:values as text[]),
  cast(:suggested as bigint[]), cast(:active as bool[]), cast(:places as int[]))
  as x(id, code, spec, suggested, active, place)
where s.id = x.id and s.product_id = :product
""")

# Who types a price types yuan, whatever the price of imported history was in.
_PRICES = text("""
update supply_prices p set supply_cents = x.cents, currency = 'CNY', updated_at = now()
from unnest(cast(:ids as uuid[]), cast(:cents as bigint[])) as x(id, cents)
where p.sku_id = x.id and p.product_id = :product
  and (p.supply_cents, p.currency) <> (x.cents, 'CNY')
""")


async def _save_costs(session: AsyncSession, actor: Actor, known: Sequence[SkuDraft]) -> None:
    priced = [draft for draft in known if draft.cost_cents is not None]
    if not priced or not actor.may("supplier:costs:write"):
        return
    await session.execute(
        text(
            "insert into sku_costs (sku_id, supplier_id, cost_cents, version)"
            " select x.id, :supplier, x.cents, 1 from unnest(cast(:ids as uuid[]),"
            " cast(:cents as bigint[])) as x(id, cents) on conflict (sku_id) do update"
            " set cost_cents = excluded.cost_cents, version = sku_costs.version + 1,"
            " updated_at = now() where sku_costs.cost_cents <> excluded.cost_cents"
        ),
        {
            "supplier": actor.merchant,
            "ids": [draft.id for draft in priced],
            "cents": [draft.cost_cents for draft in priced],
        },
    )


async def _set_warnings(session: AsyncSession, known: Sequence[SkuDraft]) -> None:
    """Change at which stock to warn; the rows are taken in SKU order, as buyers take them."""
    await session.execute(
        text(
            "with x as materialized (select * from unnest(cast(:skus as uuid[]),"
            "  cast(:lows as int[])) as x(sku, low)),"
            " locked as materialized (select s.sku_id, x.low from stock s"
            "  join x on x.sku = s.sku_id where s.low_at <> x.low order by s.sku_id"
            "  for no key update of s)"
            " update stock s set low_at = locked.low from locked where s.sku_id = locked.sku_id"
        ),
        {"skus": [draft.id for draft in known], "lows": [draft.low_at for draft in known]},
    )


async def _add(
    session: AsyncSession, actor: Actor, product: Product, new: Sequence[tuple[int, SkuDraft]]
) -> None:
    """Make the new SKUs with their prices and their opening stock."""
    of_product: dict[str, Any] = {"product_id": product.id, "supplier_id": product.supplier_id}
    made = [(new_id(), place, draft) for place, draft in new]
    session.add_all(
        Sku(
            id=sku_id,
            **of_product,
            code=draft.code,
            spec_values=list(draft.spec_values),
            suggested_retail_cents=draft.suggested_cents,
            is_active=draft.is_active,
            position=place,
        )
        for sku_id, place, draft in made
    )
    await session.flush()
    with_costs = actor.may("supplier:costs:write")
    for sku_id, _, draft in made:
        session.add(SupplyPrice(sku_id=sku_id, **of_product, supply_cents=draft.supply_cents))
        session.add(Stock(sku_id=sku_id, **of_product, on_hand=draft.on_hand, low_at=draft.low_at))
        if draft.cost_cents is not None and with_costs:
            session.add(
                SkuCost(sku_id=sku_id, supplier_id=product.supplier_id, cost_cents=draft.cost_cents)
            )
        if draft.on_hand:
            session.add(
                StockMovement(
                    sku_id=sku_id,
                    supplier_id=product.supplier_id,
                    delta=draft.on_hand,
                    reason="OPENING",
                    user_id=actor.user_id,
                )
            )
