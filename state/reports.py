"""Mailed reports: to whom, when, what; paused, sent at once; and what became of each delivery."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from app.access import Actor
from app.analytics import views
from app.analytics.periods import Preset
from app.kit.clock import now
from app.kit.errors import Invalid
from app.kit.i18n import LOCALES, N_, gettext, in_both, plural
from app.queries.lists.figures import DAYS
from app.queries.reports import analyses_of, colleagues, schedule_of
from app.services import saved_views
from app.services.inputs import read
from app.services.reports import schedules
from app.services.reports.schedules import ScheduleDraft
from models.analyses import Rhythm
from state.acts import VERSION, id_of
from state.gate import acting
from state.listing import ListState
from state.screens import Action, Field, Values

DASHBOARD = "dashboard"
_ANALYSIS, _VIEW = "analysis:", "view:"
PERIODS = (
    (f"{Preset.TODAY}", N_("The day before")),
    (f"{Preset.WEEK}", N_("The 7 days before")),
    (f"{Preset.MONTH}", N_("The 30 days before")),
    (f"{Preset.QUARTER}", N_("The 90 days before")),
    (f"{Preset.THIS_MONTH}", N_("This month up to the day before")),
    (f"{Preset.LAST_MONTH}", N_("Last month")),
    (f"{Preset.THIS_YEAR}", N_("This year up to the day before")),
)
_HOURS = tuple((f"{hour}", f"{hour:02}:00") for hour in range(24))
FIELDS = (
    Field("name", N_("Name"), required=True, help=N_("Used as the subject of the e-mail.")),
    Field("subject", N_("What to send"), "choice", required=True, options="subject"),
    Field("period", N_("Which days"), "choice", words=PERIODS,
          help=N_("Reports cover full days up to the day before. Without a choice: as saved.")),
    Field("when", N_("How often"), "choice", required=True, options="when", value="DAILY"),
    Field("hour", N_("At"), "choice", required=True, words=_HOURS, value="8",
          help=N_("In the platform's business time.")),
    Field("receivers", N_("Receivers"), "many", required=True, options="receivers",
          help=N_("Each gets it in their language, with the figures that they may see.")),
)  # fmt: skip


async def _new(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del keys
    await schedules.create(actor, await draft_of(actor, values))
    return 1


async def _change(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    await schedules.change(actor, keys[0], await draft_of(actor, values), values.get(VERSION))
    return 1


async def _remove(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await schedules.remove(actor, keys)


async def _pause(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await schedules.pause(actor, keys)


async def _resume(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await schedules.resume(actor, keys)


async def _send(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await schedules.send_now(actor, keys)


def schedule_actions(scope: str) -> tuple[Action, ...]:
    """Return what can be done with mailed reports in a scope's workspace."""
    write = f"{scope}:analytics:write"
    return (
        Action("new", N_("New report"), write, _new, on="list", icon="mail-plus", fields=FIELDS,
               done=N_("The report is set up.")),
        Action("send", N_("Send now"), write, _send, icon="send", only_icon=True,
               done=plural("Sending it to %(count)s person.", "Sending it to %(count)s people.")),
        Action("edit", N_("Edit"), write, _change, on="row", icon="pencil", fields=FIELDS,
               only_icon=True,
               prefill=_prefill, done=N_("Saved.")),
        Action("pause", N_("Pause mailing"), write, _pause, icon="pause", only_icon=True,
               when=("status", ("ACTIVE",)),
               done=N_("Paused.")),
        Action("resume", N_("Resume mailing"), write, _resume, icon="play", only_icon=True,
               when=("status", ("PAUSED",)),
               done=N_("Resumed.")),
        Action("remove", N_("Remove"), write, _remove, icon="trash-2", danger=True,
               only_icon=True,
               question=N_("It is no longer mailed, and its delivery history is deleted as well."),
               done=N_("Removed.")),
    )  # fmt: skip


async def draft_of(actor: Actor, values: Values) -> ScheduleDraft:
    """Return what was typed as a schedule. Raises Invalid at the field that is wrong."""
    rhythm, weekday, month_day = _when(str(values["when"] or ""))
    analysis_id, query = await _subject(actor, str(values["subject"] or ""))
    if values.get("period"):
        query = {k: v for k, v in query.items() if k not in ("from", "to")}
        query["period"] = str(values["period"])
    return read(
        ScheduleDraft,
        {
            "name": values["name"],
            "rhythm": rhythm,
            "weekday": weekday,
            "month_day": month_day,
            "hour": values["hour"],
            "receivers": values["receivers"],
            "analysis_id": analysis_id,
            "query": query,
        },
    )


