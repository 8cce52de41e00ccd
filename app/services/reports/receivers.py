"""As whom a report is computed: its receiver, with what they may see at that moment."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor, Scope
from app.routes import PLATFORM_SLUG, Workspace
from app.services.grants import held_by
from app.services.sessions import REQUIRE_PLATFORM_TOTP
from models.identity import MerchantStatus


@dataclass(frozen=True)
class Receiver:
    """A member, and as whom they would act in the workspace now.

    The actor has no permissions where they could not enter it.
    """

    actor: Actor
    email: str
    name: str
    workspace: Workspace
    workspace_name: str

    @property
    def locale(self) -> str:
        """The language that they read."""
        return self.actor.locale


_MEMBER = (
    "select u.email, u.name, u.locale, u.totp_enabled_at is not null as has_totp,"
    " coalesce(c.code, :platform) as code, coalesce(c.name, '') as merchant_name,"
    " coalesce(c.status, 'ACTIVE') as status,"
    " case :scope when 'supplier' then c.is_supplier when 'distributor' then c.is_distributor"
    "  else c.id is null end as fits,"
    " coalesce((select (value ->> 'on')::boolean from platform_settings where key = :totp), false)"
    "  as needs_totp"
    " from users u left join merchants c on c.id = cast(:place as uuid)"
    " where u.id = :user and u.disabled_at is null and exists (select 1 from memberships m"
    "  where m.user_id = u.id and m.merchant_id is not distinct from cast(:place as uuid))"
)


async def receiver_of(
    session: AsyncSession, user_id: UUID, scope: Scope, place: UUID | None
) -> Receiver | None:
    """Return a receiver as they are now; None for somebody who works there no longer.

    The rules are those by which a session acts: see ``sessions.actor_for``. The engine asks.
    """
    values = {
        "user": user_id,
        "scope": scope,
        "place": place,
        "platform": PLATFORM_SLUG,
        "totp": REQUIRE_PLATFORM_TOTP,
    }
    row = (await session.execute(text(_MEMBER), values)).first()
    if row is None:
        return None
    is_open = row.status in (MerchantStatus.ACTIVE, MerchantStatus.SUSPENDED) and row.fits
    lacks_factor = scope is Scope.PLATFORM and row.needs_totp and not row.has_totp
    held = set[str]()
    if is_open and not lacks_factor:
        held = await held_by(session, user_id, place)
    actor = Actor(
        scope,
        user_id=user_id,
        merchant_id=place,
        permissions=_to_read(held, scope),
        locale=row.locale,
    )
    workspace = Workspace(scope, row.code)
    return Receiver(actor, row.email, row.name, workspace, row.merchant_name)


def _to_read(held: set[str], scope: Scope) -> frozenset[str]:
    """Return what may be read: a report changes nothing, so it needs no more."""
    return frozenset(p for p in held if p.startswith(f"{scope}:") and p.endswith(":read"))
