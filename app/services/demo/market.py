"""The demo market: companies, people, goods, stores, rules, and four months of trade."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from itertools import product as combinations
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM, Actor, Scope
from app.kit.clock import now
from app.kit.currencies import minor_units
from app.services.demo import goods, pictures
from app.services.demo.behaviour import make_campaigns, write_behaviour
from app.services.demo.history import Span, take_numbers, write_history
from app.services.engine import engine_transaction
from app.services.freight import FreightDraft, save_freight
from app.services.listings import list_products
from app.services.merchants import Application, found_merchant, make_owner
from app.services.passwords import hash_password
from app.services.pictures import keep_picture
from app.services.pool import push, review
from app.services.products import ProductDraft, SkuDraft, save_product
from app.services.rulebook import RAISE_REVISION_SQL
from app.services.rules.pricing import Charm, PricingKind, PricingRule
from app.services.settlement import release_due
from app.services.stores import StoreDraft, StoreTermsDraft, save_store, save_terms
from models.catalog import Category
from models.identity import Membership, User, UserSecret
from models.money import SplitRule, SplitRuleVersion
from models.ops import PlatformSetting

UNIT = minor_units()
"""Cents of a whole yuan: suggested prices have no decimals."""
PASSWORD = "tongshang-demo"  # noqa: S105 (a demo's password is meant to be known)
DAYS = 120
ORDERS = 1_800

LOGINS: tuple[tuple[str, str, str], ...] = (
    ("platform@demo.example", "林知夏", "platform"),
    ("supplier@demo.example", "陈青山", "qingyao"),
    ("distributor@demo.example", "苏木", "muxia"),
    ("both@demo.example", "何光", "heguang"),
)
"""Who may log in to the demo; the last one works for a company with both roles and for 木下."""


async def seed_demo() -> None:
    """Make the demo market. Meant for an empty database; takes some seconds."""
    keys = asyncio.create_task(_draw_pictures())
    async with engine_transaction(SYSTEM, "demo.seed") as session:
        merchants = await _companies(session)
        categories = await _categories(session)
        await _people(session, merchants)
        await _rules(session, categories)
        # Only this flag lets the login page show the demo's passwords. What follows has
        # transactions of its own, and a start that finds it not whole makes all of it anew.
        session.add(PlatformSetting(key="demo", value={"on": True, "whole": False}))
    await _products(merchants, categories, await keys)
    await _stores(merchants)
    await _past()
    async with engine_transaction(SYSTEM, "demo.seed") as session:
        await session.execute(
            text("update platform_settings set value = value || '{\"whole\": true}'"
                 " where key = 'demo'")
        )  # fmt: skip


async def _draw_pictures() -> Mapping[tuple[str, int], str]:
    wanted = sorted({(p.shape, palette) for p in goods.PRODUCTS for palette in p.palettes})
    limit = asyncio.Semaphore(2)

    async def one(shape: str, palette: int) -> tuple[tuple[str, int], str]:
        async with limit:
            drawn = await asyncio.to_thread(pictures.draw, shape, palette)
            return (shape, palette), await keep_picture(drawn)

    return dict(await asyncio.gather(*(one(*what) for what in wanted)))


async def _companies(session: AsyncSession) -> dict[str, UUID]:
    made: dict[str, UUID] = {}
    for code, name, _ in goods.SUPPLIERS:
        application = Application(
            name=name,
            code=code,
            is_supplier=True,
            is_distributor=code == "heguang",
            contact_name="演示联系人",
            contact_phone="+8657187650000",
        )
        made[code] = await found_merchant(session, application, status="ACTIVE")
    for code, name in goods.DISTRIBUTORS:
        application = Application(name=name, code=code, is_distributor=True)
        made[code] = await found_merchant(session, application, status="ACTIVE")
    waiting = Application(
        name="云岭茶叶专业合作社",
        code="yunling",
        is_supplier=True,
        contact_name="段师傅",
        contact_phone="+8687165430000",
        license_no="91530100MA6K00000X",
        note="古树茶产地直供，年产 20 吨。",
    )
    made["yunling"] = await found_merchant(session, waiting)
    return made


async def _categories(session: AsyncSession) -> dict[str, UUID]:
    made: dict[str, UUID] = {}
    for place, (slug, name_zh, name_en, children) in enumerate(goods.CATEGORIES):
        parent = Category(slug=slug, name_zh=name_zh, name_en=name_en, position=place)
        session.add(parent)
        await session.flush()
        made[slug] = parent.id
        for below, (child, child_zh, child_en) in enumerate(children):
            row = Category(
                slug=child, name_zh=child_zh, name_en=child_en, position=below, parent_id=parent.id
            )
            session.add(row)
            made[child] = row.id
    await session.flush()
    return made


async def _people(session: AsyncSession, merchants: Mapping[str, UUID]) -> None:
    hashed = await hash_password(PASSWORD)
    for email, name, place in LOGINS:
        user = User(email=email, name=name)
        session.add(user)
        await session.flush()
        session.add(UserSecret(user_id=user.id, password_hash=hashed))
        if place == "platform":
            await make_platform_owner(session, user.id)
        else:
            await make_owner(session, user.id, merchants[place])
        if email.startswith("both"):
            await make_owner(session, user.id, merchants["muxia"])


async def make_platform_owner(session: AsyncSession, user_id: UUID) -> None:
    """Let a user run the platform, inside the caller's transaction."""
    found = await session.execute(
        text("select id from roles where code = 'platform_owner' and merchant_id is null")
    )
    session.add(Membership(user_id=user_id, role_id=found.scalar_one()))


