"""How plain addresses answer refusals, outages and faults of ours: pages for people.

A machine gets a problem document. A 503 says when to ask again (``app.api.edge`` puts the header
on), and its page asks again by itself.
"""

from fastapi import FastAPI, Request, Response

from app.api.account.pages import page, reader_of
from app.api.problems import problem, request_locale
from app.kit.errors import RETRY_SECONDS, TradeError, Unavailable
from app.kit.i18n import N_

_HEADING, _AWAY = N_("This did not work"), N_("Please try again in a moment")
_SENT = N_(
    "Whether what you sent has arrived is not known. Go back in a few seconds and look, or send it"
    " again: an order that has arrived is not placed twice."
)


class OurFault(TradeError):
    """Something that nobody foresaw; the log says what."""

    code = "our_fault"
    status = 500
    message = N_("That went wrong on our side. Please try again.")


def refused(request: Request, error: TradeError) -> Response:
    """Return a page for a person and a problem document for a machine."""
    if "text/html" not in request.headers.get("accept", ""):
        return problem(error, request_locale(request))
    reader = reader_of(request)
    is_form = request.method not in ("GET", "HEAD")
    goes_on = not is_form and error.status == Unavailable.status
    return page(
        reader,
        "refusal.html",
        error.status,
        heading=reader.text(_AWAY if error.status == Unavailable.status else _HEADING),
        text=reader.text(error.message, **error.params),
        sent=reader.text(_SENT) if is_form and error.status >= 500 else "",
        seconds=RETRY_SECONDS if goes_on else 0,
    )


async def _unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, TradeError)
    return refused(request, error)


async def _unforeseen(request: Request, error: Exception) -> Response:
    # The server writes the error itself into the log.
    del error
    return refused(request, OurFault())


def install(web: FastAPI) -> None:
    """Let ``web`` answer so, whichever route it happens in."""
    web.add_exception_handler(Unavailable, _unavailable)
    web.add_exception_handler(Exception, _unforeseen)
