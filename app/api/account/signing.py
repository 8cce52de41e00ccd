"""/login, its second step, and /logout."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from app import routes
from app.api.account.example import example_split
from app.api.account.pages import (
    PageRoute,
    Reader,
    go,
    landing,
    page,
    reader_of,
    refuse,
    safe_next,
    with_session,
    without_session,
)
from app.kit.errors import NotSignedIn, TradeError
from app.kit.i18n import N_
from app.kit.web_forms import read_form
from app.queries.installation import is_demo
from app.services import logins
from app.services.sessions import signed_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_NOTES = {
    "reset": N_("Your new password is set. Sign in with it."),
    "out": N_("You are signed out."),
    "everywhere": N_("You are signed out everywhere."),
}
_DEMO_ROLES = {
    "platform": N_("Platform operator"),
    "supplier": N_("Supplier"),
    "distributor": N_("Distributor"),
    "both": N_("Both roles"),
}


@router.get(routes.LOGIN)
async def show_login(request: Request) -> Response:
    """Show the form; who is signed in already goes on."""
    reader = reader_of(request)
    onward = safe_next(request.query_params.get("next"))
    user = await reader.signed_in()
    if user is not None:
        return go(onward or landing(user))
    note = _NOTES.get(request.query_params.get("note", ""), "")
    return page(reader, "login.html", **await _login_values(reader, onward), note=reader.text(note))


@router.post(routes.LOGIN)
async def log_in(request: Request) -> Response:
    """Check the password; a fresh session comes with it, whatever cookie the browser sent."""
    reader, form = reader_of(request), await read_form(request)
    onward = safe_next(form.get("next"))
    try:
        done = await logins.log_in(form.get("email", ""), form.get("password", ""), reader.client)
    except TradeError as error:
        values = await _login_values(reader, onward)
        typed = {"email": form.typed.get("email", "")}
        return refuse(reader, "login.html", error, **values, values=typed, note="")
    await logins.log_out(reader.token)
    if done.second_factor_due:
        return with_session(go(routes.SECOND_FACTOR, next=onward), done.token)
    return await _enter(done.token, onward)


@router.get(routes.SECOND_FACTOR)
async def show_second_factor(request: Request) -> Response:
    """Ask for the code, of a browser that has given the password."""
    reader = reader_of(request)
    if not await logins.is_second_factor_due(reader.token):
        raise NotSignedIn()
    onward = safe_next(request.query_params.get("next"))
    return page(reader, "second_factor.html", next=onward)


@router.post(routes.SECOND_FACTOR)
async def pass_second_factor(request: Request) -> Response:
    """Check the code and go on under a fresh token."""
    reader, form = reader_of(request), await read_form(request)
    onward = safe_next(form.get("next"))
    try:
        done = await logins.pass_second_factor(reader.token, form.get("code", ""), reader.client)
    except NotSignedIn:
        raise
    except TradeError as error:
        return refuse(reader, "second_factor.html", error, next=onward)
    return await _enter(done.token, onward)


@router.post(routes.LOGOUT)
async def log_out(request: Request) -> Response:
    """End the session on the server, too."""
    await logins.log_out(reader_of(request).token)
    return without_session(go(routes.LOGIN, note="out"))


async def _enter(token: str, onward: str | None) -> Response:
    return with_session(go(onward or landing(await signed_in(token))), token)


async def _login_values(reader: Reader, onward: str | None) -> dict[str, Any]:
    return {"next": onward, "demo": await _demo_logins(reader), "example": example_split()}


async def _demo_logins(reader: Reader) -> Sequence[dict[str, str]]:
    """Return the logins to show; none where the demo's data are not present."""
    if not await is_demo():
        return []
    from app.services.demo.market import LOGINS, PASSWORD

    return [
        {
            "email": email,
            "name": name,
            "password": PASSWORD,
            "scope": email.partition("@")[0],
            "role": reader.text(_DEMO_ROLES[email.partition("@")[0]]),
        }
        for email, name, _ in LOGINS
    ]
