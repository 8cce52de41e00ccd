"""A store's customers: accounts by phone and password, signed-in browsers, kept addresses."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import Invalid, NotFound, NotSignedIn, TooMany, TradeError
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.kit.text import Text
from app.services.engine import engine_transaction
from app.services.passwords import hash_password, is_password
from app.services.placing import Address

SESSION_DAYS = 30
MOST_FAILURES = 5
LOCKED_MINUTES = 15
MOST_ADDRESSES = 20


class WrongLogin(TradeError):
    """Phone or password is wrong; which of them is not said."""

    code = "wrong_login"
    status = 422
    message = "Incorrect phone number or password."


class Registration(BaseModel):
    """What a new customer types; ``phone`` is E.164."""

    model_config = ConfigDict(frozen=True)

    phone: Annotated[str, StringConstraints(pattern=r"^\+\d{6,15}$")]
    name: Annotated[str, Text(60, 1)]
    password: Annotated[str, Text(128, 8, secret=True)]
    locale: str = "zh_CN"


@dataclass(frozen=True)
class SignedIn:
    """A customer in a signed-in browser."""

    consumer_id: UUID
    name: str
    phone: str


@dataclass(frozen=True)
class KeptAddress:
    """An address in a customer's book."""

    id: UUID
    address: Address
    is_default: bool


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def register(actor: Actor, distributor_id: UUID, wish: Registration) -> str:
    """Open an account in the actor's store; return the token of a signed-in browser.

    Raises Invalid when the phone has an account there already.
    """
    hashed = await hash_password(wish.password)
    consumer_id = new_id()
    try:
        async with engine_transaction(actor, "consumers.login") as session:
            await session.execute(
                _CREATE,
                {
                    "id": consumer_id,
                    "store": actor.store_id,
                    "distributor": distributor_id,
                    "hash": hashed,
                    "at": now(),
                    **wish.model_dump(include={"phone", "name", "locale"}),
                },
            )
            return await _open_session(session, consumer_id)
    except IntegrityError as error:
        raise Invalid(
            {"phone": N_("This phone number already has an account here. Sign in.")}
        ) from error


async def log_in(actor: Actor, phone: str, password: str) -> str:
    """Return the token of a signed-in browser.

    An attempt is counted before it is judged, so that guesses side by side are counted too.
    Raises WrongLogin, or TooMany while the account is locked.
    """
    async with engine_transaction(actor, "consumers.login") as session:
        found = await session.execute(
            _ATTEMPT,
            {
                "store": actor.store_id,
                "phone": phone,
                "now": now(),
                "most": MOST_FAILURES,
                "until": now() + timedelta(minutes=LOCKED_MINUTES),
            },
        )
        secret = found.mappings().first()
    if secret is not None and secret["was_locked"]:
        raise TooMany(LOCKED_MINUTES * 60)
    right = await is_password(secret["password_hash"] if secret else None, password)
    if secret is None or not right:
        raise WrongLogin()
    async with engine_transaction(actor, "consumers.login") as session:
        await session.execute(_UNLOCK, {"consumer": secret["consumer_id"]})
        return await _open_session(session, secret["consumer_id"])


async def who(actor: Actor, token: str) -> SignedIn | None:
    """Return the customer of a signed-in browser in the actor's store, if the session holds."""
    async with engine_transaction(actor, "consumers.session") as session:
        found = await session.execute(
            _WHO, {"hash": _hash(token), "store": actor.store_id, "now": now()}
        )
        row = found.first()
    return SignedIn(row.id, row.name, row.phone) if row else None


async def log_out(actor: Actor, token: str) -> None:
    """End a signed-in browser's session."""
    async with engine_transaction(actor, "consumers.session") as session:
        await session.execute(
            text(
                "update consumer_sessions set revoked_at = :now"
                " where token_hash = :hash and revoked_at is null"
            ),
            {"hash": _hash(token), "now": now()},
        )


async def addresses(actor: Actor) -> list[KeptAddress]:
    """Return the customer's addresses, the default one first."""
    async with database().transaction(actor) as session:
        found = await session.execute(_ADDRESSES, {"consumer": _consumer(actor)})
        return [_kept(dict(row)) for row in found.mappings()]


