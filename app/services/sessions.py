"""Signed-in browsers: who a cookie's token stands for, and as whom it acts in a workspace.

``actor_for`` runs for every event of the console, so it is one statement on the hot pool. What it
finds holds for that event only: a session that is revoked, a role that is taken away or a merchant
that is suspended takes effect with the next one.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import PUBLIC, SYSTEM, Actor, Scope
from app.kit.clock import now
from app.kit.errors import NotFound, NotSignedIn, TradeError
from app.routes import PLATFORM_SLUG, Workspace
from app.services.engine import engine_pipeline, engine_transaction
from models.identity import MerchantStatus, UserSession

COOKIE = "ts_session"
"""The cookie that holds the token; HttpOnly, so that no script reads it."""

IDLE = timedelta(days=7)
"""A session that nobody used for so long has ended."""

LIFETIME = timedelta(days=30)
"""However much it is used, a session ends after so long."""

SECOND_STEP = timedelta(minutes=10)
"""How long the right password waits for the second factor."""

KEPT = timedelta(days=90)
"""How long an ended session or a used token is kept, for whoever looks into an incident."""

REQUIRE_PLATFORM_TOTP = "require_platform_totp"
"""The key in platform_settings; its value is ``{"on": true}`` where the rule holds."""


class SecondFactorDue(TradeError):
    """Platform staff must set up a second factor before they may work."""

    code = "second_factor_due"
    status = 403
    message = "The platform requires its staff to use two-step verification. Set it up to continue."


@dataclass(frozen=True)
class Client:
    """From where a browser calls, as people recognise it in the list of their sessions."""

    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True)
class WorkspaceEntry:
    """A workspace of a user. ``status`` is the merchant's; only some may be entered."""

    scope: str
    merchant_code: str
    merchant_name: str
    status: str = MerchantStatus.ACTIVE

    @property
    def workspace(self) -> Workspace:
        """The workspace as addresses name it."""
        return Workspace(self.scope, self.merchant_code)

    @property
    def is_open(self) -> bool:
        """Whether it may be entered (a suspended merchant may look, not write)."""
        return self.status in (MerchantStatus.ACTIVE, MerchantStatus.SUSPENDED)


@dataclass(frozen=True)
class SignedIn:
    """A user with a valid session; ``workspaces`` also lists those that wait for approval."""

    user_id: UUID
    session_id: UUID
    name: str
    email: str
    locale: str
    totp_enabled: bool
    last_workspace: str | None
    workspaces: tuple[WorkspaceEntry, ...]


@dataclass(frozen=True)
class Entered:
    """Who entered a workspace; ``merchant_name`` is empty for the platform and the account."""

    user_id: UUID
    session_id: UUID
    name: str
    email: str
    locale: str
    totp_enabled: bool
    merchant_name: str
    is_suspended: bool


_SESSION = """\
with session as materialized (
  select s.id, s.last_seen_at, u.id as user_id, u.name, u.email, u.locale, u.last_workspace,
    u.totp_enabled_at is not null as totp_enabled
  from user_sessions s join users u on u.id = s.user_id
  where s.token_hash = %(token)s and s.revoked_at is null and u.disabled_at is null
    and s.expires_at > %(now)s and s.last_seen_at > %(idle)s
    and (u.totp_enabled_at is null or s.second_factor_at is not null)),
seen as (
  update user_sessions s set last_seen_at = %(now)s from session
  where s.id = session.id and session.last_seen_at < %(now)s - interval '1 minute'),
held as (
  -- A role counts only where it belongs: the platform's own here, a merchant's own there.
  select m.merchant_id, p.permission from session
  join memberships m on m.user_id = session.user_id
  join roles r on r.id = m.role_id and r.is_platform = (m.merchant_id is null)
    and (r.merchant_id is null or r.merchant_id = m.merchant_id)
  join role_permissions p on p.role_id = r.id)
"""

_SIGNED_IN = (
    _SESSION
    + """\
select session.*, coalesce((
  select jsonb_agg(w order by w.place, w.name, w.code) from (
    select 0 as place, 'platform' as scope, %(platform)s as code, '' as name, 'ACTIVE' as status
    where exists (select 1 from held where merchant_id is null)
    union all
    select 1, s.scope, c.code, c.name, c.status from merchants c
    cross join (values ('supplier'), ('distributor')) as s(scope)
    where (s.scope = 'supplier' and c.is_supplier or s.scope = 'distributor' and c.is_distributor)
      and exists (select 1 from held h
        where h.merchant_id = c.id and starts_with(h.permission, s.scope || ':'))
    order by 1, 4, 2 desc) as w), '[]') as workspaces
from session"""
)

_ACTOR = (
    _SESSION
    + """\
select session.*, c.id as merchant_id, coalesce(c.name, '') as merchant_name,
  coalesce(c.status, 'ACTIVE') as status,
  array(select distinct permission from held
    where merchant_id is not distinct from c.id
      and starts_with(permission, %(scope)s || ':')) as permissions,
  coalesce((select (value ->> 'on')::boolean from platform_settings
    where key = %(require_totp)s), false) as require_totp
from session left join merchants c on c.code = %(merchant)s
  and case %(scope)s when 'supplier' then c.is_supplier
    when 'distributor' then c.is_distributor else false end"""
)


