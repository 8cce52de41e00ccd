"""/register, /apply, /invite and /setup: how people and companies come in."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app import routes
from app.api.account.pages import (
    PageRoute,
    Reader,
    go,
    landing,
    page,
    reader_of,
    refuse,
    with_session,
)
from app.kit.errors import Invalid, NotSignedIn, TradeError
from app.kit.i18n import N_
from app.kit.web_forms import Form, read_form
from app.services import accounts, first_operator, invitations, merchants
from app.services.accounts import NewUser
from app.services.inputs import read
from app.services.merchants import Application
from app.services.sessions import signed_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(routes.REGISTER)
async def show_register(request: Request) -> Response:
    """Show the form for a person, with an application for a company on the same page."""
    reader = reader_of(request)
    if await reader.signed_in() is not None:
        return go(routes.APPLY)
    wanted = request.query_params.get("as", "")
    return page(reader, "register.html", values={f"is_{wanted}": "on"})


@router.post(routes.REGISTER)
async def register(request: Request) -> Response:
    """Make the login, hand the application in, and sign in."""
    reader, form = reader_of(request), await read_form(request)
    try:
        wish, application = _both(reader, form)
        token = await accounts.register(wish, reader.client, application)
    except TradeError as error:
        return refuse(reader, "register.html", error, values=form.typed)
    return with_session(go(routes.WORKSPACES), token)


@router.get(routes.APPLY)
async def show_apply(request: Request) -> Response:
    """Show the application to a user who is signed in."""
    reader = reader_of(request)
    _, entered = await reader.account()
    return page(reader, "apply.html", user=entered)


@router.post(routes.APPLY)
async def apply(request: Request) -> Response:
    """Hand an application in for the signed-in user."""
    reader, form = reader_of(request), await read_form(request)
    actor, entered = await reader.account()
    try:
        application = _application(form)
        if application is None:
            raise Invalid({"roles": N_("Choose supplier, distributor or both.")})
        await merchants.apply(actor, application)
    except TradeError as error:
        return refuse(reader, "apply.html", error, values=form.typed, user=entered)
    return go(routes.WORKSPACES)


@router.get(routes.INVITE)
async def show_invitation(request: Request) -> Response:
    """Show who invites whom; only the invited one may go on."""
    reader, token = reader_of(request), request.query_params.get("token", "")
    return await _invitation_page(reader, token)


@router.post(routes.INVITE)
async def accept_invitation(request: Request) -> Response:
    """Accept as the signed-in user, or with a fresh login."""
    reader, form = reader_of(request), await read_form(request)
    token = request.query_params.get("token", "")
    try:
        actor, _ = await reader.account()
    except NotSignedIn:
        return await _accept_as_new(reader, form, token)
    await invitations.accept(actor, token)
    return go(landing(await signed_in(reader.token)))


async def _accept_as_new(reader: Reader, form: Form, token: str) -> Response:
    try:
        fresh = await invitations.accept_as_new(
            token, form.get("name", ""), form.get("password", ""), reader.locale, reader.client
        )
    except Invalid as error:
        return await _invitation_page(reader, token, error, form)
    return with_session(go(landing(await signed_in(fresh))), fresh)


async def _invitation_page(
    reader: Reader, token: str, error: Invalid | None = None, form: Form | None = None
) -> Response:
    values: dict[str, Any] = {
        "invitation": await invitations.look_at(token),
        "user": await reader.signed_in(),
        "token": token,
    }
    if error is not None:
        return refuse(reader, "invite.html", error, values=form.typed if form else {}, **values)
    return page(reader, "invite.html", **values)


@router.get(routes.SETUP)
async def show_setup(request: Request) -> Response:
    """Show the form for the first operator, to whoever holds the token from the terminal."""
    token = request.query_params.get("token", "")
    first_operator.check_token(token)
    return page(reader_of(request), "setup.html", token=token)


@router.post(routes.SETUP)
async def set_up(request: Request) -> Response:
    """Make the first operator and enter the platform's workspace."""
    reader, form = reader_of(request), await read_form(request)
    token = request.query_params.get("token", "")
    try:
        wish = _user(reader, form)
        fresh = await first_operator.set_up(token, wish, reader.client)
    except Invalid as error:
        return refuse(reader, "setup.html", error, values=form.typed, token=token)
    return with_session(go(routes.console(routes.Workspace("platform"))), fresh)


def _both(reader: Reader, form: Form) -> tuple[NewUser, Application | None]:
    """Check both parts of the form, so that all that is wrong shows at once."""
    faults: dict[str, str] = {}
    wish = application = None
    try:
        wish = _user(reader, form)
        accounts.check_password(wish.password, wish.email)
    except Invalid as error:
        faults |= error.fields
    try:
        application = _application(form)
    except Invalid as error:
        faults |= error.fields
    if faults or wish is None:
        raise Invalid(faults)
    return wish, application


def _user(reader: Reader, form: Form) -> NewUser:
    named = {name: form.get(name, "") for name in ("name", "email", "password")}
    return read(NewUser, {**named, "locale": reader.locale})


def _application(form: Form) -> Application | None:
    """Return the company's application; None where no role is ticked. Raises Invalid."""
    roles = {name: name in form for name in ("is_supplier", "is_distributor")}
    if not any(roles.values()):
        return None
    typed = ("contact_name", "contact_phone", "license_no", "note")
    values = {name: form.get(name, "") for name in typed}
    company = {"name": form.get("company", ""), "code": form.get("code", "").lower()}
    try:
        return read(Application, {**values, **company, **roles})
    except Invalid as error:
        # The person's name has a field of this name on the same page.
        faults = {("company" if k == "name" else k): v for k, v in error.fields.items()}
        raise Invalid(faults) from error
