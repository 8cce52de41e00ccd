"""The state of the explorer: a question in the address, its answer as chart and table."""

from dataclasses import replace
from typing import Any, ClassVar, cast
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from app import routes
from app.analytics import questions, views
from app.analytics.charts import Drawing, draw
from app.analytics.explorer import MOST_DIMENSIONS, MOST_MEASURES, Question, ask
from app.analytics.results import Chart, Panel
from app.analytics.slots import GRAINS, Grain
from app.analytics.views import View
from app.kit.clock import now
from app.kit.errors import Invalid, NotFound, TradeError
from app.kit.i18n import N_, moment_text
from app.services import analyses
from app.services.inputs import read
from models.analyses import Sharing
from state.acts import id_of
from state.boards import href_of
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.merging import form_saved
from state.questions import (
    Option,
    charts_of,
    dimension_options,
    grains_of,
    measure_options,
    sort_options,
    title_of,
)
from state.sharing import role_choices
from state.unread import left_out
from state.viewing import ViewState

PAGE = "explore"
LIMITS = tuple(map(str, questions.LIMITS))
LINES_AT_ONCE = 50
"""So many rows of the table come to the browser; more are asked for."""


class ExploreState(ViewState, mixin=True):
    """Mix in, and set ``permission``."""

    permission: ClassVar[str] = ""

    measures: list[Option] = []
    dimensions: list[Option] = []
    grain: str = ""
    grains: list[str] = []
    chart: str = ""
    charts: list[str] = []
    sort: str = ""
    sorts: list[list[str]] = []
    rows: str = "100"
    lost: list[str] = []
    """What had to be left out of the question, in words."""
    fault: str = ""
    """Why there is no answer."""
    drawing: Drawing = Drawing("answer", "", "empty")
    table: Drawing = Drawing("answer", "", "empty")
    both: bool = False
    """Whether there is a chart above the table."""
    more: int = 0
    """How many rows of the table are not shown yet."""
    as_of: str = ""
    saved_id: str = ""
    saved_name: str = ""
    saved_owner: str = ""
    is_mine: bool = False
    changed: bool = False
    """Whether the question is another than the saved one."""
    saving: bool = False
    saving_as: str = ""
    """``new`` or ``same``: what the dialog saves."""
    draft: dict[str, str] = {}
    errors: dict[str, str] = {}
    roles: list[list[str]] = []
    _question: Question | None = None
    _panel: Panel | None = None
    _saved: analyses.Saved | None = None
    _lines: int = LINES_AT_ONCE

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> Any:
        """Ask what the address names."""
        who, params = acting(), dict(self.router.url.query_parameters)
        if self._is_overtaken(params):
            return
        await self._find_saved(params.get("analysis", ""))
        wanted = self._wanted(params)
        left = questions.settled(who.actor, wanted)
        self._say_question(left)
        yield left_out(views.unread(params, wanted.view) if "measures" in params else ())
        try:
            await self._name(left.question.view)
            await self._answer(left.question)
            is_empty = self._panel is not None and self.drawing.kind == "empty"
            await self._look_elsewhere(is_empty=is_empty)
            self.failed, self.loaded = False, True
        finally:
            self.busy = False

    async def _find_saved(self, key: str) -> None:
        """Read the saved analysis that the address names, if it is there for the reader."""
        self._saved, self.fault = None, ""
        if key:
            try:
                self._saved = await analyses.open_saved(acting().actor, id_of(key))
            except NotFound:
                self.fault = acting().text(N_("This analysis is not shared with you, or is gone."))
        saved = self._saved
        self.saved_id = f"{saved.id}" if saved else ""
        self.saved_name = saved.name if saved else ""
        self.saved_owner, self.is_mine = (saved.owner, saved.is_mine) if saved else ("", False)
        self.saving, self.errors = False, {}

    def _wanted(self, params: dict[str, str]) -> Question:
        at = now()
        if "measures" in params:
            return questions.parse(params, at)
        if self._saved is not None:
            return questions.parse(self._saved.question, at)
        return questions.first_question(acting().actor, params, at)

    def _say_question(self, left: questions.Settled) -> None:
        question = left.question
        self._question, self._lines = question, LINES_AT_ONCE
        self._say_view(question.view)
        self.query = urlencode(questions.query_of(question))
        self.files = f"/download{acting().workspace.path}/{PAGE}"
        saved = questions.parse(self._saved.question, now()) if self._saved else question
        self.changed = questions.query_of(saved) != questions.query_of(question)
        self.lost = [acting().text(message) for message in left.lost]
        self._say_choices()

    def _say_choices(self) -> None:
        question, actor, reader = self._asked(), acting().actor, self._reader
        self.measures = measure_options(actor, question, reader)
        self.dimensions = dimension_options(actor, question, reader)
        self.grain, self.grains = question.grain or "", grains_of(question)
        self.charts = charts_of(question)
        self.chart = str(question.chart or self.charts[0])
        self.sorts, self.sort = sort_options(question, reader), question.sort
        self.rows = str(question.limit)

    async def _answer(self, question: Question) -> None:
        if not question.measures:
            self._panel = None
            self.fault = self.fault or acting().text(NOTHING)
        else:
            try:
                self._panel = await ask(acting().actor, question)
            except TradeError as error:
                self._panel, self.fault = None, acting().text(error.message, **error.params)
        self.as_of = moment_text(now())
        self._show()

    def _asked(self) -> Question:
        return self._question or questions.first_question(acting().actor, {}, now())

    def _show(self) -> None:
        """Draw the answer as chart and as table; where the chart is a table, once is enough."""
        panel, reader, title = self._panel, self._reader, title_of(self._asked(), self._reader)
        if panel is None:
            self.drawing = self.table = Drawing("answer", title, "empty", note=self.fault)
            self.both, self.more = False, 0
            return
        panel = replace(panel, title=title)
        self.both = panel.chart not in (Chart.TABLE, Chart.RANKING)
        self.drawing = draw(panel, reader)
        self.drawing.href = href_of(panel.link, acting().workspace)
        self.table = draw(panel, reader, as_table=True)
        self.table.title = acting().text(N_("Figures")) if self.both else title
        self.more = max(0, len(self.table.lines) - self._lines)
        self.table.lines = self.table.lines[: self._lines]
        self._say_chips(self._shown())

    def _panels_shown(self) -> list[Panel]:
        return [self._panel] if self._panel else []

    def _say_again(self) -> None:
        self._say_choices()
        self._show()

    # The question -------------------------------------------------------------------------------

    def _go(self, view: View) -> Any:
        return self._ask(replace(self._asked(), view=view))

    def _ask(self, question: Question) -> Any:
        """Lead to the address of a question; entering it asks."""
        # A further click that comes before the page is there adds to this question.
        self._question = questions.settled(acting().actor, question).question
        self._say_choices()
        said = questions.query_of(question)
        if self.saved_id:
            said = {"analysis": self.saved_id, **said}
        return self._lead(PAGE, said)

    @rx.event
    @needs(OF_SCREEN)
    async def measure(self, key: str) -> Any:
        """Ask for a measure as well, or no longer; the last one stays."""
        question = self._asked()
        chosen = question.measures
        kept = tuple(k for k in chosen if k != key) if key in chosen else (*chosen, key)
        if not kept:
            return rx.toast.info(acting().text(N_("Choose at least one measure.")))
        if len(kept) > MOST_MEASURES:
            return rx.toast.info(
                acting().text(N_("Choose at most %(most)s measures."), most=MOST_MEASURES)
            )
        return self._ask(replace(question, measures=kept, sort=""))

    @rx.event
    @needs(OF_SCREEN)
    async def only(self, key: str) -> Any:
        """Ask for one measure alone."""
        return self._ask(replace(self._asked(), measures=(key,), sort=""))

    @rx.event
    @needs(OF_SCREEN)
    async def divide(self, name: str) -> Any:
        """Divide by a dimension, or no longer; of too many the oldest gives way."""
        question = self._asked()
        if name in question.by:
            kept = tuple(one for one in question.by if one != name)
        else:
            kept = (*question.by, name)[-MOST_DIMENSIONS:]
        return self._ask(replace(question, by=kept, chart=None, sort=""))

    @rx.event
    @needs(OF_SCREEN)
    async def over_time(self, grain: str) -> Any:
        """Show the answer by hours, days, weeks or months, or as a whole."""
        chosen = cast("Grain", grain) if grain in GRAINS else None
        return self._ask(replace(self._asked(), grain=chosen, chart=None, sort=""))

    @rx.event
    @needs(OF_SCREEN)
    async def draw_as(self, chart: str) -> Any:
        """Draw the answer otherwise."""
        if chart not in set(Chart):
            return None
        return self._ask(replace(self._asked(), chart=Chart(chart)))

    @rx.event
    @needs(OF_SCREEN)
    async def sort_by(self, key: str) -> Any:
        """Sort the answer."""
        return self._ask(replace(self._asked(), sort=key))

    @rx.event
    @needs(OF_SCREEN)
    async def take(self, rows: str) -> Any:
        """Ask for so many rows."""
        if rows not in LIMITS:
            return None
        return self._ask(replace(self._asked(), limit=int(rows)))

    @rx.event
    @needs(OF_SCREEN)
    async def show_more(self) -> None:
        """Show more rows of the table."""
        self._lines += LINES_AT_ONCE * 2
        self._show()

    # Saving -------------------------------------------------------------------------------------

    @rx.event
    @needs(OF_SCREEN)
    async def ask_name(self, saving_as: str) -> None:
        """Open the dialog that saves the question anew, or changes what is saved."""
        saved = self._saved if saving_as == "same" and self.is_mine else None
        self.saving_as = "same" if saved else "new"
        self.roles = await role_choices(acting().actor, analyses.SHARES)
        self.draft = {
            "name": saved.name if saved else title_of(self._asked(), self._reader)[:80],
            "sharing": f"{saved.role_id or saved.sharing}" if saved else Sharing.OWN,
            "is_pinned": "true" if saved and saved.is_pinned else "",
        }
        self.saving, self.errors = True, {}

    @rx.event
    @needs(OF_SCREEN)
    async def dismiss(self) -> None:
        """Close the dialog."""
        self.saving, self.errors = False, {}

    @rx.event
    @needs(OF_SCREEN)
    async def save(self, data: dict[str, Any]) -> Any:
        """Keep the question under the name, shared as chosen."""
        who = acting()
        try:
            draft = draft_of(data)
            key = await self._store(draft)
        except Invalid as error:
            self.draft = {name: str(data.get(name) or "")[:200] for name in self.draft}
            self.errors = {name: who.text(message) for name, message in error.fields.items()}
            return None
        self.saving = False
        return [
            form_saved(),
            rx.toast.success(who.text(N_("Saved."))),
            go(routes.console(who.workspace, f"{PAGE}?analysis={key}")),
        ]

    async def _store(self, draft: analyses.AnalysisDraft) -> UUID:
        actor, query = acting().actor, questions.query_of(self._asked())
        if self.saving_as == "same" and self._saved is not None:
            version = self._saved.row_version
            await analyses.change(actor, self._saved.id, draft, query, version)
            return self._saved.id
        return await analyses.save(actor, draft, query)

    @rx.event
    @needs(OF_SCREEN)
    async def schedule(self) -> Any:
        """Go on to mailing this analysis; what is not saved yet is saved first."""
        if not self.saved_id or self.changed:
            return rx.toast.info(acting().text(N_("Save the analysis first, then mail it.")))
        return go(routes.console(acting().workspace, f"reports?new={self.saved_id}"))


NOTHING = N_("You have no access to these measures. Ask the owner of this workspace.")


def draft_of(data: dict[str, Any]) -> analyses.AnalysisDraft:
    """Return what was typed into the dialog; its ``sharing`` may be a role's id. Raises Invalid."""
    sharing = str(data.get("sharing") or Sharing.OWN)
    role = "" if sharing in set(Sharing) else sharing
    return read(
        analyses.AnalysisDraft,
        {
            "name": str(data.get("name") or ""),
            "sharing": Sharing.ROLE if role else sharing,
            "role_id": role or None,
            "is_pinned": data.get("is_pinned") in (True, "true", "on", "1"),
        },
    )
