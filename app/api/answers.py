"""Answers of the explorer as files: CSV or XLSX of what the page would show with the same query."""

import asyncio
from dataclasses import replace

from fastapi import APIRouter, FastAPI, Request, Response

from app import routes
from app.access import Actor
from app.analytics import questions
from app.analytics.charts import Reader
from app.analytics.explorer import Question, ask
from app.analytics.files import csv_of, write_xlsx
from app.analytics.results import Panel
from app.api.files import FileRoute, file_headers, places, xlsx_file
from app.api.problems import request_locale
from app.kit.clock import now
from app.kit.errors import NotFound
from app.kit.i18n import N_, moment_text
from app.routes import Workspace
from app.services.sessions import COOKIE, actor_for

router = APIRouter(prefix="/download", route_class=FileRoute)

_TITLE = N_("Analysis")


@router.get("/{scope}/{merchant}/explore/answer.{fmt}", include_in_schema=False)
async def download(request: Request, scope: str, merchant: str, fmt: str) -> Response:
    """Return the answer to the address' question as a file."""
    workspace, locale = Workspace(scope, merchant), request_locale(request)
    if scope not in routes.SCOPES or fmt not in ("csv", "xlsx"):
        raise NotFound()
    actor, _ = await actor_for(request.cookies.get(COOKIE), workspace, locale)
    actor.require(f"{scope}:analytics:read")
    async with places:
        return await _answered(actor, dict(request.query_params), fmt)


async def _answered(actor: Actor, params: dict[str, str], fmt: str) -> Response:
    question = questions.settled(actor, questions.parse(params, now())).question
    panel = await ask(actor, question)
    reader = Reader.of(question.view, actor.locale)
    headers = file_headers("analysis", reader.say(_TITLE), fmt)
    if fmt == "csv":
        body = await asyncio.to_thread(csv_of, panel, reader)
        return Response(body, 200, headers, "text/csv; charset=utf-8")
    return await _xlsx(panel, question, reader, headers)


async def _xlsx(
    panel: Panel, question: Question, reader: Reader, headers: dict[str, str]
) -> Response:
    period = question.view.period
    said = [
        (reader.say(N_("Days")), f"{period.first} – {period.last}"),
        (reader.say(N_("Compared with")), reader.compared_with),
        (reader.say(N_("Currency")), question.view.currency),
        (reader.say(N_("Data as of")), moment_text(now())),
    ]
    titled = replace(panel, title=reader.say(panel.title))
    return await xlsx_file(
        lambda path: asyncio.to_thread(write_xlsx, path, [titled], reader, said), headers
    )


def install(web: FastAPI) -> None:
    """Serve answers as files from ``web``."""
    web.include_router(router)
