"""The gate before every event handler: who acts, in which workspace, with which permission.

Reflex lets anyone with a websocket call any handler with any arguments. So each handler is marked
with what it needs (``needs``), a class with an unmarked one does not even import, and the ``Gate``
checks mark, session, workspace and payload for every event before the handler sees it. Handlers
ask ``acting()`` for the Actor; nothing that the browser sends is taken for one.
"""

import asyncio
import contextlib
import inspect
import json
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar
from urllib.parse import quote

import reflex as rx
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event, EventSpec
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from app import routes
from app.access import PERMISSIONS, Actor
from app.kit.errors import Forbidden, NotFound, NotSignedIn, TooMany, TradeError, Unavailable
from app.kit.i18n import COOKIE as LANGUAGE_COOKIE
from app.kit.i18n import N_, gettext, locale_of
from app.kit.rate_limits import hit
from app.routes import Workspace, workspace_of
from app.services.sessions import COOKIE as SESSION_COOKIE
from app.services.sessions import Entered, SecondFactorDue, actor_for
from state.page_fault import LOADS, clear_fault, fault_update, is_load, show_fault

log = structlog.get_logger()

SIGNED_IN = "signed in"
"""Any signed-in user, in a workspace that is theirs."""
OF_SCREEN = "of the screen"
"""The permission that the state's class declares as ``permission``."""

F = TypeVar("F", bound=Callable[..., Any])


class UnmarkedHandler(Exception):
    """A handler that says nothing about who may call it; it must not be served."""


@dataclass(frozen=True)
class Acting:
    """Who acts in the event at hand, and where."""

    actor: Actor
    user: Entered
    workspace: Workspace
    path: str
    is_reconnected: bool = False
    """The page is loaded because its connection came back, not because it was entered."""

    @property
    def locale(self) -> str:
        """The reader's language."""
        return self.actor.locale

    def text(self, message: str, **params: object) -> str:
        """Return a message in the reader's language."""
        return gettext(self.locale, message, **params)


_acting: ContextVar[Acting] = ContextVar("acting")


def acting() -> Acting:
    """Return who acts in the event at hand. Raises NotSignedIn outside an event."""
    try:
        return _acting.get()
    except LookupError as error:
        raise NotSignedIn() from error


async def acting_anew(router: Any) -> Actor:
    """Return the actor of a long event as they are now. Raises what a new event would meet.

    Somebody who was signed out or lost a permission meanwhile does not go on.
    """
    who = acting()
    actor, _ = await actor_for(cookie(router, SESSION_COOKIE), who.workspace, who.locale)
    return actor


@contextlib.contextmanager
def acting_as(who: Acting) -> Any:
    """Let ``acting()`` be ``who`` inside the block (for tests)."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def needs(permission: str) -> Callable[[F], F]:
    """Mark a handler with the permission that it needs; write it below ``@rx.event``.

    Refusals that services raise become toasts, so that a handler reads like the happy path. What
    a page's load is refused, or breaks off with, stands in the place of the page instead.
    """
    if permission not in PERMISSIONS | {SIGNED_IN, OF_SCREEN}:
        raise UnmarkedHandler(f"{permission} is no permission")

    def mark(handler: F) -> F:
        guarded = _toasting(handler)
        guarded.__needs__ = permission  # type: ignore[attr-defined]
        return guarded

    return mark


def _toasting(handler: F) -> F:
    if inspect.isasyncgenfunction(handler):

        @wraps(handler)
        async def streaming(*args: Any, **kwargs: Any) -> Any:
            try:
                async for step in handler(*args, **kwargs):
                    yield step
            except Exception as error:
                yield await _told(handler, args[0], error)

        return streaming  # type: ignore[return-value]
    if not inspect.iscoroutinefunction(handler):
        raise UnmarkedHandler(f"{handler.__qualname__} must be async: others would wait for it")

    @wraps(handler)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        try:
            return await handler(*args, **kwargs)
        except Exception as error:
            return await _told(handler, args[0], error)

    return awaited  # type: ignore[return-value]


async def _told(handler: Callable[..., Any], state: BaseState, error: Exception) -> Any:
    """Return what tells the reader of an error; raise what only the log can be told."""
    fills_page = handler.__name__ in LOADS
    if fills_page and _acting.get(None) is not None:
        said = ""
        if isinstance(error, TradeError):
            said = acting().text(error.message, **error.params)
        else:
            log.error("load_failed", handler=handler.__qualname__, exc_info=error)
        await show_fault(state, error, said)
        return None
    if not isinstance(error, TradeError):
        raise error
    return refusal(error)


def refusal(error: TradeError) -> Any:
    """Return the toast that tells the reader why something was refused."""
    return rx.toast.error(acting().text(error.message, **error.params))


def unforeseen(exception: Exception) -> EventSpec:
    """Log an error that nobody foresaw, and return the toast that owns up to it."""
    log.error("event_failed", exc_info=exception)
    who = _acting.get(None)
    locale = who.locale if who else "zh_CN"
    return rx.toast.error(gettext(locale, N_("That went wrong on our side. Please try again.")))


def refuse_unmarked(state: type[BaseState]) -> None:
    """Raise UnmarkedHandler if a class has a handler that says nothing about who may call it."""
    for name, handler in state.event_handlers.items():
        if _is_internal(name, handler.fn) or name == "setvar":
            continue
        if getattr(handler.fn, "__needs__", None) is None:
            raise UnmarkedHandler(f"{state.__name__}.{name} is marked with no permission")


# Reflex's own handlers, without which no page loads. They change nothing but the tab's own state.
_INTERNAL = {
    "hydrate",
    "hydrate_and_load",
    "set_is_hydrated",
    "on_load_internal",
    "update_vars_internal",
    "handle_frontend_exception",
}
_INTERNAL_MODULES = ("reflex.", "reflex_")


def audit_handlers() -> None:
    """Close every way around the marks; called once when all pages are known.

    Removes ``setvar`` everywhere, so that no handler named ``set_*`` can be reached through it.
    Raises UnmarkedHandler for any other handler without a mark, whoever brought it.
    """
    registry = RegistrationContext.get()
    for name, registered in list(registry.event_handlers.items()):
        short = name.rpartition(".")[2]
        state = registered.states[0]
        if short == "setvar":
            del registry.event_handlers[name]
            state.event_handlers.pop("setvar", None)
        elif _is_internal(short, registered.handler.fn):
            continue
        elif getattr(registered.handler.fn, "__needs__", None) is None:
            raise UnmarkedHandler(f"{name} is marked with no permission")


def _is_internal(short: str, handler: Any) -> bool:
    return short in _INTERNAL and handler.__module__.startswith(_INTERNAL_MODULES)


class _WithoutEvent(logging.Filter):
    """Keeps events that Reflex cannot dispatch out of the log: they carry a session's cookie."""

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith("Error processing event queue entry"):
            record.msg, record.args = "an event without a handler was dropped", ()
        return True


