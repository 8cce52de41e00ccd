"""The stores' own style sheet, script and drawings: read and compressed once, named by content."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from app.kit.tokens import DARK, FONT, LIGHT

FOLDER = Path(__file__).parent / "static"
PATH = "/store-static"

router = APIRouter(prefix=PATH)

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    media_type: str
    content: bytes
    zipped: bytes
    version: str


def _variables(values: dict[str, str], accent: str, on_accent: str) -> str:
    listed = "".join(f"--{name}:{value};" for name, value in values.items())
    return f"{listed}--accent:var(--{accent});--on-accent:var(--{on_accent});"


def tokens() -> str:
    """Return the design tokens: dark where the system or the visitor's choice says so."""
    light = _variables(LIGHT, "accent-light", "on-light") + "color-scheme:light;"
    dark = _variables(DARK, "accent-dark", "on-dark") + "color-scheme:dark;"
    return (
        f":root{{{light}--font:{FONT}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}"
    )


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Return every file by its name."""
    return {path.name: _asset(path) for path in sorted(FOLDER.iterdir()) if path.suffix in _TYPES}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    if path.name == "store.css":
        content = tokens().encode() + content
    version = hashlib.sha256(content).hexdigest()[:10]
    return Asset(_TYPES[path.suffix], content, gzip.compress(content, 9), version)


def address(name: str) -> str:
    """Return the address of a file; it changes with its content."""
    return f"{PATH}/{name}?v={assets()[name].version}"


@router.get("/{name}")
async def static_file(name: str, request: Request, v: str = "") -> Response:
    """Return a file: for a year if its version is asked for, else for five minutes."""
    asset = assets().get(name)
    if asset is None:
        return Response(status_code=404)
    lasting = "31536000, immutable" if v == asset.version else "300"
    headers = {"cache-control": f"public, max-age={lasting}", "vary": "accept-encoding"}
    body = asset.content
    if accepts_gzip(request):
        headers["content-encoding"], body = "gzip", asset.zipped
    return Response(body, media_type=asset.media_type, headers=headers)


def accepts_gzip(request: Request) -> bool:
    """Say whether the browser takes gzip."""
    return "gzip" in request.headers.get("accept-encoding", "")
