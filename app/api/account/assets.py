"""The one stylesheet of the account pages, made of the design tokens."""

import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Response

from app.kit.tokens import tokens_css

router = APIRouter(prefix="/account-static", include_in_schema=False)

STATIC = Path(__file__).parent / "static"


@lru_cache(maxsize=1)
def stylesheet() -> bytes:
    """Return the stylesheet: light, dark by choice, dark by the system unless light is chosen."""
    by_system = f"@media (prefers-color-scheme:dark){{{tokens_css(':root:not(.light)')}}}"
    own = (STATIC / "account.css").read_text(encoding="utf-8")
    return (tokens_css() + by_system + own).encode()


@lru_cache(maxsize=1)
def stylesheet_address() -> str:
    """Return the stylesheet's address, which changes with its content."""
    return f"{router.prefix}/{hashlib.sha256(stylesheet()).hexdigest()[:12]}.css"


@router.get("/{name}.css")
async def style(name: str) -> Response:
    """Return the stylesheet under the address of today's content, for ever; else not found."""
    if f"{router.prefix}/{name}.css" != stylesheet_address():
        return Response(status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(stylesheet(), media_type="text/css", headers=headers)
