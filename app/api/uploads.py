"""Pictures on their way in: POST /upload/{scope}/{merchant}/picture, by the console's own pages.

A picture of a description goes to ``detail-picture``, which cuts a long one into parts.

Reflex's upload door stays shut (see ``app.api.edge``); this one knows who uploads, for whom.
"""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.access import Actor
from app.api.problems import request_locale
from app.api.refusals import refused
from app.kit.errors import Invalid, TradeError
from app.kit.i18n import N_
from app.kit.pictures import MAX_BYTES
from app.routes import Workspace, media
from app.services.pictures import check_may_save, save_detail_picture, save_picture
from app.services.sessions import COOKIE, actor_for

router = APIRouter(prefix="/upload", include_in_schema=False)


@router.post("/{scope}/{merchant}/picture")
async def picture(scope: str, merchant: str, request: Request) -> Response:
    """Keep the picture of the form's field ``file``; return its key and a small rendition."""
    try:
        actor = await _actor(request, Workspace(scope, merchant))
        key = await save_picture(actor, await _uploaded(request))
    except TradeError as error:
        return refused(request, error)
    return JSONResponse({"key": key, "url": media(key, 240)}, status_code=201)


@router.post("/{scope}/{merchant}/detail-picture")
async def detail_picture(scope: str, merchant: str, request: Request) -> Response:
    """Keep a picture for a description; return the keys of its parts from top to bottom."""
    try:
        actor = await _actor(request, Workspace(scope, merchant))
        keys = await save_detail_picture(actor, await _uploaded(request))
    except TradeError as error:
        return refused(request, error)
    return JSONResponse({"keys": keys}, status_code=201)


async def _actor(request: Request, workspace: Workspace) -> Actor:
    """Return who uploads. Raises before anything of a stranger's body is read."""
    cookie = request.cookies.get(COOKIE)
    actor, _ = await actor_for(cookie, workspace, request_locale(request))
    check_may_save(actor)
    return actor


async def _uploaded(request: Request) -> bytes:
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid({"file": N_("Please choose a picture.")})
            # One byte more than allowed is enough to refuse it.
            return await file.read(MAX_BYTES + 1)
    except HTTPException as error:
        # A body that is no form, or one of several files; what the parser says is for programs.
        raise Invalid({"file": N_("Please choose a picture.")}) from error


def install(web: FastAPI) -> None:
    """Serve uploads from ``web``."""
    web.include_router(router)