logging.getLogger("reflex_base.event.processor.event_processor").addFilter(_WithoutEvent())


class TooFast(TooMany):
    """More events than hands can send."""

    code = "too_fast"
    message = "Too many actions at once. Wait a moment, then continue."


class IllShaped(Forbidden):
    """Arguments that no page of ours sends."""


class Gate(rx.Middleware):
    """Decides about every event before its handler runs."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let the event pass, or what the browser gets instead."""
        del app
        registered = RegistrationContext.get().event_handlers.get(event.name)
        if registered is None:
            return StateUpdate()
        root = state._get_root_state()
        router = dict(EventContext.get().router_data or root.router_data)
        handler = registered.handler.fn
        internal = _is_internal(event.name.rpartition(".")[2], handler)
        cookie = _cookies(router).get(SESSION_COOKIE, "")
        if internal:
            _note_arrival(root, event, str(router.get("asPath") or ""))
        fills_page = is_load(event.name)
        waits = internal or fills_page
        try:
            await _slow_down(cookie, router)
            again = _is_reconnected(root, event, router)
            who = await _identified(router, _locale(root, router), again=again, waits=waits)
            _bind(root, cookie, who)
            if not internal:
                _check(handler, registered.states[0], who, event)
            if fills_page:
                await clear_fault(root)
        except _OtherSession:
            return _answer(rx.call_script(_FORGET_TAB))
        except TradeError as error:
            if fills_page and isinstance(error, Forbidden) and not isinstance(error, IllShaped):
                return await fault_update(root, error, "")
            return _refused(error, root, router, leaves=internal)
        return None


async def _slow_down(cookie: str, router: Mapping[str, Any]) -> None:
    try:
        await hit("event", session=_mark(cookie) if cookie else str(router.get("token") or "-"))
    except TooMany as error:
        raise TooFast(error.retry_after) from error


def _refused(
    error: TradeError, root: BaseState, router: Mapping[str, Any], *, leaves: bool
) -> StateUpdate:
    """Say what happens instead: sign in, choose a workspace, or read why not."""
    if isinstance(error, NotSignedIn):
        return _go(_login(str(router.get("asPath") or "")))
    if isinstance(error, SecondFactorDue):
        return _go(routes.ME_SECOND_FACTOR)
    if isinstance(error, NotFound) or (leaves and not isinstance(error, (Unavailable, TooFast))):
        return _go(routes.WORKSPACES)
    said = gettext(_locale(root, router), error.message, **error.params)
    return _answer(rx.toast.error(said))


_FORGET_TAB = "window.leaveForms?.(); sessionStorage.removeItem('token'); location.reload()"


class _OtherSession(Exception):
    """The tab's state was made by another login; it must not be shown to this one."""