def token_hash(token: str) -> str:
    """Return the form in which tokens are kept: their SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


async def signed_in(token: str | None) -> SignedIn:
    """Return the user of a session and their workspaces.

    Raises NotSignedIn for no session, one that ended, a disabled user, a second factor still due.
    """
    row = await _resolve(_SIGNED_IN, token, {"platform": PLATFORM_SLUG})
    entries = (
        WorkspaceEntry(w["scope"], w["code"], w["name"], w["status"]) for w in row["workspaces"]
    )
    return SignedIn(
        user_id=row["user_id"],
        session_id=row["id"],
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
        totp_enabled=row["totp_enabled"],
        last_workspace=row["last_workspace"],
        workspaces=tuple(entries),
    )


async def actor_for(
    token: str | None, workspace: Workspace, locale: str = "zh_CN"
) -> tuple[Actor, Entered]:
    """Return as whom a session acts in a workspace.

    Raises NotSignedIn as ``signed_in`` does; NotFound for a workspace that is not the user's or
    not open yet; SecondFactorDue. In a suspended merchant only reading is permitted.
    """
    row = await _resolve(
        _ACTOR,
        token,
        {
            "scope": workspace.scope,
            "merchant": workspace.merchant,
            "require_totp": REQUIRE_PLATFORM_TOTP,
        },
    )
    _check_open(workspace, row)
    is_suspended = row["status"] == MerchantStatus.SUSPENDED
    actor = Actor(
        Scope(workspace.scope),
        user_id=row["user_id"],
        merchant_id=row["merchant_id"],
        permissions=_permissions(row["permissions"], read_only=is_suspended),
        locale=locale,
    )
    return actor, Entered(
        user_id=row["user_id"],
        session_id=row["id"],
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
        totp_enabled=row["totp_enabled"],
        merchant_name=row["merchant_name"],
        is_suspended=is_suspended,
    )


async def remember_workspace(user_id: UUID, workspace: Workspace) -> None:
    """Let the next login land in ``workspace``."""
    actor = Actor(Scope.ACCOUNT, user_id)
    async with engine_pipeline(actor, "sessions.remember") as connection:
        await connection.execute(
            "update users set last_workspace = %s where id = %s and last_workspace is distinct"
            " from %s",
            [workspace.key, user_id, workspace.key],
        )


async def start(
    session: AsyncSession, user_id: UUID, client: Client, *, passed: bool, is_done: bool = True
) -> str:
    """Begin a session inside the caller's transaction; return its token, never one given to us.

    ``passed`` says that a second factor was shown; ``is_done`` is False while one is due.
    """
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            user_id=user_id,
            token_hash=token_hash(token),
            second_factor_at=now() if passed else None,
            ip=client.ip,
            user_agent=(client.user_agent or "")[:300] or None,
            expires_at=now() + (LIFETIME if is_done else SECOND_STEP),
        )
    )
    await session.flush()
    return token


async def _resolve(
    statement: LiteralString, token: str | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    if not token:
        raise NotSignedIn()
    at = now()
    values = {**values, "token": token_hash(token), "now": at, "idle": at - IDLE}
    async with engine_pipeline(PUBLIC, "sessions.resolve") as connection:
        cursor = await connection.execute(statement, values)
    row = await cursor.fetchone()
    if row is None:
        raise NotSignedIn()
    return row


def _check_open(workspace: Workspace, row: Mapping[str, Any]) -> None:
    if workspace.scope == Scope.ACCOUNT:
        return
    is_platform = workspace.scope == Scope.PLATFORM
    in_place = workspace.merchant == PLATFORM_SLUG if is_platform else row["merchant_id"]
    is_open = row["status"] in (MerchantStatus.ACTIVE, MerchantStatus.SUSPENDED)
    if not (in_place and is_open and row["permissions"]):
        raise NotFound()
    if is_platform and row["require_totp"] and not row["totp_enabled"]:
        raise SecondFactorDue()


def _permissions(held: list[str], *, read_only: bool) -> frozenset[str]:
    if not read_only:
        return frozenset(held)
    return frozenset(
        permission.removesuffix(":write") + ":read" if permission.endswith(":write") else permission
        for permission in held
    )


async def tidy() -> int:
    """Forget sessions and one-time tokens that ended long ago; return how many rows went."""
    gone = 0
    async with engine_transaction(SYSTEM, "sessions.tidy") as session:
        for table, ended in (
            ("user_sessions", "least(expires_at, coalesce(revoked_at, expires_at))"),
            ("one_time_tokens", "least(expires_at, coalesce(used_at, expires_at))"),
        ):
            found = await session.execute(
                text(f"delete from {table} where {ended} < :since returning 1"),
                {"since": now() - KEPT},
            )
            gone += len(found.all())
    return gone
