"""Links that a distributor spreads, each with a code by which its visitors are counted."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.kit.text import Text

MOST_CAMPAIGNS = 200
"""So many links of one store count at a time."""

CODE_LENGTH = 6
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What is read aloud or typed from paper without mistake."""

Channel = Literal[
    "wechat", "douyin", "xiaohongshu", "weibo", "sms", "email", "print", "partner", "other"
]

MEDIA: Mapping[Channel, str] = {
    "wechat": "social",
    "douyin": "video",
    "xiaohongshu": "social",
    "weibo": "social",
    "sms": "message",
    "email": "message",
    "print": "print",
    "partner": "referral",
    "other": "campaign",
}
"""Where a link is spread → the kind of medium that this is."""


class CampaignDraft(BaseModel):
    """A campaign as its distributor names it."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    store_id: UUID
    name: Annotated[str, Text(60, 1)]
    channel: Channel


async def make(actor: Actor, draft: CampaignDraft) -> str:
    """Make a campaign's link; return its code.

    Raises NotFound for another's store, Invalid where the store has as many as it may.
    """
    actor.require("distributor:store:write")
    code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select (select count(*) from store_campaigns c where c.store_id = s.id"
                " and c.ended_at is null) as running from stores s where s.id = :store"
                " and s.distributor_id = :distributor for update"
            ),
            {"store": draft.store_id, "distributor": actor.merchant},
        )
        row = found.first()
        if row is None:
            raise NotFound()
        if row.running >= MOST_CAMPAIGNS:
            raise Invalid({"name": N_("You have reached the limit. End some of the others first.")})
        await session.execute(
            text(
                "insert into store_campaigns (id, store_id, distributor_id, code, name, source,"
                " medium) values (:id, :store, :distributor, :code, :name, :source, :medium)"
            ),
            {
                "id": new_id(),
                "store": draft.store_id,
                "distributor": actor.merchant,
                "code": code,
                "name": draft.name,
                "source": draft.channel,
                "medium": MEDIA[draft.channel],
            },
        )
    return code


async def end(actor: Actor, campaign_ids: Sequence[UUID]) -> int:
    """End campaigns; return how many. Their links still lead to the store, and still count."""
    actor.require("distributor:store:write")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "update store_campaigns set ended_at = now() where id = any(:ids)"
                " and ended_at is null and distributor_id = :distributor returning id"
            ),
            {"ids": list(campaign_ids), "distributor": actor.merchant},
        )
        return len(found.all())
