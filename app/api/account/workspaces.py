"""/workspaces: where to work."""

from fastapi import APIRouter, Request, Response

from app import routes
from app.api.account.pages import PageRoute, page, reader_of
from app.services.sessions import signed_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(routes.WORKSPACES)
async def choose(request: Request) -> Response:
    """Show every workspace that the user may enter, and the applications that wait."""
    reader = reader_of(request)
    user = await signed_in(reader.token)
    spaces = [entry for entry in user.workspaces if entry.is_open]
    waiting = {entry.merchant_code: entry for entry in user.workspaces if not entry.is_open}
    return page(reader, "workspaces.html", user=user, spaces=spaces, waiting=list(waiting.values()))
