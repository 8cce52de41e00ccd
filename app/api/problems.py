"""Refusals for machines and scripts: problem documents (RFC 9457) in the reader's language."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from app.kit.errors import Invalid, TradeError, retry_headers
from app.kit.i18n import COOKIE, gettext, locale_of
from app.services.inputs import fault_messages


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


class MachineRoute(APIRoute):
    """A route of programs: whatever is wrong with a request is a problem document.

    It says which field is wrong and why, and never repeats what was sent.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return problem(Invalid(_fields(error)), request_locale(request))
            except HTTPException as error:
                # A body that is no text, or nested too deeply, which FastAPI cannot say more of.
                if error.status_code != 400:
                    raise
                return problem(Invalid(), request_locale(request))

        return answer


def _fields(error: RequestValidationError) -> dict[str, str]:
    """Return field → message; a body's fields are named without the word ``body``."""
    faults = fault_messages(error.errors())
    return {name.removeprefix("body."): message for name, message in faults.items()}
