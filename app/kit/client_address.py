"""From which network address a request comes."""

from starlette.requests import Request

from app.kit.settings import settings


def client_address(request: Request) -> str:
    """Return the caller's address; behind a proxy (``public_url``) the one that the proxy saw.

    '' where the server does not know it.
    """
    forwarded = request.headers.get("x-forwarded-for")
    if settings().public_url and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()[:45]
    return request.client.host if request.client else ""
