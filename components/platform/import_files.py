"""The first two steps of an import: its files, and the mapping that reads them."""

from typing import Any

import reflex as rx

from app.words import IMPORT_KIND
from components.ui import base, forms
from components.ui.links import file_link
from components.ui.text import t, word
from components.unsaved import unsaved
from state.platform.imports import LAYOUT, WRITE, ImportState
from state.shell import ShellState

run = ImportState.run
ACCEPTED = ".csv,.tsv,.txt,.parquet,.zip,.toml"


def preparation() -> rx.Component:
    """Return the files and the mapping, and beside them the layout that both lead to."""
    return rx.el.div(
        rx.el.div(files_card(), mapping_card(), class_name="stack"),
        rx.el.div(layout_card(), class_name="stack"),
        class_name="columns",
    )


def files_card() -> rx.Component:
    """Return what has come, and the place where more come in."""
    may = ShellState.may.contains(WRITE)
    return base.card(
        rx.cond(may, _drop_zone()),
        rx.cond(
            run.files.length() > 0,
            rx.el.ul(rx.foreach(run.files, _file), class_name="import-files"),
        ),
        title=t("Files"),
    )


def _drop_zone() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            base.icon("upload", 22),
            rx.el.b(t("Choose files, or drop them here")),
            rx.el.span(
                t("CSV, Parquet or a ZIP of them, 512 MB each. A .toml becomes the mapping."),
                class_name="soft",
            ),
            rx.el.input(
                type="file",
                multiple=True,
                accept=ACCEPTED,
                aria_label=t("Choose files"),
                custom_attrs={
                    "data-console-send-files": "/upload" + ShellState.path + "/imports/" + run.id
                },
            ),
            class_name="drop-zone",
        ),
        rx.el.div(
            rx.el.ul(class_name="sending", custom_attrs={"data-console-sending": ""}), role="status"
        ),
        rx.el.button(
            t("Refresh"),
            type="button",
            on_click=ImportState.look,
            class_name="sr-only",
            tab_index=-1,
            aria_hidden="true",
            custom_attrs={"data-console-sent": ""},
        ),
        custom_attrs={
            "data-console-send-field": "",
            "data-console-too-large": t("The file is too large. Import a history in parts."),
            "data-console-failed": t("This file did not arrive. Try again."),
        },
    )


def _file(file: Any) -> rx.Component:
    def kind(code: Any) -> rx.Component:
        return rx.el.span(word(code, IMPORT_KIND), class_name="badge badge-info")

    return rx.el.li(
        base.icon("file-text", 18),
        rx.el.div(
            rx.el.b(file.name),
            rx.el.span(file.size, class_name="faint num"),
            class_name="file-name",
        ),
        rx.el.div(
            rx.cond(
                file.kinds.length() > 0,
                rx.foreach(file.kinds.to(list[str]), kind),
                rx.el.span(t("Not read by this mapping"), class_name="badge badge-warn"),
            ),
            class_name="chips",
        ),
        rx.cond(
            ShellState.may.contains(WRITE),
            base.icon_button("trash-2", t("Remove"), on_click=ImportState.drop_file(file.name)),
        ),
        custom_attrs={"data-file": file.name},
    )


def mapping_card() -> rx.Component:
    """Return the mapping as a text, with what may fill it, and the step that follows."""
    return base.card(
        rx.el.form(
            unsaved("mapping:" + run.id, state=ImportState, part="mapping",
                    round=ImportState.form_key),
            rx.el.p(
                t("Says how the files' own names, words, time zone and currency become ours."
                  " Without one the files must have the layout's names."),
                class_name="soft",
            ),
            rx.el.div(
                _earlier(),
                rx.el.label(
                    base.icon("upload"),
                    rx.el.span(t("Open a mapping file")),
                    rx.el.input(type="file", accept=".toml", class_name="sr-only",
                                aria_label=t("Open a mapping file"),
                                custom_attrs={"data-console-fills": "f-mapping"}),
                    class_name="btn btn-plain",
                ),
                class_name="mapping-tools",
            ),
            forms.field(
                t("Mapping (TOML)"),
                forms.area("mapping", ImportState.values.get("mapping", ""), rows=16,
                           key=ImportState.form_key, spell_check=False,
                           on_blur=ImportState.keep_mapping,
                           placeholder=t("Empty: the files have the layout's names")),
                name="mapping",
                error=ImportState.errors.get("mapping", ""),
            ),
            rx.el.input(type="hidden", name="name", key="name" + ImportState.form_key,
                        default_value=ImportState.values.get("name", "")),
            rx.cond(
                ShellState.may.contains(WRITE),
                rx.el.div(
                    rx.el.span(t("Checking writes nothing."), class_name="soft"),
                    base.button(t("Check the files"), kind="primary", type="submit",
                                icon_name="scan-search", disabled=run.files.length() == 0,
                                custom_attrs={"data-action": "check"}),
                    class_name="row-between foot-line",
                ),
            ),
            on_submit=ImportState.check,
            no_validate=True,
            class_name="stack-s mapping-form",
            custom_attrs={"data-form": "mapping"},
        ),
        title=t("Mapping"),
    )  # fmt: skip


def _earlier() -> rx.Component:
    return rx.cond(
        ImportState.choices.get("mapping", []).length() > 0,
        forms.select(
            "earlier",
            [forms.option(t("Mapping of an earlier import"), ""),
             forms.found_options(ImportState, "mapping")],
            "",
            on_change=ImportState.use_mapping,
            aria_label=t("Mapping of an earlier import"),
        ),
    )  # fmt: skip


def layout_card() -> rx.Component:
    """Return the canonical layout and files to begin with."""
    return base.card(
        rx.el.p(
            t("One file for each kind, and only those that there are. Columns in bold are"
              " required."),
            class_name="soft",
        ),
        rx.el.div(*(_kind(name, columns) for name, columns in LAYOUT), class_name="layout-kinds"),
        title=t("Layout"),
        actions=file_link(
            base.icon("download"),
            rx.el.span(t("Templates")),
            href="/download" + ShellState.path + "/imports/templates.zip",
            class_name="btn btn-plain",
        ),
    )  # fmt: skip


def _kind(name: str, columns: Any) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.el.span(t(dict(IMPORT_KIND)[name])), rx.el.code(f"{name}.csv", class_name="faint")
        ),
        rx.el.div(
            *(
                rx.el.code(column, class_name="column required-column" if required else "column")
                for column, required in columns
            ),
            class_name="chips",
        ),
    )
