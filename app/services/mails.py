"""Mail as a later step of a business transaction.

A waiting job may hold a link that opens an account, so its arguments are sealed: whoever reads
the job table learns nothing.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.mail import Mail, mailer
from app.kit.defer import defer
from app.kit.sealed import seal, unseal

_PURPOSE = "mail waiting in the queue"


def seal_text(plain: str) -> str:
    """Return ``plain`` as an argument that a job may carry through the queue."""
    return b64encode(seal(_PURPOSE, plain.encode())).decode()


def unseal_text(sealed: str) -> str:
    """Return what ``seal_text`` sealed."""
    return unseal(_PURPOSE, b64decode(sealed)).decode()


async def send_later(session: AsyncSession, mail: Mail) -> None:
    """Let the worker send ``mail`` once the transaction has committed.

    The platform's contact, where the operator gave one, stands at its end.
    """
    contact = await session.scalar(
        text("select value ->> 'contact' from platform_settings where key = 'platform'")
    )
    if contact:
        mail = replace(mail, text=f"{mail.text}\n-- \n{contact}\n")
    await defer(session, "tongshang:send_mail", sealed=seal_text(json.dumps(asdict(mail))))


async def send_sealed(sealed: str) -> None:
    """Send what ``send_later`` put by. Raises OSError when the mail server refuses."""
    await mailer().send(Mail(**json.loads(unseal_text(sealed))))