async def _rules(session: AsyncSession, categories: Mapping[str, UUID]) -> None:
    start = now() - timedelta(days=DAYS + 30)
    for position, (name, category, rate) in enumerate(
        (
            ("数码类目优惠费率", "digital", 300),
            ("生鲜类目费率", "fruit", 400),
            ("默认费率", None, 500),
        ),
        start=1,
    ):
        rule = SplitRule(
            position=position, name=name, category_id=categories[category] if category else None
        )
        session.add(rule)
        await session.flush()
        session.add(
            SplitRuleVersion(
                rule_id=rule.id, version=1, rate_bps=rate, payment_fee_bps=60, effective_at=start
            )
        )
    await session.flush()
    await session.execute(text(RAISE_REVISION_SQL))


def _supplier(merchant_id: UUID) -> Actor:
    held = ("products", "costs", "stock", "freight")
    permissions = frozenset(f"supplier:{resource}:write" for resource in held)
    return Actor(Scope.SUPPLIER, merchant_id=merchant_id, permissions=permissions)


async def _products(
    merchants: Mapping[str, UUID],
    categories: Mapping[str, UUID],
    keys: Mapping[tuple[str, int], str],
) -> None:
    platform = Actor(Scope.PLATFORM, permissions=frozenset({"platform:products:write"}))
    for place, (code, _, _) in enumerate(goods.SUPPLIERS):
        actor = _supplier(merchants[code])
        await save_freight(actor, _freight(place))
        ids = [
            await save_product(actor, _draft(product, number, categories, keys))
            for number, product in enumerate(goods.PRODUCTS)
            if product.supplier == code
        ]
        await push(actor, ids)
        # The newest product of two suppliers still waits, so that reviewing can be tried.
        await review(platform, ids[:-1] if place < 2 else ids, approve=True)


def _freight(place: int) -> FreightDraft:
    return FreightDraft(
        first_cents=(800, 1_000, 600, 1_200, 1_000)[place],
        additional_cents=200,
        free_from_cents=(9_900, 19_900, 9_900, 29_900, 19_900)[place],
        region_surcharges={"54": 1_500, "65": 1_500},
        refused_regions=("71", "81", "82"),
    )