def _cookies(router: Mapping[str, Any]) -> dict[str, str]:
    headers = router.get("headers") or {}
    try:
        return {name: part.value for name, part in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def session_mark(router: Mapping[str, Any]) -> str:
    """Return a mark of the login by whose cookie a connection or an event came; '' for none."""
    token = _cookies(router).get(SESSION_COOKIE, "")
    return _mark(token) if token else ""


def cookie(router: Any, name: str) -> str | None:
    """Return a cookie of the tab's connection, as the server saw it at the handshake."""
    return _cookies({"headers": {"cookie": router.headers.cookie}}).get(name)


def speak(state: BaseState, locale: str) -> None:
    """Say everything to this tab in a language from now on.

    The cookie that it is chosen by is the handshake's, and stays what it was after a switch.
    """
    object.__setattr__(state._get_root_state(), "_spoken", locale)


def _locale(root: BaseState, router: Mapping[str, Any]) -> str:
    return getattr(root, "_spoken", "") or locale_of(_cookies(router).get(LANGUAGE_COOKIE))


def _note_arrival(root: BaseState, event: Event, path: str) -> None:
    """Note whether a page is loaded because its connection came back, or because it is entered.

    Reflex sends the hashes of what a page shows with its first connection alone; the load that
    follows belongs to the connection, any later one to a navigation.
    """
    step = event.name.rpartition(".")[2]
    if step == "hydrate_and_load":
        arrival = {"path": path, "again": not event.payload.get("hashes"), "loads": True}
        object.__setattr__(root, "_arrival", arrival)
    elif step == "on_load_internal":
        arrival = getattr(root, "_arrival", None) or {}
        again = bool(arrival.get("loads") and arrival["again"])
        object.__setattr__(root, "_arrival", {"path": path, "again": again, "loads": False})


def _is_reconnected(root: BaseState, event: Event, router: Mapping[str, Any]) -> bool:
    """Say whether an event loads a page that was there before its connection came back."""
    arrival = getattr(root, "_arrival", None) or {}
    again = bool(arrival.get("again")) and arrival["path"] == str(router.get("asPath") or "")
    return again and event.name.rpartition(".")[2].startswith("load")


OUTAGE_TRIES, OUTAGE_PAUSE = 60, 1.0
"""How often a page that is being opened asks for a database that is away, and after how long."""


async def _identified(
    router: Mapping[str, Any], locale: str, *, again: bool, waits: bool
) -> Acting:
    """Find out who acts. What opens a page waits for a database that is being restarted."""
    for tried in range(OUTAGE_TRIES if waits else 0):
        try:
            return await _identify(router, locale, again)
        except Unavailable as error:
            if not tried:
                said = rx.toast.warning(gettext(locale, error.message))
                await EventContext.get().emit_event(*Event.from_event_type(said))
            await asyncio.sleep(OUTAGE_PAUSE)
    return await _identify(router, locale, again)


async def _identify(router: Mapping[str, Any], locale: str, is_reconnected: bool = False) -> Acting:
    cookies, path = _cookies(router), str(router.get("asPath") or "")
    workspace = workspace_of(path)
    if workspace is None:
        raise NotFound()
    actor, user = await actor_for(cookies.get(SESSION_COOKIE), workspace, locale)
    who = Acting(actor, user, workspace, path, is_reconnected)
    _acting.set(who)
    return who


def _bind(root: BaseState, cookie: str, who: Acting) -> None:
    """Tie the tab's state to one login and one workspace.

    The token of a tab stands in an address and could be stolen: another login gets nothing of it.
    When the same person enters another workspace in the tab, nothing of the last one stays.
    """
    mark = _mark(cookie)
    bound: dict[str, str] = getattr(root, "_bound", None) or {}
    if bound and bound["session"] != mark:
        raise _OtherSession()
    if bound and bound["workspace"] != who.workspace.key:
        _forget(root)
    if bound.get("workspace") != who.workspace.key:
        object.__setattr__(root, "_bound", {"session": mark, "workspace": who.workspace.key})


def _mark(cookie: str) -> str:
    return sha256(cookie.encode()).hexdigest()


def _forget(root: BaseState) -> None:
    for substate in root.substates.values():
        substate.reset()


def _check(handler: Any, state: type[BaseState], who: Acting, event: Event) -> None:
    needed = getattr(handler, "__needs__", None)
    if needed is None:
        raise Forbidden()
    permission = getattr(state, "permission", None) if needed == OF_SCREEN else needed
    if permission is None:
        raise Forbidden()
    if permission != SIGNED_IN:
        who.actor.require(permission)
    try:
        _payload_model(handler).model_validate(event.payload)
    except ValidationError as error:
        log.warning("event refused", handler=event.name, faults=len(error.errors()))
        raise IllShaped() from None


@lru_cache(maxsize=2_000)
def _payload_model(handler: Any) -> type[BaseModel]:
    """Return the model of a handler's arguments: no others, each of its type."""
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(handler).parameters.items())[1:]:
        kind = Any if parameter.annotation is inspect.Parameter.empty else parameter.annotation
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (kind, default)
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    return create_model("Payload", __config__=config, **fields)


def _login(path: str) -> str:
    return f"{routes.LOGIN}?next={quote(path, safe='/')}" if path.startswith("/") else routes.LOGIN


def _go(address: str) -> StateUpdate:
    # A full page load: these pages are not Reflex's.
    return _answer(rx.call_script(f"window.leaveForms?.();location.assign({json.dumps(address)})"))


def _answer(spec: Any) -> StateUpdate:
    return StateUpdate(events=Event.from_event_type(spec))
