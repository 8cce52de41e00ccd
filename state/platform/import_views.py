"""An import as its page draws it: what the rows of the database become in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.kit.currencies import amount_text
from app.kit.i18n import moment_text
from app.queries.import_run import ImportRunRow
from app.services.imports.files import kinds_of
from app.services.imports.layout import KINDS
from app.services.imports.mapping import HistoryMapping, MappingWrong, parse_mapping
from app.services.imports.report import NOTES, Note
from state.gate import Acting

STAGES = ("fetch", "read", "check", "catalogue", "customers", "orders", "reviews")
_OF_CHECK = STAGES[:3]
_STAGE_OF = {"people": "customers", "waiting": "waiting"}
_MIB = 2**20


@dataclass
class FileView:
    """A file; ``kinds`` are those that it is read for."""

    name: str
    size: str
    kinds: list[str]


@dataclass
class CountView:
    """What became, or would become, of the rows of one kind."""

    kind: str
    read: str
    written: str
    unchanged: str
    refused: str
    has_refused: bool


@dataclass
class StageView:
    """A step of the work; ``state`` is ``done``, ``now`` or ``next``."""

    code: str
    state: str
    says: str
    percent: str
    """Empty where it is not known how much there is to do."""


@dataclass
class RunView:
    """All that the page shows of an import."""

    id: str = ""
    state: str = ""
    step: str = "files"
    source: str = ""
    by: str = ""
    started_at: str = ""
    finished_at: str = ""
    is_wizard: bool = False
    is_cancelling: bool = False
    may_discard: bool = False
    in_doubt: bool = False
    fault: str = ""
    mapping_name: str = ""
    currency: str = ""
    goods: str = ""
    freight: str = ""
    payments: str = ""
    new_orders: str = ""
    refused: str = ""
    has_refused: bool = False
    files: list[FileView] = field(default_factory=list[FileView])
    counts: list[CountView] = field(default_factory=list[CountView])
    notes: list[str] = field(default_factory=list[str])
    stages: list[StageView] = field(default_factory=list[StageView])


def run_view(row: ImportRunRow, who: Acting) -> RunView:
    """Return the page's view of a run."""
    result = row.result
    counts: Mapping[str, Mapping[str, int]] = result.get("counts") or {}
    refused = int(result.get("problems_total") or 0)
    currency = str(result.get("currency") or "")
    fault: Mapping[str, Any] = result.get("fault") or {}
    reason = str(fault.get("message") or "")
    return RunView(
        id=str(row.id),
        state=row.state,
        step=_step(row),
        source=row.source,
        by=row.by,
        started_at=moment_text(row.started_at),
        finished_at=moment_text(row.finished_at),
        is_wizard=row.is_wizard,
        is_cancelling=row.is_cancelling,
        may_discard=row.is_wizard and not row.has_written,
        in_doubt=result.get("state") in ("stopped", "failed"),
        fault=who.text(reason, **fault.get("params", {})) if reason else "",
        mapping_name=row.mapping_name,
        currency=currency,
        goods=_amount(result, "items_cents", currency),
        freight=_amount(result, "freight_cents", currency),
        payments=_amount(result, "payments_cents", currency),
        new_orders=f"{counts.get('orders', {}).get('written', 0):,}",
        refused=f"{refused:,}",
        has_refused=refused > 0,
        files=_files(row),
        counts=[_count(kind, counts[kind]) for kind in KINDS if kind in counts],
        notes=[_note(note, currency, who.locale) for note in result.get("notes") or ()],
        stages=_stages(row),
    )


def _step(row: ImportRunRow) -> str:
    """Return which step of the wizard a run is at."""
    if row.state == "DRAFT":
        return "mapping" if row.files else "files"
    steps = {"CHECKING": "check", "CHECKED": "preview", "QUEUED": "import", "RUNNING": "import"}
    return steps.get(row.state, "report")


def _amount(result: Mapping[str, Any], name: str, currency: str) -> str:
    if name not in result:
        return ""
    return amount_text(int(result[name]), currency)


def _files(row: ImportRunRow) -> list[FileView]:
    mapping = HistoryMapping()
    if row.mapping:
        try:
            mapping = parse_mapping(row.mapping, row.mapping_name)
        except MappingWrong:
            # It was kept by an older version; the check will say what is wrong with it.
            mapping = HistoryMapping()
    return [
        FileView(name, _size(int(file["size"])), kinds_of(name, mapping) if row.is_wizard else [])
        for file in row.files
        for name in [str(file["name"])]
    ]


def _size(size: int) -> str:
    return f"{size / _MIB:,.1f} MB" if size >= _MIB else f"{max(1, size // 1024):,} KB"


def _count(kind: str, count: Mapping[str, int]) -> CountView:
    shown = {
        name: f"{count[name]:,}" if name in count else "–"
        for name in ("read", "written", "unchanged", "refused")
    }
    return CountView(kind=kind, has_refused=count.get("refused", 0) > 0, **shown)


def _note(note: Mapping[str, Any], currency: str, locale: str) -> str:
    word = str(note.get("note"))
    if word not in NOTES:
        return str(note.get("text") or "")
    said = Note(word, int(note.get("rows") or 0), note.get("cents"), note.get("columns") or ())
    return said.text(locale, currency)


def _stages(row: ImportRunRow) -> list[StageView]:
    """Return the steps of the work in their order, with how far each is."""
    if row.state not in ("CHECKING", "QUEUED", "RUNNING"):
        return []
    counted = _counted(row.progress.get("steps") or [])
    wanted = _OF_CHECK if row.state == "CHECKING" else STAGES
    begun = [stage for stage in wanted if stage in counted]
    if "waiting" in counted:
        return [StageView("waiting", "now", "", "")]
    now = begun[-1] if begun else wanted[0]
    place = wanted.index(now)
    return [
        StageView(
            stage,
            "done" if at < place else "now" if at == place else "next",
            *_far(counted.get(stage)),
        )
        for at, stage in enumerate(wanted)
    ]


def _counted(steps: Sequence[Sequence[Any]]) -> dict[str, tuple[int, int]]:
    """Return stage → done and total; the files are read side by side and count together."""
    counted: dict[str, tuple[int, int]] = {}
    for step, done, total in steps:
        if step.startswith("read "):
            counted["read"] = (counted.get("read", (0, 0))[0] + done, 0)
        else:
            counted[_STAGE_OF.get(str(step), str(step))] = (done, total)
    return counted


def _far(counts: tuple[int, int] | None) -> tuple[str, str]:
    """Return how far a step is in words and as a percentage."""
    if counts is None:
        return "", ""
    done, total = counts
    if total <= 1:
        return (f"{done:,}" if done and not total else ""), ""
    return f"{done:,} / {total:,}", f"{100 * done // total}"