async def keep_address(actor: Actor, address: Address, *, is_default: bool = False) -> None:
    """Keep an address for the next order; one that is kept already is not kept twice."""
    known = await addresses(actor)
    same = next((kept for kept in known if kept.address == address), None)
    if same is None and len(known) >= MOST_ADDRESSES:
        raise Invalid({"street": N_("Your address book is full. Remove an address first.")})
    async with database().transaction(actor) as session:
        if is_default:
            await session.execute(
                text("update consumer_addresses set is_default = (id = :same)"),
                {"same": same.id if same else None},
            )
        if same is None:
            await session.execute(
                _KEEP,
                {
                    "id": new_id(),
                    "consumer": _consumer(actor),
                    "is_default": is_default or not known,
                    "at": now(),
                    **address.model_dump(),
                },
            )


async def forget_address(actor: Actor, address_id: UUID) -> None:
    """Remove an address from the customer's book. Raises NotFound."""
    async with database().transaction(actor) as session:
        gone = await session.execute(
            text("delete from consumer_addresses where id = :id and consumer_id = :consumer"),
            {"id": address_id, "consumer": _consumer(actor)},
        )
        if not getattr(gone, "rowcount", 0):
            raise NotFound()


def _consumer(actor: Actor) -> UUID:
    if actor.consumer_id is None:
        raise NotSignedIn()
    return actor.consumer_id


async def _open_session(session: AsyncSession, consumer_id: UUID) -> str:
    token = secrets.token_urlsafe(32)
    await session.execute(
        text(
            "insert into consumer_sessions (id, consumer_id, token_hash, created_at, expires_at)"
            " values (:id, :consumer, :hash, :now, :until)"
        ),
        {
            "id": new_id(),
            "consumer": consumer_id,
            "hash": _hash(token),
            "now": now(),
            "until": now() + timedelta(days=SESSION_DAYS),
        },
    )
    return token


def _kept(row: dict[str, Any]) -> KeptAddress:
    fields = {name: row[name] for name in Address.model_fields}
    return KeptAddress(row["id"], Address.model_construct(**fields), row["is_default"])


_CREATE = text(
    "with one as (insert into consumers (id, store_id, distributor_id, phone, name, locale,"
    "  created_at) values (:id, :store, :distributor, :phone, :name, :locale, :at) returning id)"
    " insert into consumer_secrets (consumer_id, password_hash, failed_logins)"
    " select id, :hash, 0 from one"
)
_ATTEMPT = text(
    "with before as materialized (select s.consumer_id, s.password_hash,"
    "  coalesce(s.locked_until > :now, false) as was_locked,"
    "  case when s.locked_until <= :now then 1 else s.failed_logins + 1 end as failures"
    "  from consumer_secrets s join consumers c on c.id = s.consumer_id"
    "  where c.store_id = :store and c.phone = :phone for no key update of s)"
    " update consumer_secrets s set failed_logins = b.failures, locked_until = case"
    "  when b.was_locked then s.locked_until when b.failures >= :most then :until end"
    " from before b where s.consumer_id = b.consumer_id"
    " returning b.consumer_id, b.password_hash, b.was_locked"
)
_UNLOCK = text(
    "update consumer_secrets set failed_logins = 0, locked_until = null"
    " where consumer_id = :consumer"
)
_WHO = text(
    "select c.id, c.name, c.phone from consumer_sessions s join consumers c on c.id = s.consumer_id"
    " where s.token_hash = :hash and c.store_id = :store and s.revoked_at is null"
    " and s.expires_at > :now"
)
_ADDRESSES = text(
    "select id, recipient, phone, province_code, province, city, district, street, is_default"
    " from consumer_addresses where consumer_id = :consumer"
    " order by is_default desc, created_at desc"
)
_KEEP = text(
    "insert into consumer_addresses (id, consumer_id, recipient, phone, province_code, province,"
    " city, district, street, is_default, created_at) values (:id, :consumer, :recipient, :phone,"
    " :province_code, :province, :city, :district, :street, :is_default, :at)"
)
