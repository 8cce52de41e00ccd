"""/unsubscribe: end a mailed report without signing in. Looking changes nothing; a POST does.

Mail programs post here by themselves for "one click" (RFC 8058), without cookies or an origin.
"""

from fastapi import APIRouter, Request, Response

from app import routes
from app.api.account.pages import PageRoute, page, reader_of
from app.kit.rate_limits import hit
from app.kit.web_forms import read_form
from app.services.reports import leaving

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(routes.UNSUBSCRIBE)
async def show_unsubscribe(request: Request) -> Response:
    """Ask whether to end the report that the link names."""
    token = request.query_params.get("token", "")
    return page(
        reader_of(request),
        "unsubscribe.html",
        token=token,
        subscription=await leaving.look_at(token),
        done="",
    )


@router.post(routes.UNSUBSCRIBE)
async def unsubscribe(request: Request) -> Response:
    """End the report, or take it up again."""
    reader, form = reader_of(request), await read_form(request)
    await hit("token", address=reader.client.ip)
    token = request.query_params.get("token", "")
    is_on = form.get("again") == "1"
    await leaving.set_subscription(token, is_on=is_on)
    return page(
        reader,
        "unsubscribe.html",
        token=token,
        subscription=await leaving.look_at(token),
        done="on" if is_on else "off",
    )
