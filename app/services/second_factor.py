"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

Secrets are sealed at rest, bound to their user. The last step that was used is kept, so that a
code opens the door once, also for somebody who looked over a shoulder.
"""

import hashlib
import io
import secrets
from dataclasses import dataclass
from uuid import UUID

import pyotp
import segno
from pyotp.totp import TOTP
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.errors import Conflict, Forbidden, Invalid
from app.kit.i18n import N_
from app.kit.rate_limits import hit
from app.kit.sealed import seal, unseal
from app.services.engine import engine_transaction
from app.services.passwords import is_password
from models.identity import UserSecret

ISSUER = "Tongshang"
STEP_SECONDS = 30
RECOVERY_CODES = 10
_PURPOSE = "second factor"
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without the letters and figures that people mistake for one another."""


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs: the secret as text, and as a QR code in SVG."""

    secret: str
    svg: str


async def begin(actor: Actor, email: str) -> Enrolment:
    """Show a fresh secret, which counts once it is confirmed; the same until then.

    Raises Conflict when a second factor is on already.
    """
    async with engine_transaction(actor, "second_factor.begin") as session:
        row = await _secrets(session, actor)
        if row.totp_secret is not None:
            raise Conflict()
        if row.totp_pending_secret is None:
            row.totp_pending_secret = _sealed(row.user_id, pyotp.random_base32())
        secret = _opened(row.user_id, row.totp_pending_secret)
    uri = TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return Enrolment(secret, _svg(uri))


async def confirm(actor: Actor, session_id: UUID, code: str) -> list[str]:
    """Turn the second factor on; return the recovery codes, which are shown this once.

    Other sessions must show the second factor from now on. Raises Invalid for a wrong code.
    """
    await hit("second_factor", account=str(actor.user_id))
    async with engine_transaction(actor, "second_factor.confirm") as session:
        row = await _secrets(session, actor)
        if row.totp_secret is not None or row.totp_pending_secret is None:
            raise Conflict()
        step = _step_of(_opened(row.user_id, row.totp_pending_secret), code)
        if step is None:
            raise Invalid(
                {"code": N_("This code is not correct. Check that your phone's clock is right.")}
            )
        row.totp_secret, row.totp_pending_secret = row.totp_pending_secret, None
        row.totp_last_step = step
        codes = _fresh_codes(row)
        await session.execute(
            text("update users set totp_enabled_at = :now where id = :user"),
            {"now": now(), "user": row.user_id},
        )
        await session.execute(
            text("update user_sessions set second_factor_at = :now where id = :id"),
            {"now": now(), "id": session_id},
        )
        return codes


async def disable(actor: Actor, password: str) -> None:
    """Turn the second factor off. Raises Invalid for a wrong password."""
    await _check_password(actor, password)
    async with engine_transaction(actor, "second_factor.disable") as session:
        row = await _secrets(session, actor)
        row.totp_secret = row.totp_pending_secret = row.totp_last_step = None
        row.recovery_code_hashes = []
        await session.execute(
            text("update users set totp_enabled_at = null where id = :user"), {"user": row.user_id}
        )


async def renew_codes(actor: Actor, password: str) -> list[str]:
    """Replace the recovery codes. Raises Invalid for a wrong password, Conflict when it is off."""
    await _check_password(actor, password)
    async with engine_transaction(actor, "second_factor.renew_codes") as session:
        row = await _secrets(session, actor)
        if row.totp_secret is None:
            raise Conflict()
        return _fresh_codes(row)


async def accept(session: AsyncSession, user_id: UUID, code: str) -> bool:
    """Use a code up inside the caller's transaction (as the engine); say whether it was right."""
    row = await session.get_one(UserSecret, user_id, with_for_update=True)
    if row.totp_secret is None:
        return False
    step = _step_of(_opened(user_id, row.totp_secret), code)
    if step is not None and step > (row.totp_last_step or 0):
        row.totp_last_step = step
        return True
    used = _code_hash(code)
    if used not in row.recovery_code_hashes:
        return False
    row.recovery_code_hashes = [kept for kept in row.recovery_code_hashes if kept != used]
    return True


async def _secrets(session: AsyncSession, actor: Actor) -> UserSecret:
    if actor.user_id is None:
        raise Forbidden()
    return await session.get_one(UserSecret, actor.user_id, with_for_update=True)


async def _check_password(actor: Actor, password: str) -> None:
    """Raise Invalid unless the actor's user has this password, TooMany after many attempts."""
    await hit("second_factor", account=str(actor.user_id))
    async with engine_transaction(actor, "second_factor.check_password") as session:
        stored = (await _secrets(session, actor)).password_hash
    if not await is_password(stored, password):
        raise Invalid({"password": N_("Incorrect password.")})


def _step_of(secret: str, code: str) -> int | None:
    """Return the time step to which a code belongs: now, or one beside it; else None."""
    typed = code.replace(" ", "")
    present = int(now().timestamp()) // STEP_SECONDS
    totp = TOTP(secret, interval=STEP_SECONDS)
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def _fresh_codes(row: UserSecret) -> list[str]:
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]
    row.recovery_code_hashes = [_code_hash(code) for code in codes]
    return codes


def _code_hash(code: str) -> str:
    plain = "".join(char for char in code.lower() if char.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _sealed(user_id: UUID, secret: str) -> bytes:
    return seal(_PURPOSE, secret.encode(), user_id.bytes)


def _opened(user_id: UUID, sealed: bytes) -> str:
    return unseal(_PURPOSE, sealed, user_id.bytes).decode()


def _svg(uri: str) -> str:
    out = io.BytesIO()
    segno.make(uri, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, border=3, omitsize=True, light="#ffffff"
    )
    return out.getvalue().decode()
