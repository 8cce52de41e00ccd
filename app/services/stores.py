"""A distributor's stores: opened in minutes, decorated, closed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import Invalid, NotFound, TradeError
from app.kit.i18n import N_
from app.kit.settings import settings
from app.kit.text import Text
from app.services.merchants import SLUG
from app.services.rules.pricing import PricingRule
from app.services.versions import check_version, raise_version
from models.store import CostPolicy, Store, StoreStatus

RESERVED_SLUGS = {"admin", "api", "assets", "console", "media", "platform", "static", "www"}
TAKEN = N_("This address is taken. Choose another.")
HOST_TAKEN = N_("Another store uses this host name.")
HOST_OURS = N_("This host name belongs to the platform itself.")
HOST_WRONG = N_("Please enter a host name such as tea.example.com, without https:// or a path.")
_HOST = re.compile(r"(?=.{4,120}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


class NoStore(TradeError):
    """The distributor has no store that could list anything."""

    code = "no_store"
    status = 409
    message = "Open a store first: it takes a minute."


class StoreDraft(BaseModel):
    """A store as its distributor types it. ``accent`` is a colour such as #0f766e.

    The banner's title and text stand large on the store's entry page, in place of its name and
    tagline. ``host_name`` is one of the store's own, whose DNS record leads to the platform; ''
    takes it away. What is None stays as it is.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: UUID | None = None
    name: Annotated[str, Text(60, 1)]
    slug: Annotated[str, StringConstraints(pattern=SLUG)]
    tagline: Annotated[str, Text(120)] = ""
    announcement: Annotated[str, Text(200, lines=True)] = ""
    contact_phone: Annotated[str, Text(20)] = ""
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#b4532a"
    is_open: bool = True
    logo_key: Annotated[str, StringConstraints(pattern=r"^([0-9A-Za-z/_-]{1,200})?$")] | None = None
    banner_title: Annotated[str, Text(40)] | None = None
    banner_text: Annotated[str, Text(120, lines=True)] | None = None
    host_name: Annotated[str, Text(120), AfterValidator(str.lower)] | None = None
    free_shipping_from_cents: Annotated[int, Field(ge=0, le=10**9)] | None = None
    """From which amount of goods an order is shipped for free, at the store's cost; 0: never."""


@dataclass(frozen=True)
class StoreTermsDraft:
    """How a store usually prices, and what its listings do when a supply price rises."""

    pricing: PricingRule = field(default_factory=PricingRule)
    policy: CostPolicy = CostPolicy.FOLLOW_MARGIN


async def save_store(actor: Actor, draft: StoreDraft, version: int | None = None) -> UUID:
    """Open a store or change it.

    ``version`` is that of the store that the draft was made of; see ``check_version``. Raises
    NotFound, Stale, or Invalid when slug or host name cannot be.
    """
    actor.require("distributor:store:write")
    if draft.slug in RESERVED_SLUGS:
        raise Invalid({"slug": TAKEN})
    if draft.host_name:
        _check_host(draft.host_name)
    try:
        async with database().transaction(actor) as session:
            store = Store(distributor_id=actor.merchant, slug=draft.slug, name=draft.name)
            if draft.id is not None:
                await check_version(session, "stores", draft.id, version)
                found = await session.execute(
                    select(Store).where(
                        Store.id == draft.id,  # type: ignore[arg-type]
                        Store.distributor_id == actor.merchant,  # type: ignore[arg-type]
                    )
                )
                store = found.scalar_one_or_none()
                if store is None:
                    raise NotFound()
            _fill(store, draft)
            session.add(store)
            await session.flush()
            return store.id
    except IntegrityError as error:
        if "host_name" in str(error.orig):
            raise Invalid({"host_name": HOST_TAKEN}) from error
        raise Invalid({"slug": TAKEN}) from error


def _check_host(name: str) -> None:
    configured = settings()
    if not _HOST.fullmatch(name):
        raise Invalid({"host_name": HOST_WRONG})
    if name in (urlsplit(configured.origin).hostname, (configured.store_host or "").lower()):
        raise Invalid({"host_name": HOST_OURS})


def _fill(store: Store, draft: StoreDraft) -> None:
    store.slug = draft.slug
    store.name = draft.name
    store.tagline = draft.tagline or None
    store.announcement = draft.announcement or None
    store.contact_phone = draft.contact_phone or None
    if draft.free_shipping_from_cents is not None:
        store.free_shipping_from_cents = draft.free_shipping_from_cents or None
    if draft.host_name is not None:
        store.host_name = draft.host_name or None
    wished = {
        "accent": draft.accent.lower(),
        "logo_key": draft.logo_key,
        "banner_title": draft.banner_title,
        "banner_text": draft.banner_text,
    }
    store.theme = {**store.theme, **{k: v for k, v in wished.items() if v is not None}}
    store.status = StoreStatus.OPEN if draft.is_open else StoreStatus.CLOSED
    store.updated_at = now()


async def set_open(actor: Actor, store_ids: Sequence[UUID], *, is_open: bool) -> int:
    """Open stores to customers, or close them; returns how many changed."""
    actor.require("distributor:store:write")
    status = StoreStatus.OPEN if is_open else StoreStatus.CLOSED
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "update stores set status = :status, updated_at = now()"
                " where id = any(:ids) and status <> :status returning id"
            ),
            {"ids": list(store_ids), "status": status},
        )
        return len(found.all())


async def save_terms(
    actor: Actor, store_id: UUID, draft: StoreTermsDraft, version: int | None = None
) -> None:
    """Keep how a store usually prices; ``version`` is that of the store.

    Raises NotFound for another's store, Stale.
    """
    actor.require("distributor:store:write")
    async with database().transaction(actor) as session:
        await check_version(session, "stores", store_id, version)
        await raise_version(session, "stores", store_id)
        found = await session.execute(
            text(
                "insert into store_terms (store_id, distributor_id, pricing, cost_policy)"
                " select id, distributor_id, cast(:pricing as jsonb), :policy from stores"
                " where id = :store on conflict (store_id) do update set"
                " pricing = excluded.pricing, cost_policy = excluded.cost_policy,"
                " updated_at = now() returning store_id"
            ),
            {
                "store": store_id,
                "pricing": dumps(draft.pricing.as_json()),
                "policy": draft.policy,
            },
        )
        if found.first() is None:
            raise NotFound()


async def terms_of(actor: Actor, store_id: UUID) -> StoreTermsDraft:
    """Return how a store usually prices: as suppliers suggest, unless it says otherwise."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text("select pricing, cost_policy from store_terms where store_id = :store"),
            {"store": store_id},
        )
        row = found.first()
    if row is None:
        return StoreTermsDraft()
    return StoreTermsDraft(PricingRule.from_json(row.pricing), CostPolicy(row.cost_policy))
