"""How the sandbox provider signs, shaped after WeChat Pay: timestamp, nonce and body under HMAC."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping

from app.adapters.gateway import CallbackRefused
from app.kit.secrets import derive_key

MAX_AGE_SECONDS = 300
"""Older messages are refused, whoever signed them (domain-rules.md, Providers)."""

_KEY_PURPOSE = "payment sandbox callbacks"


def _mac(timestamp: str, nonce: str, body: bytes) -> str:
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return hmac.new(derive_key(_KEY_PURPOSE), message, hashlib.sha256).hexdigest()


def sign(body: bytes, *, at: float | None = None) -> dict[str, str]:
    """Return the headers under which ``body`` is sent."""
    timestamp = str(int(time.time() if at is None else at))
    nonce = secrets.token_hex(12)
    return {
        "content-type": "application/json",
        "sandbox-timestamp": timestamp,
        "sandbox-nonce": nonce,
        "sandbox-signature": _mac(timestamp, nonce, body),
    }


def verify(headers: Mapping[str, str], body: bytes, *, at: float | None = None) -> None:
    """Check signature and age. Raises CallbackRefused."""
    timestamp = headers.get("sandbox-timestamp", "")
    nonce = headers.get("sandbox-nonce", "")
    expected = _mac(timestamp, nonce, body)
    # As bytes: a header of a stranger may hold characters that text comparison refuses.
    given = headers.get("sandbox-signature", "").encode()
    if not hmac.compare_digest(expected.encode(), given):
        raise CallbackRefused("signature")
    if not (timestamp.isascii() and timestamp.isdecimal()):
        raise CallbackRefused("timestamp")
    if abs((time.time() if at is None else at) - int(timestamp)) > MAX_AGE_SECONDS:
        raise CallbackRefused("age")
