"""/forgot and /reset."""

from fastapi import APIRouter, Request, Response

from app import routes
from app.api.account.pages import (
    PageRoute,
    go,
    page,
    reader_of,
    refuse,
    without_session,
)
from app.kit.errors import Invalid, TradeError
from app.kit.settings import settings
from app.kit.web_forms import read_form
from app.services import accounts

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(routes.FORGOT)
async def show_forgot(request: Request) -> Response:
    """Ask for the address, or say that a mail is on its way (if there is such a user)."""
    is_sent = "sent" in request.query_params
    has_server = settings().smtp_url is not None
    return page(reader_of(request), "forgot.html", is_sent=is_sent, has_server=has_server)


@router.post(routes.FORGOT)
async def forgot(request: Request) -> Response:
    """Promise a mail; the answer is the same for every address."""
    reader, form = reader_of(request), await read_form(request)
    try:
        await accounts.forgot(form.get("email", ""), reader.client)
    except TradeError as error:
        return refuse(reader, "forgot.html", error, is_sent=False, has_server=True)
    return go(routes.FORGOT, sent="1")


@router.get(routes.RESET)
async def show_reset(request: Request) -> Response:
    """Ask for the new password, of whoever holds a valid link."""
    token = request.query_params.get("token", "")
    await accounts.check_reset(token)
    return page(reader_of(request), "reset.html", token=token)


@router.post(routes.RESET)
async def reset(request: Request) -> Response:
    """Set the password; every session has ended, so sign in again."""
    reader, form = reader_of(request), await read_form(request)
    token = request.query_params.get("token", "")
    try:
        await accounts.reset(token, form.get("password", ""), reader.client)
    except Invalid as error:
        return refuse(reader, "reset.html", error, token=token)
    return without_session(go(routes.LOGIN, note="reset"))
