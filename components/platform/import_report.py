"""What an import found: counts, amounts, remarks, and the rows that it refuses."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from app.kit.i18n import N_, plural
from app.words import IMPORT_KIND
from components.lists import list_page
from components.ui import base
from components.ui.links import file_link
from components.ui.tables import Cell, small_table
from components.ui.text import t, word
from state.platform.imports import REMEDIES, ImportState, ProblemsState
from state.shell import ShellState

_WOULD_BE_REFUSED = plural(
    "Nothing is written yet. %(count)s row would be refused; the others are ready.",
    "Nothing is written yet. %(count)s rows would be refused; the others are ready.",
)
_WERE_REFUSED = plural(
    "Imported. %(count)s row was refused; correct it and bring it in by a new import.",
    "Imported. %(count)s rows were refused; correct them and bring them in by a new import.",
)

run = ImportState.run
_COLUMNS = ",".join(c.key for c in ProblemsState.resource.columns if not c.silent)
_REFUSED = f"/import-problems.csv?columns={_COLUMNS}&run="


def report() -> rx.Component:
    """Return what the check or the import found."""
    return rx.el.div(
        _verdict(),
        _amounts(),
        rx.el.div(
            rx.el.div(_counts(), _notes(), class_name="stack"),
            rx.el.div(_about(), class_name="stack"),
            class_name="columns",
        ),
        rx.cond(run.has_refused, _problems()),
        class_name="stack",
    )


def _verdict() -> Any:
    refused = file_link(
        base.icon("download"),
        rx.el.span(t("Refused rows (CSV)")),
        href="/download" + ShellState.path + _REFUSED + run.id,
        class_name="btn btn-plain",
    )
    download = rx.cond(run.has_refused, refused)
    return rx.match(
        run.state,
        (
            "CHECKED",
            rx.cond(
                run.in_doubt,
                rx.cond(
                    run.fault != "",
                    base.note(run.fault, "bad"),
                    base.note(
                        t("The files are in doubt as a whole, so that nothing would come in."
                          " Mend what stands below, then check again."), "bad", download),
                ),
                rx.cond(
                    run.has_refused,
                    base.note(
                        t(_WOULD_BE_REFUSED, count=run.refused), "warn", download),
                    base.note(t("Nothing is written yet. Every row is ready."), "good"),
                ),
            ),
        ),
        (
            "DONE",
            rx.cond(
                run.has_refused,
                base.note(t(_WERE_REFUSED, count=run.refused), "warn", download),
                base.note(t("Imported, every row of it."), "good"),
            ),
        ),
        ("CANCELLED", base.note(t("Stopped. What was written stays: whole orders only."), "warn")),
        (
            "STOPPED",
            rx.cond(
                run.fault != "",
                base.note(run.fault, "bad"),
                base.note(t("It was not finished. The same files can be imported again."), "warn"),
            ),
        ),
        base.note(t("It runs, or broke off. The same files continue it."), "info"),
    )  # fmt: skip


def _amounts() -> rx.Component:
    def figure(label: str, value: Any, tone: str = "") -> rx.Component:
        return rx.el.div(
            rx.el.span(t(label), class_name="kpi-label"),
            rx.el.span(value, class_name=f"kpi-value {tone}".strip()),
            class_name="kpi",
        )

    return rx.cond(
        run.goods != "",
        rx.el.div(
            figure(N_("New orders"), run.new_orders),
            figure(N_("Goods"), run.goods),
            figure(N_("Freight"), run.freight),
            figure(N_("Payments"), run.payments),
            class_name="kpis import-amounts",
        ),
    )


def _counts() -> rx.Component:
    written = rx.cond(run.state == "CHECKED", t("New rows"), t("Written"))
    table = small_table(
        [
            Cell(t("Kind"), lambda c: word(c.kind, IMPORT_KIND), "c-title"),
            Cell(t("Read"), lambda c: c.read, "right num"),
            Cell(written, lambda c: c.written, "right num"),
            Cell(t("Here already"), lambda c: c.unchanged, "right num"),
            Cell(
                t("Refused"),
                lambda c: rx.el.span(
                    c.refused, class_name=rx.cond(c.has_refused, "refused-count", "")
                ),
                "right num",
            ),
        ],
        run.counts,
    )
    return rx.cond(run.counts.length() > 0, base.card(table, title=t("Rows"), class_name="flush"))


def _notes() -> rx.Component:
    return rx.cond(
        run.notes.length() > 0,
        base.card(
            rx.el.ul(
                rx.foreach(run.notes, lambda note: rx.el.li(base.icon("info"), rx.el.span(note))),
                class_name="import-notes",
            ),
            title=t("How it is represented"),
        ),
    )


def _about() -> rx.Component:
    def file(one: Any) -> rx.Component:
        return rx.el.div(
            rx.el.span(one.name, class_name="file-name"),
            rx.el.span(one.size, class_name="faint num"),
            class_name="row-between",
        )

    mapping = rx.cond(run.mapping_name != "", run.mapping_name, t("Without: the layout's names"))
    return base.card(
        base.facts(
            (t("Source"), rx.cond(run.source != "", run.source, "–")),
            (t("Mapping"), rx.cond(run.is_wizard | (run.mapping_name != ""), mapping, "–")),
            (t("Started by"), rx.cond(run.by != "", run.by, t("Command line"))),
            (t("End time"), rx.cond(run.finished_at != "", run.finished_at, "–")),
        ),
        rx.el.div(rx.foreach(run.files, file), class_name="stack-s import-file-facts"),
        title=t("Facts"),
    )


def _problems() -> rx.Component:
    return list_page(ProblemsState, level=2, cells=_cells())


def _cells() -> Mapping[str, Any]:
    def sentence(row: Any) -> Any:
        places = {c.key: row[c.key] for c in ProblemsState.resource.columns if c.silent}
        return rx.match(
            row["problem"],
            *((code, t(text, **_used(text, places))) for code, text in REMEDIES),
            row["problem"],
        )

    return {"problem": sentence}


def _used(text: str, places: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in places.items() if f"%({name})s" in text}
