"""Secrets that the app itself must read again, encrypted at rest (AES-256-GCM)."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.kit.secrets import derive_key

_NONCE_BYTES = 12


class Unreadable(ValueError):
    """Sealed under another master secret, for another purpose or owner, or tampered with."""


def seal(purpose: str, plain: bytes, owner: bytes = b"") -> bytes:
    """Return ``plain`` encrypted for one purpose; ``owner`` must be the same when it is opened."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(derive_key(purpose)).encrypt(nonce, plain, owner)


def unseal(purpose: str, sealed: bytes, owner: bytes = b"") -> bytes:
    """Return what was sealed. Raises Unreadable."""
    nonce, secret = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(derive_key(purpose)).decrypt(nonce, secret, owner)
    except (InvalidTag, ValueError) as error:
        raise Unreadable(f"this was not sealed here for {purpose}") from error
