"""What every account page does: read the reader, render, set cookies, turn refusals into pages."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import routes
from app.access import Actor
from app.api.account.assets import stylesheet_address
from app.kit import mark
from app.kit.client_address import client_address
from app.kit.errors import Invalid, NotSignedIn, TradeError, Unavailable, retry_headers
from app.kit.i18n import COOKIE as LANGUAGE_COOKIE
from app.kit.i18n import gettext, locale_of, moment_text
from app.kit.settings import settings
from app.services.sessions import COOKIE, LIFETIME, Client, Entered, SignedIn, actor_for, signed_in

THEME_COOKIE = "ts_theme"
YEAR_SECONDS = 365 * 24 * 3600
_CHOICES = {"lang": (LANGUAGE_COOKIE, ("zh", "en")), "theme": (THEME_COOKIE, ("light", "dark"))}
_NEXT = (routes.WORKSPACES, routes.APPLY, routes.INVITE, "/me")


@dataclass(frozen=True)
class Reader:
    """Who asks: language, colours, session token, and from where."""

    request: Request
    locale: str
    theme: str
    token: str | None
    client: Client

    def text(self, message: str, **params: object) -> str:
        """Return a message in the reader's language."""
        return gettext(self.locale, message, **params)

    async def signed_in(self) -> SignedIn | None:
        """Return the user of the session, or None."""
        try:
            return await signed_in(self.token)
        except NotSignedIn:
            return None

    async def account(self) -> tuple[Actor, Entered]:
        """Return the user as the owner of their own account. Raises NotSignedIn."""
        return await actor_for(self.token, routes.Workspace("account"), self.locale)


def reader_of(request: Request) -> Reader:
    """Read cookies and choices of a request; ``?lang=`` and ``?theme=`` go before the cookies."""
    language = _choice(request, "lang")
    return Reader(
        request=request,
        locale=locale_of(language, request.headers.get("accept-language")),
        theme=_choice(request, "theme") or "",
        token=request.cookies.get(COOKIE),
        client=Client(client_address(request) or None, request.headers.get("user-agent")),
    )


def _choice(request: Request, name: str) -> str | None:
    cookie, allowed = _CHOICES[name]
    for value in (request.query_params.get(name), request.cookies.get(cookie)):
        if value in allowed:
            return value
    return None


@lru_cache(maxsize=1)
def _templates() -> Environment:
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja leaves this dictionary without types.
    untyped: Any = env
    untyped.globals["drawn"] = mark
    return env


def page(reader: Reader, template: str, status: int = 200, **values: Any) -> Response:
    """Render a template; ``values`` and ``errors`` are the form's, empty unless given."""
    shared: dict[str, Any] = {
        "_": partial(gettext, reader.locale),
        "lang": "en" if reader.locale == "en" else "zh-CN",
        "theme": reader.theme,
        "style": stylesheet_address(),
        "moment": moment_text,
        "routes": routes,
        "with_choice": partial(_with_choice, reader.request),
        "values": {},
        "errors": {},
        "problem": "",
    }
    html = _templates().get_template(template).render(shared | values)
    return _keep_choices(reader, HTMLResponse(html, status, {"cache-control": "no-store"}))


def refuse(reader: Reader, template: str, error: TradeError, **values: Any) -> Response:
    """Show a form again with what was wrong, field by field, and what had been typed."""
    fields = error.fields if isinstance(error, Invalid) else {}
    answer = page(
        reader,
        template,
        error.status,
        errors={name: reader.text(message) for name, message in fields.items()},
        problem=reader.text(error.message, **error.params),
        **values,
    )
    answer.headers.update(retry_headers(error))
    return answer


def go(path: str, **query: str | None) -> RedirectResponse:
    """Send the browser on to one of our own addresses."""
    given = {name: value for name, value in query.items() if value}
    return RedirectResponse(f"{path}?{urlencode(given)}" if given else path, status_code=303)


def with_session(response: Response, token: str) -> Response:
    """Hand the session's token to the browser; no script can read it."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=_is_https(),
    )
    return response


def without_session(response: Response) -> Response:
    """Take the session's cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_is_https())
    return response


def safe_next(path: str | None) -> str | None:
    """Return ``path`` if it leads to a page of this console; anything else is no place to go."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return None
    if any(ord(char) < 33 or ord(char) == 127 for char in path):
        return None
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or "/." in parts.path:
        return None
    known = any(f"{parts.path}/".startswith(f"{place}/") for place in _NEXT)
    return path if known or routes.workspace_of(parts.path) else None


def landing(user: SignedIn) -> str:
    """Return where a login leads: the last workspace, the only one, or the choice of them."""
    spaces = [entry.workspace for entry in user.workspaces if entry.is_open]
    last = [space for space in spaces if space.key == user.last_workspace]
    if last or len(spaces) == 1:
        return routes.console((last or spaces)[0])
    return routes.WORKSPACES


class PageRoute(APIRoute):
    """A route whose refusals are pages, and which sends strangers to the login and back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                back = request.url.path if request.method == "GET" else None
                return go(routes.LOGIN, next=safe_next(back))
            except Unavailable:
                # The app's own handler answers, as everywhere.
                raise
            except TradeError as error:
                return refusal_page(reader_of(request), error)

        return answer


def refusal_page(reader: Reader, error: TradeError) -> Response:
    """Return a page that says what was refused."""
    text = reader.text(error.message, **error.params)
    answer = page(reader, "refused.html", error.status, text=text)
    answer.headers.update(retry_headers(error))
    return answer


def _with_choice(request: Request, name: str, value: str) -> str:
    """Return the present address with one choice changed; a form's answer leads to the form."""
    query: Mapping[str, str] = request.query_params
    kept = {key: text for key, text in query.items() if key not in _CHOICES}
    return f"{quote(request.url.path)}?{urlencode(kept | {name: value})}"


def _keep_choices(reader: Reader, response: Response) -> Response:
    for name, (cookie, allowed) in _CHOICES.items():
        value = reader.request.query_params.get(name)
        if value in allowed:
            response.set_cookie(
                cookie, value, max_age=YEAR_SECONDS, samesite="lax", secure=_is_https()
            )
    return response


def _is_https() -> bool:
    return settings().origin.startswith("https:")
