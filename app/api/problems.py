"""Refusals for machines and scripts: problem documents (RFC 9457) in the reader's language."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from app.kit.errors import Invalid, TradeError, retry_headers
from app.kit.i18n import COOKIE, gettext, locale_of


def request_locale(request: Request) -> str:
    """Return the language of the one who asks."""
    return locale_of(request.cookies.get(COOKIE), request.headers.get("accept-language"))


def problem(error: TradeError, locale: str) -> Response:
    """Return a refusal; its ``type`` ends in the code of the error."""
    document: dict[str, object] = {
        "type": f"urn:tongshang:problem:{error.code}",
        "title": gettext(locale, error.message, **error.params),
        "status": error.status,
    }
    if isinstance(error, Invalid) and error.fields:
        document["fields"] = {
            name: gettext(locale, message) for name, message in error.fields.items()
        }
    return JSONResponse(
        document, error.status, retry_headers(error), media_type="application/problem+json"
    )
