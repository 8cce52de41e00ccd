"""The import wizard's files: those that come in, and the templates that go out."""

from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from app.access import Actor
from app.api.files import FileRoute
from app.api.problems import problem, request_locale
from app.kit.errors import Invalid, NotFound, TradeError
from app.kit.i18n import N_
from app.routes import Workspace
from app.services.imports import uploads
from app.services.imports.templates import templates
from app.services.sessions import COOKIE, actor_for

router = APIRouter(include_in_schema=False)
files = APIRouter(include_in_schema=False, route_class=FileRoute)


@router.post("/upload/{scope}/{merchant}/imports/{run}")
async def add_file(scope: str, merchant: str, run: str, request: Request) -> Response:
    """Keep the form's ``file`` under an import; the answer names what came, or what is wrong."""
    locale = request_locale(request)
    try:
        actor = await _actor(request, Workspace(scope, merchant))
        run_id = _id(run)
        # A stranger's body is not even read.
        await uploads.check_may_add(actor, run_id)
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid({"file": N_("Please choose a file.")})
            names = await uploads.add(actor, run_id, file.filename or "", file.file)
    except TradeError as error:
        return problem(error, locale)
    return JSONResponse({"names": names}, 201)


@files.get("/download/{scope}/{merchant}/imports/templates.zip")
async def template_files(scope: str, merchant: str, request: Request) -> Response:
    """Return empty files of the canonical layout, and a mapping to fill in."""
    actor = await _actor(request, Workspace(scope, merchant))
    actor.require("platform:imports:read")
    headers = {"content-disposition": 'attachment; filename="tongshang-import.zip"'}
    return Response(templates(), media_type="application/zip", headers=headers)


async def _actor(request: Request, workspace: Workspace) -> Actor:
    actor, _ = await actor_for(request.cookies.get(COOKIE), workspace, request_locale(request))
    return actor


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None


def install(web: FastAPI) -> None:
    """Serve the wizard's files from ``web``."""
    web.include_router(router)
    web.include_router(files)
