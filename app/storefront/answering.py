"""How every route of the stores answers: switches first, foreign forms and refusals as pages."""

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from app.kit.errors import (
    RETRY_SECONDS,
    NotFound,
    NotSignedIn,
    TradeError,
    Unavailable,
    retry_headers,
)
from app.kit.i18n import N_, gettext
from app.kit.settings import settings
from app.services.shopfront import front_of
from app.storefront.colours import DEFAULT_ACCENT, palette
from app.storefront.render import page, templates
from app.storefront.visit import (
    SWITCHES,
    login_address,
    make_visit,
    preferences,
    request_locale,
    same_origin,
    seen_path,
)

HEADINGS = {
    403: N_("This is not possible"),
    404: N_("This page was not found"),
    409: N_("This is no longer possible"),
    413: N_("Too large"),
    422: N_("Something is missing"),
    429: N_("Too many requests"),
    503: N_("Please try again in a minute"),
}
GENERAL = N_("That did not work")
_NOT_FOUND = N_("It may have been sold out, taken off sale or moved. Have a look around the store.")


class StoreRoute(APIRoute):
    """A route whose refusals are pages, and whose forms come from the store itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler; see the module."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            wanted = preferences(request)
            if wanted and request.method == "GET":
                return _switched(request, wanted)
            try:
                if request.method != "GET":
                    same_origin(request)
                return await handle(request)
            except TradeError as error:
                return await refused(request, error)
            except RequestValidationError:
                return await refused(request, NotFound())

        return answer


def _switched(request: Request, wanted: dict[str, tuple[str, str, int]]) -> Response:
    """Set the cookies of a switch and come back to the page without it."""
    kept = [
        (name, value) for name, value in request.query_params.multi_items() if name not in SWITCHES
    ]
    # One slash, so that no address of another host can be made of a path.
    path = "/" + seen_path(request).lstrip("/")
    location = f"{path}?{urlencode(kept)}" if kept else path
    response = Response(
        status_code=303, headers={"location": location, "cache-control": "no-store"}
    )
    secure = settings().origin.startswith("https:")
    for name, (value, where, seconds) in wanted.items():
        response.set_cookie(name, value, max_age=seconds, path=where, secure=secure)
    return response


async def refused(request: Request, error: TradeError | HTTPException) -> Response:
    """Return the page that tells a reader of a refusal what to do now."""
    if isinstance(error, Unavailable):
        return _away(request, error)
    match = re.match(r"/s/([^/]+)", request.url.path)
    front = await front_of(match.group(1)) if match else None
    locale = request_locale(request)
    if front is None:
        html = (
            templates(locale)
            .get_template("nowhere.html")
            .render(style=palette(DEFAULT_ACCENT).style)
        )
        return Response(html, 404, media_type="text/html; charset=utf-8")
    visit = make_visit(front, request)
    if isinstance(error, NotSignedIn):
        return Response(status_code=303, headers={"location": login_address(visit)})
    message = _message(error, locale)
    answer = page(
        visit,
        "error.html",
        status=status_of(error),
        heading=gettext(locale, HEADINGS.get(status_of(error), GENERAL)),
        message=message,
    )
    answer.headers.update(retry_headers(error))
    return answer


def _away(request: Request, error: Unavailable) -> Response:
    """Return a page that needs nothing of the database, and asks again by itself."""
    locale = request_locale(request)
    html = (
        templates(locale)
        .get_template("away.html")
        .render(
            style=palette(DEFAULT_ACCENT).style,
            message=gettext(locale, error.message),
            seconds=RETRY_SECONDS if request.method == "GET" else 0,
        )
    )
    headers = {"cache-control": "no-store", "retry-after": str(RETRY_SECONDS)}
    return Response(html, error.status, headers, media_type="text/html; charset=utf-8")


def status_of(error: TradeError | HTTPException) -> int:
    """Return the HTTP status of a refusal."""
    return error.status if isinstance(error, TradeError) else error.status_code


def _message(error: TradeError | HTTPException, locale: str) -> str:
    if isinstance(error, TradeError) and not isinstance(error, NotFound):
        return refusal(error, locale)
    return gettext(locale, _NOT_FOUND)


def refusal(error: TradeError, locale: str) -> str:
    """Return a refusal's sentence in the reader's language."""
    return gettext(locale, error.message, **error.params)