def _when(code: str) -> tuple[Rhythm, int, int]:
    """Return rhythm, weekday, day of the month: of ``DAILY``, ``W1`` … ``W7``, ``M1`` … ``M31``."""
    number = int(code[1:]) if code[1:].isdecimal() and code[1:].isascii() else 0
    if code[:1] == "W" and 1 <= number <= 7:
        return Rhythm.WEEKLY, number, 1
    if code[:1] == "M" and 1 <= number <= 31:
        return Rhythm.MONTHLY, 1, number
    if code != "DAILY":
        raise Invalid({"when": N_("Please choose one.")})
    return Rhythm.DAILY, 1, 1


async def _subject(actor: Actor, code: str) -> tuple[UUID | None, dict[str, str]]:
    """Return which analysis is meant, or the query of a view of the dashboard."""
    if code.startswith(_ANALYSIS):
        return id_of(code.removeprefix(_ANALYSIS)), {}
    query = code.removeprefix(DASHBOARD).removeprefix("?")
    if code.startswith(_VIEW):
        found = await saved_views.of(actor, DASHBOARD)
        query = next((v["query"] for v in found if v["id"] == code.removeprefix(_VIEW)), "")
    # What the address of a view does not know is not kept.
    return None, views.parse(dict(parse_qsl(query)), now()).query()


async def _prefill(actor: Actor, key: UUID) -> Mapping[str, str]:
    row = await schedule_of(actor, key)
    code = {"WEEKLY": f"W{row['weekday']}", "MONTHLY": f"M{row['month_day']}"}
    subject = f"{DASHBOARD}?{urlencode(row['query'])}"
    return {
        "name": row["name"],
        "subject": f"{_ANALYSIS}{row['analysis_id']}" if row["analysis_id"] else subject,
        "period": row["query"].get("period", "") if row["analysis_id"] else "",
        "when": code.get(row["rhythm"], "DAILY"),
        "hour": f"{row['hour']}",
        "receivers": ",".join(row["receivers"]),
        VERSION: f"{row[VERSION]}",
    }


class SchedulesState(ListState, mixin=True):
    """Mix in with a scope's resource and ``schedule_actions``."""

    async def _beside(self) -> None:
        """Open the form for what another page wants to be mailed."""
        params = dict(self.router.url.query_parameters)
        wanted = params.pop("new", "")
        write = f"{acting().workspace.scope}:analytics:write"
        if not wanted or not acting().actor.may(write):
            return
        action = self._action("new")
        self.target, self.errors = "", {}
        self.values = {f.name: f.value for f in action.fields}
        self.values["subject"] = (
            f"{DASHBOARD}?{urlencode(params)}" if wanted == DASHBOARD else f"{_ANALYSIS}{wanted}"
        )
        self.values["receivers"] = f"{acting().actor.user_id}"
        self.values["period"] = params.get("period", "")
        await self._opened(action)
        self.values["name"] = self._name_of(self.values["subject"])
        self.asking = action.name

    def _name_of(self, subject: str) -> str:
        if subject.startswith(DASHBOARD):
            return acting().text(N_("Dashboard"))
        named = next((c for c in self.choices["subject"] if c[0] == subject), ["", "", ""])
        return named[2 if acting().locale == "en" else 1][:80]

    async def _again(self) -> None:
        # Without ``_beside``, which would open the form again that has just been sent.
        await self._read(self._query())

    async def _opened(self, action: Action) -> None:
        if not action.fields:
            return
        actor = acting().actor
        people = [[f"{c.id}", f"{c.name} · {c.email}"] for c in await colleagues(actor)]
        self.choices = {
            **self.choices,
            "subject": await _subjects(actor, self.values.get("subject", "")),
            "when": _whens(),
            "receivers": people,
        }


async def _subjects(actor: Actor, chosen: str) -> list[list[str]]:
    """Return what can be sent: the dashboard, its saved views, saved analyses."""
    found = [[DASHBOARD, *in_both(N_("Dashboard"))]]
    if chosen.startswith(f"{DASHBOARD}?"):
        found = [[chosen, *in_both(N_("Dashboard as it was shown"))]]
    for view in await saved_views.of(actor, DASHBOARD):
        named = in_both(N_("Dashboard: %(name)s"), name=view["name"])
        found.append([f"{_VIEW}{view['id']}", *named])
    for one in await analyses_of(actor):
        found.append([f"{_ANALYSIS}{one.id}", one.name, one.name])
    return found


def _whens() -> list[list[str]]:
    daily = [["DAILY", *in_both(N_("Every day"))]]
    weekly = [[code, *_every(name)] for code, name in DAYS]
    each = N_("Monthly, on day %(day)s")
    monthly = [[f"M{day}", *in_both(each, day=day)] for day in range(1, 32)]
    return [*daily, *weekly, *monthly]


def _every(weekday: str) -> list[str]:
    every = N_("Every %(day)s")
    return [gettext(locale, every, day=gettext(locale, weekday)) for locale in LOCALES]


class DeliveriesState(ListState, mixin=True):
    """Mix in with a scope's resource."""
