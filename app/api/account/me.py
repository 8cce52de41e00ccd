"""/me/…: a user's own password, second factor, sessions, language."""

import re
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from app import routes
from app.api.account.pages import (
    PageRoute,
    Reader,
    go,
    page,
    reader_of,
    refuse,
    without_session,
)
from app.kit.errors import NotFound, TradeError
from app.kit.i18n import N_
from app.kit.web_forms import read_form
from app.services import accounts, logins, second_factor
from app.services.sessions import signed_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_DONE = {
    "password": N_("Your password has been changed. Your other sessions were ended."),
    "off": N_("Two-step verification is off."),
    "ended": N_("That session has ended."),
    "saved": N_("Saved."),
}


@router.get("/me")
async def me() -> Response:
    """Lead to the first of the pages."""
    return go(routes.ME_PROFILE)


async def _page(reader: Reader, template: str, **values: Any) -> Response:
    user = await signed_in(reader.token)
    done = _DONE.get(reader.request.query_params.get("done", ""), "")
    return page(reader, template, user=user, done=reader.text(done), **values)


async def _refused(reader: Reader, template: str, error: TradeError, **values: Any) -> Response:
    return refuse(reader, template, error, user=await signed_in(reader.token), done="", **values)


@router.get(routes.ME_PROFILE)
async def show_profile(request: Request) -> Response:
    """Show name, address and language."""
    return await _page(reader_of(request), "me_profile.html")


@router.post(routes.ME_PROFILE)
async def save_profile(request: Request) -> Response:
    """Keep the language, here and for mails."""
    reader, form = reader_of(request), await read_form(request)
    _, entered = await reader.account()
    locale = form.get("locale", "")
    await accounts.change_locale(entered.user_id, locale)
    return go(routes.ME_PROFILE, done="saved", lang="en" if locale == "en" else "zh")


@router.get(routes.ME_PASSWORD)
async def show_password(request: Request) -> Response:
    """Show the form."""
    return await _page(reader_of(request), "me_password.html")


@router.post(routes.ME_PASSWORD)
async def change_password(request: Request) -> Response:
    """Change the password."""
    reader, form = reader_of(request), await read_form(request)
    actor, entered = await reader.account()
    try:
        await accounts.change_password(
            actor, entered.session_id, form.get("old", ""), form.get("password", "")
        )
    except TradeError as error:
        return await _refused(reader, "me_password.html", error)
    return go(routes.ME_PASSWORD, done="password")


@router.get(routes.ME_SECOND_FACTOR)
async def show_second_factor(request: Request) -> Response:
    """Show the QR code to scan, or that the second factor is on."""
    reader = reader_of(request)
    return await _page(reader, "me_second_factor.html", **await _enrolment(reader))


@router.post(routes.ME_SECOND_FACTOR)
async def change_second_factor(request: Request) -> Response:
    """Confirm it, turn it off, or make new recovery codes."""
    reader, form = reader_of(request), await read_form(request)
    actor, entered = await reader.account()
    action, password = form.get("action", ""), form.get("password", "")
    try:
        if action == "off":
            await second_factor.disable(actor, password)
            return go(routes.ME_SECOND_FACTOR, done="off")
        codes = (
            await second_factor.renew_codes(actor, password)
            if action == "codes"
            else await second_factor.confirm(actor, entered.session_id, form.get("code", ""))
        )
    except TradeError as error:
        return await _refused(reader, "me_second_factor.html", error, **await _enrolment(reader))
    return await _page(reader, "me_codes.html", codes=codes)


async def _enrolment(reader: Reader) -> dict[str, Any]:
    actor, entered = await reader.account()
    if entered.totp_enabled:
        return {"qr": "", "secret": ""}
    shown = await second_factor.begin(actor, entered.email)
    # segno draws it of our own text alone, so it holds no markup of anybody's.
    return {"qr": Markup(shown.svg), "secret": " ".join(re.findall(".{1,4}", shown.secret))}  # noqa: S704


@router.get(routes.ME_SESSIONS)
async def show_sessions(request: Request) -> Response:
    """List the browsers in which the user is signed in."""
    reader = reader_of(request)
    actor, entered = await reader.account()
    rows = [
        {"row": row, "device": device_of(row.user_agent), "is_here": row.id == entered.session_id}
        for row in await logins.list_sessions(actor)
    ]
    return await _page(reader, "me_sessions.html", rows=rows)


@router.post(routes.ME_SESSIONS)
async def end_sessions(request: Request) -> Response:
    """End one session, or all of them."""
    reader, form = reader_of(request), await read_form(request)
    actor, entered = await reader.account()
    if form.get("action") == "everywhere":
        await logins.log_out_everywhere(actor)
        return without_session(go(routes.LOGIN, note="everywhere"))
    try:
        session_id = UUID(form.get("session", ""))
    except ValueError:
        raise NotFound() from None
    await logins.revoke_session(actor, session_id)
    if session_id == entered.session_id:
        return without_session(go(routes.LOGIN, note="out"))
    return go(routes.ME_SESSIONS, done="ended")


_BROWSERS = (
    ("Edg/", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str | None) -> str:
    """Return browser and system as people call them, or the start of what it calls itself."""
    agent = user_agent or ""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return " · ".join(part for part in (browser, system) if part) or agent[:40]
