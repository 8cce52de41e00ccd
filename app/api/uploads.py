"""Pictures on their way in: POST /upload/{scope}/{merchant}/picture, by the console's own pages.

Reflex's upload door stays shut (see ``app.api.edge``); this one knows who uploads, for whom.
"""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from app.api.problems import request_locale
from app.api.refusals import refused
from app.kit.errors import Invalid, TradeError
from app.kit.i18n import N_
from app.routes import Workspace, media
from app.services.pictures import MOST_BYTES, check_may_save, save_picture
from app.services.sessions import COOKIE, actor_for

router = APIRouter(prefix="/upload", include_in_schema=False)


@router.post("/{scope}/{merchant}/picture")
async def picture(scope: str, merchant: str, request: Request) -> Response:
    """Keep the picture of the form's field ``file``; return its key and a small rendition."""
    locale = request_locale(request)
    try:
        workspace = Workspace(scope, merchant)
        actor, _ = await actor_for(request.cookies.get(COOKIE), workspace, locale)
        # A stranger's body is not even read.
        check_may_save(actor)
        key = await save_picture(actor, await _uploaded(request))
    except TradeError as error:
        return refused(request, error)
    return JSONResponse({"key": key, "url": media(key, 240)}, status_code=201)


async def _uploaded(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid({"file": N_("Please choose a picture.")})
        # One byte more than allowed is enough to refuse it.
        return await file.read(MOST_BYTES + 1)


def install(web: FastAPI) -> None:
    """Serve uploads from ``web``."""
    web.include_router(router)