def _draft(
    product: goods.DemoProduct,
    number: int,
    categories: Mapping[str, UUID],
    keys: Mapping[tuple[str, int], str],
) -> ProductDraft:
    values = list(combinations(*(values for _, values in product.specs)))
    pictures = tuple(keys[product.shape, palette] for palette in product.palettes)
    # The palettes of a product are the first of its colours.
    colours = next((named for spec, named in product.specs if spec in goods.COLOUR_SPECS), ())
    return ProductDraft(
        category_id=categories[product.category],
        title=product.title,
        title_en=product.title_en,
        subtitle=product.subtitle,
        description_html=_description(product),
        spec_names=tuple(name for name, _ in product.specs),
        pictures=pictures,
        picture_values=dict(zip(pictures, colours, strict=False)),
        skus=tuple(_sku(product, number, place, value) for place, value in enumerate(values)),
    )


def _sku(product: goods.DemoProduct, number: int, place: int, values: tuple[str, ...]) -> SkuDraft:
    # Each step along the last spec (the larger size) costs a quarter more.
    steps = product.specs[-1][1].index(values[-1])
    supply = round(product.supply_cents * (1 + 0.25 * steps) / 10) * 10
    return SkuDraft(
        code=f"{product.supplier[:2].upper()}{number:03d}-{place + 1:02d}",
        spec_values=values,
        supply_cents=supply,
        suggested_cents=round(supply * 1.6 / UNIT) * UNIT,
        cost_cents=round(supply * 0.62),
        on_hand=(3 if (number + place) % 11 == 0 else 40 + (number * 7 + place * 13) % 120),
    )


def _description(product: goods.DemoProduct) -> str:
    specs = "".join(f"<li>{name}：{'、'.join(values)}</li>" for name, values in product.specs)
    return (
        f"<p><strong>{product.title}</strong>——{product.subtitle}。</p>"
        f"<ul>{specs}<li>发货：48 小时内由厂家直发</li></ul>"
        "<p>支持七天无理由退换（生鲜除外）。演示商品，图片由系统生成。</p>"
    )


async def _stores(merchants: Mapping[str, UUID]) -> None:
    permissions = frozenset({"distributor:store:write", "distributor:listings:write"})
    approved = await _approved()
    for place, store in enumerate(goods.STORES):
        owner, slug, name, tagline, announcement, accent, bps, charm = store
        actor = Actor(Scope.DISTRIBUTOR, merchant_id=merchants[owner], permissions=permissions)
        draft = StoreDraft(
            name=name,
            slug=slug,
            tagline=tagline,
            announcement=announcement,
            accent=accent,
            contact_phone="+8657187651234",
            free_shipping_from_cents=goods.FREE_SHIPPING_FROM.get(slug),
        )
        store_id = await save_store(actor, draft)
        chosen = [
            product
            for number, product in enumerate(approved)
            if (number * 7 + place * 3) % 10 < (8, 6, 7, 4)[place]
        ]
        pricing = PricingRule(PricingKind.MARKUP, bps, 0, Charm(charm))
        await save_terms(actor, store_id, StoreTermsDraft(pricing))
        await list_products(actor, store_id, chosen, pricing)


async def _approved() -> list[UUID]:
    async with engine_transaction(SYSTEM, "demo.seed") as session:
        found = await session.execute(
            text("select product_id from pool_entries where status = 'APPROVED' order by 1")
        )
        return [row.product_id for row in found]


async def _past() -> None:
    end, start = now(), now() - timedelta(days=DAYS)
    async with engine_transaction(SYSTEM, "demo.seed") as session:
        numbers = await take_numbers(session, ORDERS)
        await write_history(session, Span(1, ORDERS, ORDERS, start, end, numbers))
        await make_campaigns(session, start)
        await write_behaviour(session, start, end, visitors=70)
        await session.execute(text("select refresh_shelf(array_agg(id)) from listings"))
    await release_due(limit=1_000_000)
